//! Networks that learn the direction of the field, on any burn device.
