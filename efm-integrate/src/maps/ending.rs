use efm_core::Points;
use rayon::prelude::*;

use super::journey::Journey;
use crate::{Stop, Tracer};

/// Puts the lines `which`, which ended on a face of the plate of `charges`, at x and at the distance `height` from it, on
/// charges: on charge j with probability C_h(x − y_j)/Σ_i C_h(x − y_i), C the Cauchy law.
///
/// That is the share of charge j in q*C_h(x), the density of the flux that ends there; summed over the lines every charge
/// gets 1/N_Q, however thick the plate. `coins` are uniform on (0, 1), one for each of all lines; `z` is the plate's height.
pub(super) fn end_on_charges(
    journey: &mut Journey,
    tracer: &Tracer,
    which: &[usize],
    charges: &Points,
    height: f64,
    z: f64,
    coins: &[f64],
) {
    let chosen: Vec<usize> =
        which.par_iter().map(|&line| draw(charges, journey.lines.ends.x(line), height, coins[line])).collect();
    for (&line, charge) in which.iter().zip(chosen) {
        for (x, &place) in journey.lines.ends.x_mut(line).iter_mut().zip(charges.point(charge)) {
            *x = f64::from(place);
        }
        journey.lines.ends.set_z(line, z);
        journey.lines.stops[line] = Stop::Captured;
        let end = journey.lines.ends.point(line).to_vec();
        journey.mark(tracer, line, &end);
    }
}

/// The charge that the coin picks.
fn draw(charges: &Points, x: &[f64], height: f64, coin: f64) -> usize {
    let power = (x.len() as f64 + 1.0) / 2.0;
    let squares: Vec<f64> = charges
        .iter()
        .map(|charge| charge.iter().zip(x).map(|(&y, x)| (f64::from(y) - x).powi(2)).sum::<f64>() + height * height)
        .collect();
    let (nearest, least) = squares
        .iter()
        .copied()
        .enumerate()
        .fold((0, f64::INFINITY), |best, (index, square)| if square < best.1 { (index, square) } else { best });
    let weight = |square: f64| if square > 0.0 { (least / square).powf(power) } else { 1.0 };
    let mut level = coin * squares.iter().map(|&square| weight(square)).sum::<f64>();
    for (index, &square) in squares.iter().enumerate() {
        level -= weight(square);
        if level < 0.0 {
            return index;
        }
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charges_are_drawn_by_their_share() {
        // D = 1, h = 1, charges at 0, 1 and 3 seen from 0: weights 1, 1/2 and 1/10.
        let charges = Points::from_values(1, vec![0.0, 1.0, 3.0]).unwrap();
        let total = 1.6;
        let at = |coin| draw(&charges, &[0.0], 1.0, coin);
        assert_eq!([at(0.0), at(0.99 / total), at(1.01 / total), at(1.49 / total), at(1.51 / total)], [0, 0, 1, 1, 2]);
        assert_eq!(at(1.0 - 1e-12), 2);
        assert_eq!(draw(&charges, &[3.0], 0.0, 0.3), 2, "on a charge and without height it is that charge");
    }
}
