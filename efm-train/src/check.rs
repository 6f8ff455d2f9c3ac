//! Which values of a training configuration make a loop.

use efm_field::PointSampler;

use crate::Misfit;
use crate::config::{Charges, TrainConfig};

impl TrainConfig {
    /// Whether every value lies in its range. What the values say together with a law and a network is checked where these are
    /// known: see [`crate::objectives::check`] and [`crate::TrainerBuilder::build`].
    ///
    /// # Errors
    /// [`Misfit`] names the first that does not.
    pub fn check(&self) -> Result<(), Misfit> {
        for (key, value) in [
            ("steps", self.steps),
            ("batch", self.batch),
            ("pool", self.pool),
            ("accumulate", self.accumulate),
            ("log_every", self.log_every),
        ] {
            if value == 0 {
                return Err(Misfit::new(key, value, "it must not be 0"));
            }
        }
        if self.charges == Charges::Count(0) {
            return Err(Misfit::new("charges", 0, "it must be \"all\" or a positive number"));
        }
        if self.pool < self.batch {
            let why = format!("it must not be less than batch = {}", self.batch);
            return Err(Misfit::new("pool", self.pool, why));
        }
        if self.pool / self.accumulate < self.batch {
            let why = format!("times batch = {} it must not be more than pool = {}", self.batch, self.pool);
            return Err(Misfit::new("accumulate", self.accumulate, why));
        }
        for (key, value) in [("learning_rate", self.learning_rate), ("reuse", self.reuse)] {
            if !(value.is_finite() && value > 0.0) {
                return Err(Misfit::new(key, value, "it must be a positive number"));
            }
        }
        if !(self.clip.is_finite() && self.clip >= 0.0) {
            return Err(Misfit::new("clip", self.clip, "it must be 0 or a positive number"));
        }
        if !(0.0..1.0).contains(&self.ema) {
            return Err(Misfit::new("ema", self.ema, "it must lie between 0 and 1, and not be 1"));
        }
        if !(0.0..=1.0).contains(&self.unconditional) {
            return Err(Misfit::new("unconditional", self.unconditional, "it must lie between 0 and 1"));
        }
        self.points.check().map_err(|error| {
            Misfit::new(format!("points.{}", error.name), error.value, format!("it must be {}", error.rule))
        })
    }
}
