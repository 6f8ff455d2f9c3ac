//! Every map against plates in closed form: how far its arrivals are from the target's law, beside the noise of so many
//! fresh draws. `cargo run --release -p efm-integrate --example oracles [LINES]`.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

#[path = "../tests/common/oracle.rs"]
mod oracle;

use efm_core::{Capacitor, Side};
use efm_field::{ExactField, Field, Law};
use efm_integrate::maps::{Accept, FluxRule, Forward, Map, PointCharges, spacing};
use efm_integrate::{StepControl, Tracer};
use oracle::{MirrorPlates, arrivals, draws, noise, plates, score, stream};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count = std::env::args().nth(1).map_or(Ok(8000), |count| count.parse())?;
    println!("| map | D | L | max KS | 95 % | sliced | 95 % | evaluations | kept | lost |");
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for dim in [1, 2, 8] {
        let free = plates(dim, 1.0);
        let (full, half) = (noise(&free, Side::Target, count, 0.95), noise(&free, Side::Target, count / 2, 0.95));
        for gap in [0.5, 2.0, 6.0, 30.0] {
            let field = plates(dim, gap);
            let starts = draws(&field, Side::Source, "starts", count);
            let cloud = draws(&field, Side::Target, "cloud", 100_000);
            let tracer = Tracer { edge: 1e-5, step: StepControl::tolerances(1e-4, 1e-4), ..Tracer::default() };
            let mirror = MirrorPlates::new(&field);
            let forward = Forward { tracer: tracer.clone(), ..Forward::default() };
            let flux = FluxRule { tracer: tracer.clone(), ..FluxRule::default() };
            let accept = Accept::new(tracer, 0.0, Capacitor::new(starts.clone(), cloud, gap)?);
            let maps: [(&str, &dyn Field, &dyn Map); 4] = [
                ("forward", &field, &forward),
                ("mirror", &mirror, &forward),
                ("flux", &field, &flux),
                ("accept", &field, &accept),
            ];
            for (name, field_of_map, map) in maps {
                let lines = map.transport(field_of_map, &starts, &stream("map"))?;
                let arrived = arrivals(&lines);
                let found = score(&field, Side::Target, &arrived);
                let noise = if name == "accept" { half } else { full };
                println!(
                    "| {name} | {dim} | {gap} | {:.4} | {:.4} | {:.4} | {:.4} | {:.0} | {:.3} | {} |",
                    found.marginal,
                    noise.marginal,
                    found.sliced,
                    noise.sliced,
                    lines.evaluations_mean(),
                    arrived.len() as f64 / count as f64,
                    lines.lost()
                );
            }
        }
    }
    samples(count / 4)
}

/// The maps that know charges, between plates of 10 000 samples each in D = 2.
fn samples(count: usize) -> Result<(), Box<dyn std::error::Error>> {
    const CHARGES: usize = 10_000;
    println!("\n| map | L | max KS | 95 % | sliced | 95 % | evaluations | lost |");
    println!("|---|---|---|---|---|---|---|---|");
    let noise = noise(&plates(2, 1.0), Side::Target, count, 0.95);
    for gap in [0.5, 2.0, 6.0, 30.0] {
        let law = plates(2, gap);
        let side = |side, name| draws(&law, side, name, CHARGES);
        let charges = Capacitor::new(side(Side::Source, "p"), side(Side::Target, "q"), gap)?;
        let field = ExactField::new(charges.clone(), Law::Coulomb);
        let starts = charges.plate(Side::Source).select(&(0..count).map(|index| index % CHARGES).collect::<Vec<_>>());
        let height = spacing(charges.plate(Side::Target));
        let flux = FluxRule { height, ..FluxRule::default() };
        let between = PointCharges::new(Tracer::default(), &charges);
        let maps: [(&str, &dyn Map); 2] = [("flux", &flux), ("charges", &between)];
        for (name, map) in maps {
            let lines = map.transport(&field, &starts, &stream("map"))?;
            let found = score(&law, Side::Target, &arrivals(&lines));
            println!(
                "| {name} | {gap} | {:.4} | {:.4} | {:.4} | {:.4} | {:.0} | {} |",
                found.marginal,
                noise.marginal,
                found.sliced,
                noise.sliced,
                lines.evaluations_mean(),
                lines.lost()
            );
        }
    }
    Ok(())
}
