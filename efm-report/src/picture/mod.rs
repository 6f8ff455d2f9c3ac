//! Pictures: clouds, field lines, loss curves (SVG), and points seen as images (PNG).
//!
//! Every picture is written complete or not at all and draws whatever it is given: empty clouds, identical points,
//! constant coordinates, huge values. What lies outside the drawn range is counted in the picture, never silently lost.

mod axis;
mod canvas;
mod clouds;
mod contour;
mod image;
mod lines;
mod loss;
mod pca;
mod plane;
mod quality;
mod raster;

pub use clouds::{CloudOptions, clouds};
pub use image::{image, image_grid, image_pairs};
pub use lines::field_lines;
pub use loss::{LossPoint, loss};
pub use pca::View;
pub use plane::{Plane, planes, planes_png};
pub use quality::{QualityCurve, quality};
