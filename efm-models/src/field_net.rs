use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::initial_weights::taking;
use crate::{Condition, Conditions, ModelError, Taken, Weights};
#[cfg(doc)]
use crate::{FluxTube, Geometry, Head, LearnedField};

/// A network whose values at (x, z) make the field there, by the rule of its [`Head`].
///
/// With [`Head::Forward`] and [`Head::Free`] their direction is that of the field, once the last component is taken in units
/// of [`Geometry::axial_unit`]; their length is free. With the former that component is positive, so that every line
/// moves towards the target plate.
///
/// [`FieldNet::conditional`] is all that a network of one's own has to give. [`LearnedField`] takes any of them.
///
/// ```
/// use burn::module::Module;
/// use burn::nn::{Linear, LinearConfig};
/// use burn::tensor::Tensor;
/// use efm_core::Augmented;
/// use efm_field::Field;
/// use efm_models::{Condition, FieldNet, Geometry, Head, LearnedField, TrainableNet, device};
///
/// /// A residual network that gives the velocity of a flow.
/// #[derive(Module, Debug)]
/// struct Residual {
///     inwards: Linear,
///     outwards: Linear,
/// }
///
/// impl FieldNet for Residual {
///     fn conditional(&self, x: Tensor<2>, z: Tensor<2>, _: Option<&Condition>) -> Tensor<2> {
///         let inner = self.inwards.forward(Tensor::cat(vec![x.clone(), z], 1)).tanh();
///         x + self.outwards.forward(inner)
///     }
/// }
///
/// impl TrainableNet for Residual {}
///
/// let device = device::parse("cpu")?;
/// let network = Residual {
///     inwards: LinearConfig::new(3, 16).init(&device),
///     outwards: LinearConfig::new(16, 2).init(&device),
/// };
/// let geometry =
///     Geometry { dim: 2, gap: 3.0, source_spread: 1.0, target_spread: 1.0, stretched: false, head: Head::Velocity };
/// let field = LearnedField::new(&network, geometry, &device);
///
/// let mut at = Augmented::new(2);
/// at.push(&[0.5, -1.0], 1.5);
/// let values = field.evaluate(&at)?;
/// // Lines of a flow move forward.
/// assert!(values.directions.point(0)[2] > 0.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait FieldNet: Sync {
    /// Values at B points for the target that `condition` describes: `x` is `[B, D]`, `z` is `[B, 1]`, the result `[B, W]`, W that
    /// of [`Head::outputs`]. Networks that know no conditions pass over it.
    ///
    /// # Panics
    /// In general, for shapes that do not fit, which [`FieldNet::check`] finds.
    fn conditional(&self, x: Tensor<2>, z: Tensor<2>, condition: Option<&Condition>) -> Tensor<2>;

    /// The same for the target as a whole.
    fn forward(&self, x: Tensor<2>, z: Tensor<2>) -> Tensor<2> {
        self.conditional(x, z, None)
    }

    /// The number of coordinates D that x must have; `None`, which is what is provided, where the network does not tell.
    fn dim(&self) -> Option<usize> {
        None
    }

    /// How much the network can be told; `None`, which is what is provided, where it does not tell.
    fn conditions(&self) -> Option<Conditions> {
        None
    }

    /// Whether the network can be asked for values at `x` and `z` under `condition`: whether their shapes fit each other, and what is
    /// known of the network.
    ///
    /// # Errors
    /// [`ModelError::Shape`].
    fn check(&self, x: &Tensor<2>, z: &Tensor<2>, condition: Option<&Condition>) -> Result<(), ModelError> {
        let [count, dim] = x.dims();
        let expected = [count, self.dim().unwrap_or(dim)];
        if x.dims() != expected {
            let what = "x, [points, D]";
            return Err(ModelError::Shape { what, given: x.dims().to_vec(), expected: expected.to_vec() });
        }
        if z.dims() != [count, 1] {
            let what = "z, [points, 1]";
            return Err(ModelError::Shape { what, given: z.dims().to_vec(), expected: vec![count, 1] });
        }
        condition.map_or(Ok(()), |condition| condition.check(count, self.conditions()))
    }

    /// The expected ends on source and target of the lines through points, `[B, D]` each: with [`Head::Ends`], which is trained by
    /// them; none with others.
    fn ends(&self, x: &Tensor<2>, z: Tensor<2>, condition: Option<&Condition>) -> Option<[Tensor<2>; 2]> {
        let _ = (x, z, condition);
        None
    }

    /// The middle of the class of a condition of one row, in the scaled units of the whole target: the origin of the lines of its
    /// field, D numbers. None where all lines have the same origin.
    ///
    /// # Errors
    /// [`ModelError::Unread`] when it cannot be read.
    fn middle(&self, condition: &Condition) -> Result<Option<Vec<f32>>, ModelError> {
        let _ = condition;
        Ok(None)
    }

    /// Points that one core of the host computes best at once: few enough that the values of a layer stay near it.
    fn rows_per_core(&self) -> usize {
        16_384
    }

    /// Points whose layers fit into memory beside each other.
    fn rows_at_once(&self) -> usize {
        16_384
    }
}

/// A [`FieldNet`] that can be trained: a module of burn, which may take facts about the data before and after.
///
/// For networks that take none, `impl TrainableNet for MyNetwork {}` is all.
pub trait TrainableNet: Module + FieldNet + 'static {
    /// The network that knows the middles of the target's classes, `[C, D]`, see [`FluxTube::centred`]: with [`Head::Slope`] and
    /// [`Head::Ends`]; others stay as they are.
    ///
    /// # Errors
    /// [`ModelError::Middles`] for another number of values.
    fn centred(self, middles: &[f32], device: &Device) -> Result<Self, ModelError> {
        let _ = (middles, device);
        Ok(self)
    }

    /// The network with every tensor that a file of weights has under its name in the right shape; the others stay.
    ///
    /// # Errors
    /// [`ModelError::BadWeights`] when nothing fits, and for damaged files; [`ModelError::Unreadable`].
    fn starting_from(self, weights: &Weights, device: &Device) -> Result<(Self, Taken), ModelError> {
        taking(self, weights, None, device)
    }

    /// The network whose lines keep the angle at which they leave their charges, see [`FluxTube::keeping_angles`]: for images, with
    /// [`Head::Slope`]; others stay as they are.
    #[must_use]
    fn keeping_angles(self) -> Self {
        self
    }
}
