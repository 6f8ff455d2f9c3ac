//! From the raw outputs of any network to values of the field.
//!
//! A network learns best from inputs of order one, and when what is left to learn is of order one as well (Karras et al. 2022,
//! arXiv 2206.00364, §5). A preconditioner sees to both. It shows a [`Backbone`] a point in suitable units, and makes the values
//! that a [`crate::Head`] stands for of what the backbone gives. The backbone knows neither plates nor tubes.
//!
//! | wrapper | heads | the backbone's outputs are |
//! |---|---|---|
//! | [`Plain`] | `Forward`, `Free`, `Velocity` | the values themselves |
//! | [`TwoPlates`] | `Plates` | corrections to two round plates in closed form |
//! | [`Tube`] | `Slope`, `Ends` | corrections to normal clouds in the middle of a flux tube |
//!
//! Wrappers have no weights. Those of a backbone keep their names whatever it is wrapped in.

mod any;
mod module;
mod plain;
mod plates;
mod seen;
mod shape;
mod tube;

use burn::module::Module;
use burn::tensor::Tensor;

pub use any::Preconditioned;
pub use plain::Plain;
pub use plates::TwoPlates;
pub(crate) use seen::PLATE_LAYER;
pub use seen::Seen;
pub use shape::{BackboneShape, Scalar};
pub use tube::{EndParts, FluxTube, Tube, TubeParts};

use crate::{Conditions, Geometry, ModelError};

/// A network that a preconditioner can be put around.
///
/// ```
/// use burn::module::Module;
/// use burn::nn::{Linear, LinearConfig};
/// use burn::tensor::Tensor;
/// use efm_core::Augmented;
/// use efm_field::Field;
/// use efm_models::{Backbone, Geometry, Head, LearnedField, Outputs, Seen, Tube, device};
///
/// /// One hidden layer that gives D numbers.
/// #[derive(Module, Debug)]
/// struct Small {
///     inwards: Linear,
///     outwards: Linear,
/// }
///
/// impl Backbone for Small {
///     fn outputs(&self, seen: &Seen<'_>) -> Outputs {
///         let mut columns = vec![seen.place.clone(), seen.radius.clone().log1p()];
///         columns.extend(seen.height_features());
///         let inner = self.inwards.forward(Tensor::cat(columns, 1)).tanh();
///         Outputs::image(self.outwards.forward(inner))
///     }
/// }
///
/// let device = device::parse("cpu")?;
/// // x, its radius and three features of the height.
/// let small = Small {
///     inwards: LinearConfig::new(2 + 1 + 3, 16).init(&device),
///     outwards: LinearConfig::new(16, 2).init(&device),
/// };
/// let geometry =
///     Geometry { dim: 2, gap: 3.0, source_spread: 1.0, target_spread: 2.0, stretched: false, head: Head::Slope };
/// let network = Tube::new(small, geometry, 0, &device)?;
///
/// let field = LearnedField::new(&network, geometry, &device);
/// let mut at = Augmented::new(2);
/// at.push(&[0.5, -1.0], 1.5);
/// assert!(field.evaluate(&at)?.directions.point(0)[2] > 0.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Backbone: Module + Sync + 'static {
    /// The outputs at the B points that `seen` shows, by the rule of [`BackboneShape`].
    ///
    /// # Panics
    /// Wrappers panic where there is no image at all.
    fn outputs(&self, seen: &Seen<'_>) -> Outputs;

    /// How many images the outputs have: one, or two for [`crate::Head::Ends`].
    fn images(&self) -> usize {
        1
    }

    /// The number of coordinates D that x must have; `None`, which is what is provided, where the backbone does not tell.
    fn dim(&self) -> Option<usize> {
        None
    }

    /// See [`crate::FieldNet::conditions`].
    fn conditions(&self) -> Option<Conditions> {
        None
    }

    /// Whether [`Seen::place`] is x with the middle of its class, for networks that know what whole points look like; otherwise it is
    /// x about that middle.
    fn sees_whole_points(&self) -> bool {
        false
    }

    /// See [`crate::FieldNet::rows_per_core`].
    fn rows_per_core(&self) -> usize {
        16_384
    }

    /// See [`crate::FieldNet::rows_at_once`].
    fn rows_at_once(&self) -> usize {
        16_384
    }
}

/// What a [`Backbone`] gives at B points.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Outputs {
    /// D lateral numbers of every point, or such an image for each of its ends, `[B, D]` each.
    pub lateral: Vec<Tensor<2>>,
    /// For every image what is added to it along x/|x|, `[B, 1]` each. None of a backbone that has no such outputs.
    pub along: Vec<Tensor<2>>,
    /// One number of every point, `[B, 1]`, where [`BackboneShape::scalar`] asks for it.
    pub scalar: Option<Tensor<2>>,
}

impl Outputs {
    /// One image, `[B, D]`.
    pub fn image(lateral: Tensor<2>) -> Self {
        Self::images(vec![lateral])
    }

    /// Several images, `[B, D]` each.
    pub fn images(lateral: Vec<Tensor<2>>) -> Self {
        Self { lateral, along: Vec::new(), scalar: None }
    }

    /// With something for every image that is added along x/|x|, `[B, 1]` each.
    #[must_use]
    pub fn with_along(self, along: Vec<Tensor<2>>) -> Self {
        Self { along, ..self }
    }

    /// With one number of every point, `[B, 1]`.
    #[must_use]
    pub fn with_scalar(self, scalar: Tensor<2>) -> Self {
        Self { scalar: Some(scalar), ..self }
    }
}

/// Whether a `wrapper` that `knows` the head of `geometry` can be put around a backbone.
fn fitting<B: Backbone>(
    backbone: &B,
    geometry: &Geometry,
    knows: bool,
    wrapper: &'static str,
) -> Result<(), ModelError> {
    if !knows {
        return Err(ModelError::WrongHead { wrapper, head: geometry.head });
    }
    let shape = BackboneShape::of(geometry);
    let (dim, images) = (backbone.dim().unwrap_or(shape.dim), backbone.images());
    if (dim, images) != (shape.dim, shape.images) {
        return Err(ModelError::Unfitting { found: [images, dim], expected: [shape.images, shape.dim] });
    }
    Ok(())
}
