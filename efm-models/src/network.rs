use burn::module::Module;
use burn::tensor::{Device, Tensor};
use efm_core::Stream;
use serde::{Deserialize, Serialize};

#[cfg(doc)]
use crate::FluxTube;
use crate::{Condition, Head, Mlp, MlpConfig, ModelError, UNet, UNetConfig};

/// A network whose values at (x, z) make the field there, by the rule of its [`Head`].
///
/// With [`Head::Forward`] and [`Head::Free`] their direction is that of the field, once the last component is taken in units
/// of [`Geometry::axial_unit`]; their length is free. With the former that component is positive, so that every line
/// moves towards the target plate.
pub trait FieldNet {
    /// Values at B points: `x` is `[B, D]`, `z` is `[B, 1]`, the result `[B, W]`, W that of [`Head::outputs`].
    fn forward(&self, x: Tensor<2>, z: Tensor<2>) -> Tensor<2> {
        self.conditional(x, z, None)
    }

    /// As [`FieldNet::forward`], for the target that `condition` describes. Networks that know no conditions pass over it.
    fn conditional(&self, x: Tensor<2>, z: Tensor<2>, condition: Option<&Condition>) -> Tensor<2>;
}

/// What a network has to know of the capacitor to see coordinates of order one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Geometry {
    /// Number of coordinates of the data, D.
    pub dim: usize,
    /// Distance between the plates, L.
    pub gap: f64,
    /// Root mean square distance of a source coordinate from zero.
    pub source_spread: f64,
    /// Root mean square distance of a target coordinate from zero.
    pub target_spread: f64,
    /// Whether networks give axial parts in units of [`Geometry::axial_unit`] rather than plain.
    pub stretched: bool,
    /// What the values of a network stand for.
    #[serde(default, skip_serializing_if = "Head::is_forward")]
    pub head: Head,
}

impl Geometry {
    /// Variance of a coordinate where field lines run at height z: that of the data at the plates, wider in between, where
    /// lines bulge like a Brownian bridge (variance z(L − z), the mean exit time of §2.5 of the physics notes). Behind a
    /// plate, where loops are as wide as they are high, the square of the distance is added. On the straight paths of
    /// [`Head::Velocity`] it is that of (1 − t) x₀ + t x₁. A [`FluxTube`] knows better.
    pub fn variance(&self, z: f64) -> f64 {
        let height = (z / self.gap).clamp(0.0, 1.0);
        if self.head == Head::Velocity {
            let mixed = ((1.0 - height) * self.source_spread).powi(2) + (height * self.target_spread).powi(2);
            return mixed.max(SMALLEST_SPREAD.powi(2));
        }
        let behind = z - height * self.gap;
        let data = (1.0 - height) * self.source_spread.powi(2) + height * self.target_spread.powi(2);
        data.max(SMALLEST_SPREAD.powi(2)) + height * (1.0 - height) * self.gap.powi(2) + behind * behind
    }

    /// What the axial part of a field is measured in at a point, in units of the lateral one.
    ///
    /// 1 where the data are. Far outside lines are rays from the plates, dx/ds ≈ x with s = ln(z/(L − z)), so that
    /// E_z is smaller than E_x by (z(L − z)/L)/|x|; measured in that unit it is of order one again, and a network that
    /// gets it right to a few per cent gets the slope E_x/E_z right to a few per cent, there as well.
    pub fn axial_unit(&self, x: &[f64], z: f64) -> f64 {
        if !self.stretched || !(0.0..=self.gap).contains(&z) {
            return 1.0;
        }
        let square = x.iter().map(|x| x * x).sum::<f64>() / self.dim as f64;
        let outside = (square / self.variance(z) / OUTSIDE.powi(2)).powi(3);
        let share = if outside.is_finite() { outside / (1.0 + outside) } else { 1.0 };
        let height = (z / self.gap).clamp(NEAREST, 1.0 - NEAREST);
        let ray = (square.sqrt() / (self.gap * height * (1.0 - height))).min(FLATTEST);
        1.0 / (1.0 + share * ray * ray).sqrt()
    }
}

/// Largest ratio of E_x to E_z that the axial unit allows for.
const FLATTEST: f64 = 1e4;

/// Distance from the axis, in widths of the lines, at which a point counts as outside the data.
const OUTSIDE: f64 = 2.0;

/// Nearer to a plate than this share of the gap, heights count as this far from it: lines are straight from there.
const NEAREST: f64 = 0.001;

/// Spreads below this are those of clouds without any width.
pub(crate) const SMALLEST_SPREAD: f64 = 1e-6;

/// Which network, and how large.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum NetworkConfig {
    /// A multilayer perceptron, for tables.
    Mlp(MlpConfig),
    /// A U-Net, for images.
    UNet(UNetConfig),
}

impl NetworkConfig {
    /// The configuration with what is left open chosen for data in R^`dim`.
    #[must_use]
    pub fn resolved(self, dim: usize) -> Self {
        match self {
            Self::Mlp(config) => Self::Mlp(config.resolved(dim)),
            Self::UNet(_) => self,
        }
    }

    /// The configuration for points that are images of that many rows and columns, channel after channel, D = `dim`.
    #[must_use]
    pub fn for_images(self, dim: usize, image: [usize; 2]) -> Self {
        match self {
            Self::UNet(config) => Self::UNet(config.for_images(dim, image)),
            other => other,
        }
    }

    /// The configuration for targets of so many classes, which the network can be asked for.
    #[must_use]
    pub fn with_classes(self, classes: usize) -> Self {
        match self {
            Self::Mlp(config) => Self::Mlp(MlpConfig { classes, ..config }),
            Self::UNet(config) => Self::UNet(UNetConfig { classes, ..config }),
        }
    }

    /// Classes that the network can be asked for.
    pub fn classes(&self) -> usize {
        match self {
            Self::Mlp(config) => config.classes,
            Self::UNet(config) => config.classes,
        }
    }

    /// Builds the network on `device` with weights drawn from `stream`.
    ///
    /// # Errors
    /// [`ModelError::BadConfig`] for sizes that make no network.
    pub fn init(&self, geometry: Geometry, stream: &Stream, device: &Device) -> Result<Network, ModelError> {
        match self {
            Self::Mlp(config) => Ok(Network::Mlp(config.init(geometry, stream, device)?)),
            Self::UNet(config) => Ok(Network::UNet(config.init(geometry, stream, device)?)),
        }
    }
}

/// A network of any of the kinds.
#[derive(Module, Debug)]
#[expect(clippy::large_enum_variant, reason = "a run has a handful of networks, and modules cannot be boxed")]
pub enum Network {
    /// See [`Mlp`].
    Mlp(Mlp),
    /// See [`UNet`].
    UNet(UNet),
}

impl Network {
    /// The network that knows the middles of the target's classes, `[C, D]`, see [`FluxTube::centred`]: with [`Head::Slope`] and
    /// [`Head::Ends`]; others stay as they are.
    #[must_use]
    pub fn centred(self, middles: &[f32], device: &Device) -> Self {
        match self {
            Self::Mlp(mlp) => Self::Mlp(mlp.centred(middles, device)),
            Self::UNet(unet) => Self::UNet(unet.centred(middles, device)),
        }
    }

    /// The middle of the class of a condition of one row, in the scaled units of the whole target: the origin of the lines of its
    /// field, D numbers. None where all lines have the same origin.
    ///
    /// # Errors
    /// [`ModelError::DeviceUnusable`] when it cannot be read.
    pub fn middle(&self, condition: &Condition) -> Result<Option<Vec<f32>>, ModelError> {
        let middles = match self {
            Self::Mlp(mlp) => mlp.middles(1, Some(condition)),
            Self::UNet(unet) => unet.middles(1, Some(condition)),
        };
        let read = |middles: Tensor<2>| {
            let values = middles.try_into_vec_as::<f32>();
            values
                .map_err(|error| ModelError::DeviceUnusable { name: "network".to_owned(), message: error.to_string() })
        };
        middles.map(read).transpose()
    }

    /// The network whose lines keep the angle at which they leave their charges, see [`FluxTube::keeping_angles`]: for images, with
    /// [`Head::Slope`]; others stay as they are.
    #[must_use]
    pub fn keeping_angles(self) -> Self {
        match self {
            Self::Mlp(mlp) => Self::Mlp(mlp),
            Self::UNet(unet) => Self::UNet(unet.keeping_angles()),
        }
    }

    /// The expected ends on source and target of the lines through points, `[B, D]` each: with [`Head::Ends`], which is trained by
    /// them; none with others.
    pub fn ends(&self, x: &Tensor<2>, z: Tensor<2>, condition: Option<&Condition>) -> Option<[Tensor<2>; 2]> {
        match self {
            Self::Mlp(_) => None,
            Self::UNet(unet) => unet.ends(x, z, condition),
        }
    }

    /// Points that one core of the host computes best at once: few enough that the values of a layer stay near it.
    pub fn rows_per_core(&self) -> usize {
        match self {
            Self::Mlp(_) => 16_384,
            Self::UNet(unet) => unet.rows_per_core(),
        }
    }

    /// Points whose layers fit into memory beside each other.
    pub fn rows_at_once(&self) -> usize {
        match self {
            Self::Mlp(_) => 16_384,
            Self::UNet(unet) => 32 * unet.rows_per_core(),
        }
    }
}

impl FieldNet for Network {
    fn conditional(&self, x: Tensor<2>, z: Tensor<2>, condition: Option<&Condition>) -> Tensor<2> {
        match self {
            Self::Mlp(mlp) => mlp.conditional(x, z, condition),
            Self::UNet(unet) => unet.conditional(x, z, condition),
        }
    }
}
