use efm_data::{DataSpec, Scaling};
use efm_field::Law;
use efm_integrate::maps::{Lift, MapKind};
use efm_integrate::{Form, Solver, StepControl, Tracer};
use efm_models::NetworkConfig;
use efm_train::config::TrainConfig;
use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Method;

/// A whole run, from data to pictures. Keys are those of the experiment files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunConfig {
    /// Name of the experiment; names the run's folder.
    #[serde(default = "unnamed")]
    pub name: String,
    /// One line on what the experiment shows.
    #[serde(default)]
    pub about: String,
    /// Seed of all randomness.
    #[serde(default = "one")]
    pub seed: u64,
    /// Which map is learned: see [`Method`].
    #[serde(default)]
    pub method: Method,
    /// Charges of the source plate, z = 0.
    pub source: DataSpec,
    /// Charges of the target plate, z = L.
    pub target: DataSpec,
    /// Scaling and splitting of the data.
    #[serde(default)]
    pub data: DataConfig,
    /// The capacitor.
    #[serde(default)]
    pub plates: PlatesConfig,
    /// The network.
    #[serde(default = "default_model")]
    pub model: NetworkConfig,
    /// The training loop.
    #[serde(default)]
    pub train: TrainConfig,
    /// How lines are traced.
    #[serde(default)]
    pub solver: SolverConfig,
    /// How the result is measured.
    #[serde(default)]
    pub eval: EvalConfig,
}

fn unnamed() -> String {
    "run".to_owned()
}

fn one() -> u64 {
    1
}

fn default_model() -> NetworkConfig {
    NetworkConfig::Mlp(efm_models::MlpConfig::default())
}

/// Scaling and splitting of the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DataConfig {
    /// Scaling learned from the data, stored with the run and undone on output.
    pub scaling: Scaling,
    /// Whether each plate is scaled by its own moments instead of those of both. Clouds that share centre and width have
    /// no common dipole, whose field would drive lines far sideways.
    pub align: bool,
    /// How much more the mean colour of an image counts than its shape, in the lengths that make the field. 1: as any other
    /// part of it. With 10 lines keep the colour and change the shape, where both sets have the same colours.
    pub colour: f64,
    /// Share of a finite data set kept for the evaluation, 0 to 0.9.
    pub test_fraction: f64,
    /// Height and width of points that are images, channel after channel; draws grids of them. Known for kind `images`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<[usize; 2]>,
}

impl Default for DataConfig {
    fn default() -> Self {
        Self { scaling: Scaling::PerCoordinate, align: true, colour: 1.0, test_fraction: 0.2, image: None }
    }
}

/// The capacitor, in units of the scaled data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlatesConfig {
    /// Distance L between the plates, or "auto".
    pub gap: Gap,
    /// Which field the charges make.
    pub law: Law,
}

impl Default for PlatesConfig {
    fn default() -> Self {
        Self { gap: Gap::Auto, law: Law::Mirror }
    }
}

/// Distance between the plates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Gap {
    /// Chosen from the data.
    Auto,
    /// A length in units of the scaled data.
    Length(f64),
}

impl Serialize for Gap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Auto => serializer.serialize_str("auto"),
            Self::Length(length) => serializer.serialize_f64(*length),
        }
    }
}

impl<'de> Deserialize<'de> for Gap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "\"auto\" or a positive length";
        match toml::Value::deserialize(deserializer)? {
            toml::Value::String(text) if text == "auto" => Ok(Self::Auto),
            toml::Value::String(text) => Err(D::Error::invalid_value(Unexpected::Str(&text), &expected)),
            toml::Value::Float(length) if length.is_finite() && length > 0.0 => Ok(Self::Length(length)),
            toml::Value::Float(length) => Err(D::Error::invalid_value(Unexpected::Float(length), &expected)),
            toml::Value::Integer(length) if length > 0 => Ok(Self::Length(length as f64)),
            toml::Value::Integer(length) => Err(D::Error::invalid_value(Unexpected::Signed(length), &expected)),
            other => Err(D::Error::custom(format!("invalid type: {}, expected {expected}", other.type_str()))),
        }
    }
}

// What serde asks before it leaves a key out; keys that came later are left out where they change nothing, so that runs and
// checkpoints of before are those of today.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_one(value: &usize) -> bool {
    *value == 1
}

/// How lines are traced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SolverConfig {
    /// Runge–Kutta method.
    pub method: Solver,
    /// Independent variable along a line.
    pub form: Form,
    /// Relative tolerance of a step; used when `steps` is 0.
    pub rtol: f64,
    /// Absolute tolerance of a step in units of the scaled data; used when `steps` is 0.
    pub atol: f64,
    /// Number of equal steps in the form's variable; 0 adapts the step of every line.
    pub steps: usize,
    /// Height above the source plate where lines start, in units of the scaled data; half of the gap at most. Lines of
    /// points in the tails of the source leave almost parallel to the plate, and a network that is a little wrong
    /// there sends them far away: with a lift along the field a tenth of the spread costs nothing elsewhere.
    pub start_height: f64,
    /// How points get from the plate to that height.
    pub lift: Lift,
    /// By which map lines leave and reach the plates: `forward`, in the mirror capacitor too, `loops` or `accept`. All but
    /// `forward` need a field that knows both sides of a plate, and take half of `start_height` for half the thickness of the
    /// plates.
    pub rule: MapKind,
    /// How far the fields of classes are taken away from that of the whole target: 1 leaves them as they were learned, above it
    /// samples are more like their class and less like each other (guidance without a classifier).
    pub guidance: f64,
    /// Whether lines of a learned flux tube (`train.objective = "slope"`) keep the angle at which they leave, as in many dimensions they
    /// nearly do: what moves them inwards or outwards in the middle of the gap is left out, and none leaves the tube.
    #[serde(skip_serializing_if = "is_false")]
    pub keep_angles: bool,
    /// Field evaluations after which a line is given up.
    pub max_evaluations: u32,
    /// Share of lines that may fail to land before the run counts as failed.
    pub lost_share: f64,
}

impl SolverConfig {
    /// The tracer these settings describe.
    pub fn tracer(&self) -> Tracer {
        let step = match self.steps {
            0 => StepControl::tolerances(self.rtol, self.atol),
            steps => StepControl::Fixed { steps },
        };
        Tracer {
            tableau: self.method.clone(),
            form: self.form,
            step,
            max_evaluations: self.max_evaluations,
            ..Tracer::default()
        }
    }
}

impl Default for SolverConfig {
    fn default() -> Self {
        Self {
            method: Solver::Dopri5,
            form: Form::LogitZ,
            rtol: 1e-3,
            atol: 1e-3,
            steps: 0,
            start_height: 0.1,
            lift: Lift::Along,
            rule: MapKind::Forward,
            guidance: 1.0,
            keep_angles: false,
            max_evaluations: 1_000,
            lost_share: 0.05,
        }
    }
}

/// How the result is measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EvalConfig {
    /// Points compared at once.
    pub samples: usize,
    /// Draws of `samples` points that are transported and compared, each with another draw of the target; measures are
    /// means over them. A finite set gives one.
    pub repeats: usize,
    /// Pairs of fresh target draws that make the noise floor.
    pub floor_repeats: usize,
    /// Random directions of the sliced distance.
    pub projections: usize,
    /// Field lines drawn.
    pub lines: usize,
    /// Whether the test images of source and target, in their order, belong together in pairs: training does not see that, and
    /// the distances of transported images to their partners are measured.
    #[serde(skip_serializing_if = "is_false")]
    pub paired: bool,
    /// With `paired`, lines of every test image whose mean end is compared as well; 1 for none.
    #[serde(skip_serializing_if = "is_one")]
    pub mean_of: usize,
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_false(value: &bool) -> bool {
    !*value
}

impl Default for EvalConfig {
    fn default() -> Self {
        Self { samples: 2_000, repeats: 4, floor_repeats: 10, projections: 256, lines: 120, paired: false, mean_of: 1 }
    }
}
