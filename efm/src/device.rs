use std::ops::Deref;

use burn::tensor::Device;
use efm_backend::device;

use crate::Error;

/// A device, and the name that it was asked for by: what a run records of it.
#[derive(Debug, Clone)]
pub struct NamedDevice {
    name: String,
    device: Device,
}

impl NamedDevice {
    /// The device called `name`: `cpu`, `cuda`, `cuda:1`, `wgpu`, …, as far as they are compiled in.
    ///
    /// # Errors
    /// [`Error::Model`] for a name that is not compiled in, which says what is, and for a device that fails.
    pub fn open(name: &str) -> Result<Self, Error> {
        Ok(Self { name: name.to_owned(), device: device::parse(name)? })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Deref for NamedDevice {
    type Target = Device;

    fn deref(&self) -> &Device {
        &self.device
    }
}
