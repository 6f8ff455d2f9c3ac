use std::fmt;
use std::sync::Arc;

use efm_core::{Points, Stream};
use efm_data::{Sampler, Scaler};
use rand::RngExt;

use crate::TrainError;
use crate::config::Charges;

/// A data set or distribution in scaled units, seen through the run's scaling.
#[derive(Clone)]
pub enum PlateData {
    /// A distribution that fresh points can be drawn from without end.
    Endless {
        /// The distribution, in data units.
        sampler: Arc<dyn Sampler>,
        /// From data units to scaled units.
        scaler: Scaler,
    },
    /// Rows, already scaled.
    Finite(Points),
}

impl PlateData {
    /// The same data in the units of `scaler`.
    ///
    /// # Errors
    /// [`TrainError::Data`] when scaled coordinates are no finite f32.
    pub fn scaled(self, scaler: &Scaler) -> Result<Self, TrainError> {
        Ok(match self {
            Self::Endless { sampler, .. } => Self::Endless { sampler, scaler: scaler.clone() },
            Self::Finite(points) => Self::Finite(scaler.apply(&points)?),
        })
    }

    /// Number of coordinates, D.
    pub fn dim(&self) -> usize {
        match self {
            Self::Endless { sampler, .. } => sampler.dim(),
            Self::Finite(points) => points.dim(),
        }
    }

    /// Names of the classes of its points; none where they have no classes.
    pub fn classes(&self) -> Vec<String> {
        match self {
            Self::Endless { sampler, .. } => sampler.classes(),
            Self::Finite(_) => Vec::new(),
        }
    }

    /// The points of one class alone, an index into [`PlateData::classes`], in the same units.
    pub fn of_class(&self, class: usize) -> Option<Self> {
        match self {
            Self::Endless { sampler, scaler } => {
                Some(Self::Endless { sampler: sampler.of_class(class)?.into(), scaler: scaler.clone() })
            }
            Self::Finite(_) => None,
        }
    }

    /// Points number `first` to `first + count − 1` of a stream; rows of a finite set are drawn with replacement.
    ///
    /// # Errors
    /// [`TrainError::Data`] when the sampler fails, and when scaled coordinates are no finite f32.
    pub fn draw(&self, stream: &Stream, first: u64, count: usize) -> Result<Points, TrainError> {
        Ok(match self {
            Self::Endless { sampler, scaler } => scaler.apply(&sampler.draw(stream, first, count)?)?,
            Self::Finite(points) => {
                let rows: Vec<_> =
                    (0..count as u64).map(|i| stream.at(first + i).random_range(0..points.len())).collect();
                points.select(&rows)
            }
        })
    }

    /// Set number `draw` of charges: all rows of a finite set when that is asked for, else a fresh set.
    ///
    /// # Errors
    /// As [`PlateData::draw`].
    pub fn charges(&self, charges: Charges, stream: &Stream, draw: u64) -> Result<Points, TrainError> {
        Ok(match (self, charges) {
            (Self::Finite(points), Charges::All) => points.clone(),
            (Self::Finite(points), Charges::Count(count)) if count >= points.len() => points.clone(),
            (Self::Finite(points), Charges::Count(count)) => {
                // Without replacement: a row drawn twice would carry twice its charge.
                let rows = rand::seq::index::sample(&mut stream.at(draw), points.len(), count);
                points.select(&rows.into_vec())
            }
            (Self::Endless { .. }, Charges::All) => self.draw(stream, draw * Charges::MANY as u64, Charges::MANY)?,
            (Self::Endless { .. }, Charges::Count(count)) => self.draw(stream, draw * count as u64, count)?,
        })
    }
}

impl fmt::Debug for PlateData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endless { sampler, scaler } => {
                f.debug_struct("Endless").field("dim", &sampler.dim()).field("scaler", scaler).finish_non_exhaustive()
            }
            Self::Finite(points) => {
                f.debug_struct("Finite").field("dim", &points.dim()).field("rows", &points.len()).finish()
            }
        }
    }
}
