use std::{path::Path, sync::Arc};

use efm_core::{Points, Stream};
use rand::RngExt;

use crate::{DataError, Labels, Sampler, sampler::each_point};

/// The rows of a data set, drawn uniformly with replacement. Clones share the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Empirical {
    points: Arc<Points>,
    labels: Option<Labels>,
    /// The rows that are drawn from, if not all.
    chosen: Option<Arc<[usize]>>,
}

impl Empirical {
    /// Wraps the rows of `points`; `name` (a path, say) is what an error is about.
    ///
    /// # Errors
    /// [`DataError::TooFewPoints`] below 2 points.
    pub fn new(points: Points, name: impl AsRef<Path>) -> Result<Self, DataError> {
        if points.len() < 2 {
            return Err(DataError::TooFewPoints { path: name.as_ref().into(), count: points.len(), needed: 2 });
        }
        Ok(Self { points: points.into(), labels: None, chosen: None })
    }

    /// With the class of every row; one label per row.
    pub(crate) fn labelled(self, labels: Labels) -> Self {
        Self { labels: Some(labels), ..self }
    }

    /// All rows, in their order.
    pub fn points(&self) -> &Points {
        &self.points
    }

    /// The classes of all rows, if they are known.
    pub fn labels(&self) -> Option<&Labels> {
        self.labels.as_ref()
    }

    /// Gives the rows back.
    pub fn into_points(self) -> Points {
        Arc::unwrap_or_clone(self.points)
    }
}

impl Sampler for Empirical {
    fn dim(&self) -> usize {
        self.points.dim()
    }

    fn draw_into(&self, stream: &Stream, first: u64, out: &mut [f32]) -> Result<(), DataError> {
        let count = self.chosen.as_ref().map_or(self.points.len(), |rows| rows.len());
        each_point(stream, first, self.dim(), out, |generator, point| {
            let drawn = generator.random_range(0..count);
            let row = self.chosen.as_ref().map_or(drawn, |rows| rows[drawn]);
            point.copy_from_slice(self.points.point(row));
        });
        Ok(())
    }

    fn classes(&self) -> Vec<String> {
        self.labels.as_ref().map(|labels| labels.names().to_vec()).unwrap_or_default()
    }

    fn of_class(&self, class: usize) -> Option<Box<dyn Sampler>> {
        let labels = self.labels.as_ref().filter(|labels| class < labels.names().len())?;
        let rows: Vec<usize> = (0..self.points.len()).filter(|&row| labels.classes()[row] as usize == class).collect();
        Some(Box::new(Self { points: self.points.clone(), labels: None, chosen: Some(rows.into()) }))
    }

    fn len(&self) -> Option<usize> {
        Some(self.chosen.as_ref().map_or(self.points.len(), |rows| rows.len()))
    }
}
