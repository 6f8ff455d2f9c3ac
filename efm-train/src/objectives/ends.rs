use burn::tensor::Tensor;
use efm_core::Augmented;
use efm_field::{Law, PointSampler};
use efm_models::{EndParts, FieldNet, Head};

use super::losses::both_ends;
use super::{Objective, PoolDraw, misfit, tube};
use crate::{BatchTensors, Misfit, Pool, TrainError};

/// The expected ends of lines, E[x₊ | x] and E[x₋ | x], each from the field of one plate alone, and from these E_x/E_z
/// as between plates that are equally dense wherever their noise is (see [`EndParts`]). For plates too near one another for
/// [`super::Slope`]: there almost every point is dominated by one of them, and lines leave the tube. As that objective
/// otherwise; for networks that give [`FieldNet::ends`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Ends;

impl Objective for Ends {
    fn name(&self) -> &str {
        "ends"
    }

    fn head(&self, _: &dyn PointSampler) -> Head {
        Head::Ends
    }

    fn check(&self, law: Law, points: &dyn PointSampler) -> Result<(), Misfit> {
        tube::check(self, law, points)
    }

    /// From where, at the slope in the field of the plate alone, a line would come straight. And the weights of the errors
    /// of either end, in what the network corrects and by the plate's share of the flux.
    fn pool(&self, draw: &PoolDraw<'_>) -> Result<Pool, TrainError> {
        let (capacitor, points) = draw.charges_and_points()?;
        let field = draw.exact(capacitor);
        let dim = points.dim();
        let (mut targets, mut weights) = (Vec::new(), Vec::new());
        for rows in tube::chunks(points.len()) {
            let mut at = Augmented::zeros(dim, rows.len());
            for (row, index) in rows.clone().enumerate() {
                at.point_mut(row).copy_from_slice(points.point(index));
            }
            let plates = field.per_plate(&at)?;
            let [source, target] = draw.known(&points, &rows)?.ends.map(|EndParts { share, slope, width, .. }| {
                Ok::<_, TrainError>([tube::numbers(share)?, tube::numbers(slope)?, tube::numbers(width)?])
            });
            let known = [source?, target?];
            for row in 0..rows.len() {
                for ((plate, sign), [_, slope, _]) in plates.iter().zip([1.0, -1.0]).zip(&known) {
                    let n = plate.directions.point(row);
                    let distance = sign / (f64::from(slope[row]) * n[dim].max(f64::MIN_POSITIVE));
                    let ends = at.x(row).iter().zip(n).map(|(x, n)| x - distance * n);
                    targets.extend(ends.map(|end| end.clamp(-tube::STEEPEST, tube::STEEPEST) as f32));
                }
                weights.extend(known.iter().map(|[share, _, width]| share[row] / width[row].powi(2)));
            }
        }
        Pool::new(&points, targets, weights)
    }

    fn loss(&self, network: &dyn FieldNet, batch: &BatchTensors) -> Result<Tensor<1>, TrainError> {
        let ends = network.ends(&batch.x, batch.z.clone(), Some(&batch.condition));
        let ends = ends.ok_or_else(|| misfit(self, "it needs a network that gives the expected ends of lines"))?;
        Ok(both_ends(ends, &batch.target, &batch.weight))
    }
}
