//! Settings of the training loop, as a configuration writes them.

use std::path::PathBuf;

use efm_field::InterPlate;
use efm_field::points::Flux;
use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How many charges of each plate make the field of one pool of training targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charges {
    /// Every point of the data set; a distribution without end gives [`Charges::MANY`].
    All,
    /// This many, drawn afresh for every pool.
    Count(usize),
}

impl Charges {
    /// What "all" means for a distribution that can be drawn from without end.
    pub const MANY: usize = 10_000;
}

impl Serialize for Charges {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_str("all"),
            Self::Count(count) => serializer.serialize_u64(*count as u64),
        }
    }
}

impl<'de> Deserialize<'de> for Charges {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "\"all\" or a positive number of charges";
        match toml::Value::deserialize(deserializer)? {
            toml::Value::String(text) if text == "all" => Ok(Self::All),
            toml::Value::String(text) => Err(D::Error::invalid_value(Unexpected::Str(&text), &expected)),
            toml::Value::Integer(count) if count > 0 => Ok(Self::Count(count as usize)),
            toml::Value::Integer(count) => Err(D::Error::invalid_value(Unexpected::Signed(count), &expected)),
            other => Err(D::Error::custom(format!("invalid type: {}, expected {expected}", other.type_str()))),
        }
    }
}

/// What the network is asked to reproduce at an inter-plate point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// E/S with weight S/E_z at points drawn with density E_z: the optimum is ⟨E⟩/⟨S⟩ over draws of the charges, so its
    /// direction is that of the population's field whatever the number of charges. S² = E_z² + |E_x|²/D keeps every
    /// component of order one in any dimension.
    #[default]
    Flux,
    /// E_x/E_z at points drawn with density E_z: the optimum is ⟨E_x⟩/⟨E_z⟩ over draws of the charges, the slope of the population's
    /// lines. In units of what is left of the slope when the linear part for normal clouds is taken off (see
    /// [`efm_models::FluxTube`]), so that noise ends as noise of the size of the data and not of the gap. For `points` of kind `tube`,
    /// whose slopes are bounded, in the mirror capacitor.
    Slope,
    /// The expected ends of lines, E[x₊ | x] and E[x₋ | x], each from the field of one plate alone, and from these E_x/E_z
    /// as between plates that are equally dense wherever their noise is (see [`efm_models::EndParts`]). For plates too near one another for
    /// `slope`: there every point is told to be of one plate or the other, and lines leave the tube. As `slope` otherwise; networks
    /// for images only.
    Ends,
    /// √(D+1) E/|E| with weight one: the paper's regression, biased unless the sum runs over all charges.
    Direction,
    /// The two-plate posterior: from which plate the point came, and the mean of the charges it came from, learned from
    /// the charge each point was drawn from. Bounded, unbiased, no field sum at all; two plates without images.
    Posterior,
    /// The same quantities from the sums over all charges of a pool: the posterior without the noise of its draws.
    Shares,
    /// The signed direction of an isotropic step away from a random charge, whose mean at a point is along the field; no
    /// sum at all, valid behind the plates too. `points` says where only by its kind: `flux` is the gap, `around` everywhere.
    Isotropic,
    /// The yardstick, no field at all: the velocity x₁ − x₀ at (1 − t) x₀ + t x₁, t = z/L, of independent points x₀ of the
    /// source and x₁ of the target (flow matching on linear paths; Lipman et al. 2023, arXiv 2210.02747; Liu et al. 2023,
    /// arXiv 2209.03003). `points` and `charges` do not matter.
    FlowMatching,
}

/// Course of the learning rate after the warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// Half a cosine down to a hundredth.
    #[default]
    Cosine,
    /// A straight line down to a hundredth.
    Linear,
    /// No change.
    Constant,
}

// What serde asks before it leaves a key out; keys that came later are left out where they change nothing, so that runs and
// checkpoints of before are those of today.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_one(value: &usize) -> bool {
    *value == 1
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_a_tenth(value: &f64) -> bool {
    *value == 0.1
}

/// The training loop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainConfig {
    /// Weights to begin with, where they fit: a PyTorch file, safetensors, or the folder of a run or of its model. Absent: drawn by
    /// the seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init: Option<PathBuf>,
    /// Optimiser steps.
    pub steps: usize,
    /// Inter-plate points per step.
    pub batch: usize,
    /// Batches whose gradients make one step: as a batch so many times as large, in the memory of one.
    #[serde(skip_serializing_if = "is_one")]
    pub accumulate: usize,
    /// Whether the network learns the field of every class of the target beside that of all of it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub conditional: bool,
    /// If so: share of the points that belong to the field of the whole target, which guidance needs.
    #[serde(skip_serializing_if = "is_a_tenth")]
    pub unconditional: f64,
    /// What is regressed.
    pub objective: Objective,
    /// Where inter-plate points lie.
    pub points: InterPlate,
    /// Charges per plate in the field of a pool.
    pub charges: Charges,
    /// Inter-plate points whose targets are summed at once.
    pub pool: usize,
    /// How often a point of a pool is used on average before the next pool.
    pub reuse: f64,
    /// Peak learning rate of Adam.
    pub learning_rate: f64,
    /// Steps over which the learning rate rises from zero.
    pub warmup: usize,
    /// Course of the learning rate after the warm-up.
    pub schedule: Schedule,
    /// Largest global norm of the gradient; 0 switches clipping off.
    pub clip: f64,
    /// Decay of the moving average of the weights; 0 switches it off.
    pub ema: f64,
    /// Steps between validations; 0 switches them off.
    pub validate_every: usize,
    /// Validations without improvement after which training stops; 0 never stops early.
    pub patience: usize,
    /// Steps between checkpoints; 0 keeps only the last one.
    pub checkpoint_every: usize,
    /// Steps between lines of the metrics log.
    pub log_every: usize,
    /// Steps between pictures of transported images, `pictures/samples-STEP.png`; 0, the default, draws none on the way.
    pub sample_every: usize,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            init: None,
            steps: 8_000,
            batch: 512,
            accumulate: 1,
            conditional: false,
            unconditional: 0.1,
            objective: Objective::Flux,
            points: InterPlate::Flux(Flux { margin: 0.003, edge: 0.5, thinning: 0.0 }),
            charges: Charges::Count(3_000),
            pool: 16_384,
            reuse: 4.0,
            learning_rate: 4e-3,
            warmup: 400,
            schedule: Schedule::Cosine,
            clip: 1.0,
            ema: 0.999,
            validate_every: 500,
            patience: 0,
            checkpoint_every: 1_000,
            log_every: 20,
            sample_every: 0,
        }
    }
}
