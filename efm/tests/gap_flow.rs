//! A learned field carries ρ_z, the density of the flux, from height to height, as the exact one does.

#[path = "../../efm-train/tests/common/mod.rs"]
mod common;

use std::path::Path;
use std::sync::Arc;

use common::{built, cpu, go};
use efm::Scalers;
use efm::config::{Charges, TrainConfig};
use efm_core::{Augmented, Capacitor, Seed, Side};
use efm_data::{DataSpec, Scaling};
use efm_eval::ks;
use efm_field::{Law, on_flux};
use efm_integrate::{Save, Tracer};
use efm_models::{Geometry, Head, LearnedField, MlpConfig, NetworkConfig};
use efm_train::{Checkpoints, PlateData, Setup};

const LINES: usize = 4000;
const GAP: f64 = 6.0;

/// N(0, I) and two moons, each with mean 0 and variance 1.
fn setup() -> Arc<Setup> {
    let open = |toml: &str| toml::from_str::<DataSpec>(toml).expect("a toy").open(Path::new("")).expect("a toy");
    let sample = |toml: &str| open(toml).draw(&Seed(1).stream("scaling"), 0, 4000).unwrap();
    let (source, target) = ("kind = 'gaussian'", "kind = 'moons'");
    let scalers =
        Scalers::fit(Scaling::PerCoordinate, true, None, &sample(source), &sample(target)).expect("plain clouds");
    let plate =
        |toml: &str, side| PlateData::Endless { sampler: open(toml).into(), scaler: scalers.plate(side).clone() };
    let geometry =
        Geometry { dim: 2, gap: GAP, source_spread: 1.0, target_spread: 1.0, stretched: true, head: Head::Forward };
    let (source, target) = (plate(source, Side::Source), plate(target, Side::Target));
    Arc::new(Setup::new(source, target, Law::Mirror, geometry).expect("two clouds"))
}

/// Draws of ρ_z of fresh charges.
fn draws(setup: &Setup, z: f64, name: &str) -> Augmented {
    let stream = Seed(5).stream(name);
    let charges = |data: &PlateData| data.charges(Charges::Count(20_000), &Seed(6).stream(name), 0).expect("a toy");
    let capacitor = Capacitor::new(charges(setup.source()), charges(setup.target()), GAP).expect("two clouds");
    let (mut x, mut drawn) = (vec![0.0; 2], Augmented::new(2));
    for index in 0..LINES {
        on_flux(&capacitor, setup.law(), z, &mut stream.at(index as u64), &mut x);
        drawn.push(&x, z);
    }
    drawn
}

#[test]
fn samples_of_one_height_become_samples_of_every_other() {
    let setup = setup();
    let train = TrainConfig {
        steps: 1500,
        batch: 256,
        pool: 8192,
        charges: Charges::Count(2000),
        warmup: 100,
        ema: 0.99,
        validate_every: 0,
        checkpoint_every: 0,
        patience: 0,
        ..TrainConfig::default()
    };
    let model = NetworkConfig::Mlp(MlpConfig { width: 64, ..MlpConfig::default() });
    let device = cpu();
    let mut trainer = built(&train, &model, &setup);
    let folder = tempfile::tempdir().expect("a temporary folder");
    go(&mut trainer, &Checkpoints::new(folder.path().to_path_buf()), None);
    let field = LearnedField::new(trainer.network(), setup.geometry(), &device);

    let heights = [0.2, 0.35, 0.5, 0.65, 0.8].map(|share| share * GAP);
    let tracer = Tracer { margin: 0.1 * GAP, save: Save::Heights(heights.to_vec()), ..Tracer::default() };
    let lines = tracer.trace(&field, &draws(&setup, 0.1 * GAP, "starts")).expect("lines in the gap");
    assert_eq!(lines.landed_share(), 1.0, "{:?}", lines.tally());
    let path = lines.path.as_ref().expect("heights were kept");
    for (mark, &z) in heights.iter().enumerate() {
        let carried: Vec<Vec<f64>> = path.at(mark as u32).map(|(_, point)| point[..2].to_vec()).collect();
        let fresh = draws(&setup, z, "fresh");
        let measures: [fn(&[f64]) -> f64; 3] = [|x| x[0], |x| x[1], |x| x[0].hypot(x[1])];
        for measure in measures {
            let one: Vec<_> = carried.iter().map(|x| measure(x)).collect();
            let other: Vec<_> = (0..LINES).map(|index| measure(fresh.x(index))).collect();
            let distance = ks(&one, &other).expect("numbers").statistic;
            // 1.95·√(2/4000) = 0.044 is passed by chance once in a thousand, and there are 15 comparisons.
            assert!(distance < 0.044, "z = {z}: {distance}");
        }
    }
}
