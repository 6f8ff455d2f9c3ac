//! Settings of the training loop, as a configuration writes them.

use std::path::PathBuf;
use std::sync::Arc;

use efm_field::points::Flux;
use efm_field::{InterPlate, PointSampler};
use efm_models::Head;
use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::objectives;

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

/// What the network is asked to reproduce at a point between the plates: the name of an objective of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// [`objectives::Field`]: E, without bias for any number of charges. Configurations of before call it `flux`.
    #[default]
    #[serde(alias = "flux")]
    Field,
    /// [`objectives::Slope`]: E_x/E_z along the lines of a flux tube.
    Slope,
    /// [`objectives::Ends`]: the expected ends of the lines of a flux tube, for plates close together.
    Ends,
    /// [`objectives::Direction`]: E/|E|, the paper's regression.
    Direction,
    /// [`objectives::Posterior`]: which of two plates a point came from and where its charge is, from draws.
    Posterior,
    /// [`objectives::Shares`]: the same from sums over all charges.
    Shares,
    /// [`objectives::Isotropic`]: directions of isotropic steps away from charges.
    Isotropic,
    /// [`objectives::FlowMatching`]: the yardstick, no field.
    FlowMatching,
}

impl Objective {
    /// The objective itself.
    pub fn build(self) -> Arc<dyn objectives::Objective> {
        match self {
            Self::Field => Arc::new(objectives::Field),
            Self::Slope => Arc::new(objectives::Slope),
            Self::Ends => Arc::new(objectives::Ends),
            Self::Direction => Arc::new(objectives::Direction),
            Self::Posterior => Arc::new(objectives::Posterior),
            Self::Shares => Arc::new(objectives::Shares),
            Self::Isotropic => Arc::new(objectives::Isotropic),
            Self::FlowMatching => Arc::new(objectives::FlowMatching),
        }
    }

    /// The head that a network needs for it at these points.
    pub fn head(self, points: &dyn PointSampler) -> Head {
        self.build().head(points)
    }
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
            objective: Objective::Field,
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
