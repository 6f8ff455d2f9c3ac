use efm_core::{Capacitor, Stream};
use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::parameter::{ParameterError, not_negative};
use super::{Drawn, PointSampler};
use crate::{FieldError, Law};

/// The nodes of a regular mesh over [−w, w]^D × (0, L), each equally likely: the published toy runs.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Mesh {
    /// Nodes per axis. In z they are the middles of equal cells, in x they include ±w.
    pub points: usize,
    /// w, in data units.
    pub half_width: f64,
}

impl PointSampler for Mesh {
    fn draw(
        &self,
        capacitor: &Capacitor,
        _law: Law,
        stream: &Stream,
        first: u64,
        count: usize,
    ) -> Result<Drawn, FieldError> {
        self.check()?;
        let Self { points, half_width } = *self;
        Ok(Drawn::one_by_one(capacitor.dim(), stream, first, count, |generator, x, z| {
            for value in x.iter_mut() {
                let node = generator.random_range(0..points) as f64;
                let share = if points > 1 { node / (points - 1) as f64 } else { 0.5 };
                *value = half_width * (2.0 * share - 1.0);
            }
            *z = capacitor.gap() * (generator.random_range(0..points) as f64 + 0.5) / points as f64;
        }))
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless(self.points > 0, "points", self.points as f64, "at least 1")?;
        not_negative("half_width", self.half_width)
    }
}
