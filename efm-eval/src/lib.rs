//! Measures of transported samples with their noise floors, and pictures.
