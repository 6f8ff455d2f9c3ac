//! The exact field of charges as a function: direction and strength, Gauss's law, and the map that needs no training.

#![allow(clippy::print_stdout)]

use efm::automatic_gap;
use efm::core::{Augmented, Capacitor, Points, Seed};
use efm::data::Sampler;
use efm::data::toy::{Gaussian, Moons};
use efm::eval::{floor_of_halves, w2};
use efm::field::flux::Surface;
use efm::field::{ExactField, Field, Law};
use efm::integrate::maps::{Forward, Lift, Map};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (source, target) = (Gaussian { std: 2.0, ..Gaussian::default() }.sampler()?, Moons::default().sampler()?);
    let draw = |sampler: &dyn Sampler, name: &str| sampler.draw(&Seed(1).stream(name), 0, 2_000);
    let (p, q): (Points, Points) = (draw(&*source, "p")?, draw(&*target, "q")?);
    let gap = automatic_gap(&p, &q);
    let field = ExactField::new(Capacitor::new(p, q.clone(), gap)?, Law::Mirror);

    // Unit directions and ln |E| at points (x, z), z last.
    let mut at = Augmented::new(2);
    at.push(&[0.5, -0.2], 0.5 * gap);
    let values = field.evaluate(&at)?;
    println!("direction {:.3?}, ln|E| {:.3}", values.directions.point(0), values.ln_strengths[0]);

    // All the flux of a plate of charge 1 crosses the gap (Gauss); the plates repeated by reflection double it.
    let slice = Surface::slice(&[0.0, 0.0], 0.5 * gap, gap, 64)?;
    println!("flux {:.4}", slice.flux(&field)?);

    // Forward along the lines of the mirror capacitor is the exact map from source to target. Close to its plate the field is
    // that of single charges, so lines begin a tenth of the spread above it, shifted there along the field.
    let map = Forward { start_height: 0.2, lift: Lift::Along, ..Forward::default() };
    let starts = source.draw(&Seed(2).stream("starts"), 0, 1_000)?;
    let lines = map.transport(&field, &starts, &Seed(1).stream("lines"))?;

    // A few lines of the tails may be lost on the way; the others are the result.
    let arrived: Vec<usize> = lines.arrived().collect();
    let (ends, stream) = (lines.ends.to_points()?.select(&arrived), Seed(1).stream("measures"));
    let real = target.draw(&Seed(3).stream("real"), 0, 1_000)?;
    let fresh = target.draw(&Seed(4).stream("floor"), 0, 4_000)?;
    let floor = floor_of_halves(&fresh, 1_000, 2, &stream, |a, b| w2(a, b, &stream))?;
    println!("ends {:?}\nlanded {:.3}", lines.tally(), lines.landed_share());
    println!("W2 {:.3} floor {:.3}", w2(&ends, &real, &stream)?, floor.mean);
    Ok(())
}
