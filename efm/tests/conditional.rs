//! Fields of classes: their charges make them, and a network told the class learns them.

#[path = "../../efm-train/tests/common/mod.rs"]
mod common;

use std::path::Path;
use std::sync::Arc;

use common::{built, cpu, endless, go, newest};
use efm::centred_classes;
use efm::config::{Charges, Objective, TrainConfig};
use efm_core::{Augmented, Capacitor, Points, Seed, Stream};
use efm_data::{DataSpec, Sampler, Scaler, Scaling};
use efm_field::{ExactField, Field, Law};
use efm_models::{Condition, Geometry, Head, LearnedField, MlpConfig, NetworkConfig, TrainableNet};
use efm_train::objectives::Field as FieldObjective;
use efm_train::{Checkpoints, PlateData, Pool, PoolSource, Setup};

const GAP: f64 = 3.0;
const CENTRES: [[f64; 2]; 2] = [[1.5, 0.0], [-1.0, 1.0]];

fn open(toml: &str) -> Box<dyn Sampler> {
    let spec: DataSpec = toml::from_str(toml).expect("a toy");
    spec.open(Path::new("")).expect("a toy")
}

/// One of the two modes alone, opened by itself.
fn mode(class: usize) -> Box<dyn Sampler> {
    open(&format!("kind = 'mixture'\nstd = 0.3\ncentres = [{:?}]", CENTRES[class]))
}

fn geometry(head: Head, stretched: bool) -> Geometry {
    Geometry { dim: 2, gap: GAP, source_spread: 1.0, target_spread: 1.2, stretched, head }
}

fn setup(head: Head) -> Arc<Setup> {
    let target = endless(&format!("kind = 'mixture'\nstd = 0.3\ncentres = {CENTRES:?}"));
    assert_eq!(target.classes(), ["0", "1"]);
    let classes = (0..2).map(|class| target.of_class(class).expect("a class")).collect();
    assert!(target.of_class(2).is_none());
    let geometry = geometry(head, head == Head::Forward);
    let setup = Setup::new(endless("kind = 'gaussian'"), target, Law::Mirror, geometry).expect("two clouds");
    Arc::new(setup.with_classes(classes).expect("two classes"))
}

#[test]
fn classes_of_slopes_lie_about_their_own_middles() {
    let sampler = || open(&format!("kind = 'mixture'\nstd = 0.3\ncentres = {CENTRES:?}"));
    let scaler = Scaler::fit(
        Scaling::Joint,
        &sampler().draw(&Seed(1).stream("fit"), 0, 500).unwrap(),
        &sampler().draw(&Seed(2).stream("fit"), 0, 500).unwrap(),
    )
    .expect("a scaling");
    let whole = PlateData::Endless { sampler: sampler().into(), scaler: scaler.clone() };
    let (classes, middles) = centred_classes(&whole, &scaler, Seed(3)).expect("finite");
    assert_eq!((classes.len(), middles.len()), (2, 4));
    for (class, cloud) in classes.iter().enumerate() {
        let points = cloud.draw(&Seed(4).stream("check"), 0, 4_000).expect("finite");
        let middle = [0, 1].map(|axis| points.iter().map(|point| f64::from(point[axis])).sum::<f64>() / 4_000.0);
        // Two means over 4 000 points of the width 0.3/s: five standard errors of their difference.
        let width = 0.3 / scaler.stretch()[0];
        assert!(middle.iter().all(|x| x.abs() < 5.0 * width * (2.0_f64 / 4_000.0).sqrt()), "{class}: {middle:?}");
        // In data units both scalings say the same.
        let own = scaler.centred(&middles[2 * class..2 * class + 2]).expect("finite");
        let origin = own.undo(&Points::from_values(2, vec![0.0; 2]).expect("finite")).expect("finite");
        for (&found, expected) in origin.point(0).iter().zip(CENTRES[class]) {
            assert!((f64::from(found) - expected).abs() < 0.03, "{class}: {origin:?}");
        }
    }
}

#[test]
fn a_network_of_slopes_tells_the_origin_of_a_class() {
    let device = cpu();
    let middles = [0.5, -1.0, 2.0, 0.25];
    let slopes = geometry(Head::Slope, false);
    let network = model().init(slopes, &Seed(1).stream("weights"), &device).expect("a network");
    let network = network.centred(&middles, &device).expect("two middles");
    let field = || LearnedField::new(&network, slopes, &device);
    for (class, middle) in middles.chunks(2).enumerate() {
        let told = field().under(Condition::class(class, &device)).expect("a class");
        assert_eq!(told.middle(), Some(middle));
    }
    // Of all classes together it is the origin, and other heads have one origin.
    assert_eq!(field().under(Condition::class(2, &device)).expect("none").middle(), Some(&[0.0, 0.0][..]));
    let plain = geometry(Head::Forward, true);
    let network = model().init(plain, &Seed(1).stream("weights"), &device).expect("a network");
    let network = network.centred(&middles, &device).expect("two middles");
    let field = LearnedField::new(&network, plain, &device).under(Condition::class(0, &device)).expect("a class");
    assert_eq!(field.middle(), None);
}

fn config() -> TrainConfig {
    TrainConfig { pool: 1_001, charges: Charges::Count(60), conditional: true, unconditional: 0.2, ..common::config() }
}

fn everything(pool: &Pool) -> efm_train::Batch {
    pool.all()
}

#[test]
fn targets_of_a_class_are_those_of_the_field_of_its_charges() {
    let (setup, config, seed) = (setup(Head::Forward), config(), Seed(8));
    let index = 3;
    let pool = PoolSource::new(Arc::clone(&setup), &config, seed).pool(index).expect("a pool");
    let batch = everything(&pool);
    let count = |class: u32| batch.class.iter().filter(|&&of| of == class).count();
    // A fifth for the whole target, the rest shared.
    assert_eq!([count(0), count(1), count(2), pool.len()], [401, 400, 200, 1_001]);
    let draw = |sampler: &dyn Sampler, stream: Stream| sampler.draw(&stream, index * 60, 60).unwrap();
    for class in 0..3_u32 {
        let source = draw(&open("kind = 'gaussian'"), seed.stream("charges/source"));
        let target = match class {
            2 => draw(
                &open(&format!("kind = 'mixture'\nstd = 0.3\ncentres = {CENTRES:?}")),
                seed.stream("charges/target"),
            ),
            _ => draw(&mode(class as usize), seed.stream(&format!("charges/target/{class}"))),
        };
        let field = ExactField::new(Capacitor::new(source, target, GAP).expect("plates"), Law::Mirror);
        let rows: Vec<_> = (0..batch.len()).filter(|&row| batch.class[row] == class).collect();
        let mut at = Augmented::new(2);
        for &row in &rows {
            at.push(&[f64::from(batch.x[2 * row]), f64::from(batch.x[2 * row + 1])], f64::from(batch.z[row]));
        }
        let n = field.evaluate(&at).expect("the field").directions;
        for (place, &row) in rows.iter().enumerate() {
            let n = n.point(place);
            let asked = FieldObjective::target(n, n[2], at.x(place), at.z(place), &setup.geometry());
            for (axis, &found) in batch.target[3 * row..3 * row + 3].iter().enumerate() {
                let unit = if axis == 2 { asked.unit } else { 1.0 };
                let expected = asked.scale * n[axis] / unit;
                // Pools hold f32: the place is rounded, and next to a charge the field turns within 1e-2.
                assert!(
                    (f64::from(found) - expected).abs() < 2e-3 * (1.0 + expected.abs()),
                    "{class}: {found} {expected}"
                );
            }
        }
    }
}

#[test]
fn a_class_of_a_mixture_is_the_mode_alone() {
    let whole = open(&format!("kind = 'mixture'\nstd = 0.3\ncentres = {CENTRES:?}"));
    let stream = Seed(2).stream("x");
    for class in 0..2 {
        let alone = whole.of_class(class).expect("a class").draw(&stream, 5, 40).unwrap();
        assert_eq!(alone, mode(class).draw(&stream, 5, 40).unwrap(), "bit for bit");
    }
}

fn model() -> NetworkConfig {
    NetworkConfig::Mlp(MlpConfig { width: 48, depth: 2, octaves: Some(0), ..MlpConfig::default() }).with_classes(2)
}

#[test]
fn a_network_told_the_class_has_the_field_of_the_class() {
    let device = cpu();
    for objective in [Objective::Field, Objective::FlowMatching] {
        let train = TrainConfig {
            steps: 700,
            batch: 256,
            pool: 8_192,
            charges: Charges::Count(500),
            objective,
            warmup: 50,
            ema: 0.98,
            ..config()
        };
        let setup = setup(objective.head(&train.points));
        let mut trainer = built(&train, &model(), &setup);
        let folder = tempfile::tempdir().expect("a temporary folder");
        go(&mut trainer, &Checkpoints::new(folder.path().to_path_buf()), None);
        let mut at = Augmented::new(2);
        at.push(&[0.0, 0.0], 0.8 * GAP);
        let slope = |field: LearnedField| {
            let n = field.evaluate(&at).expect("a field").directions;
            [n.x(0)[0] / n.z(0), n.x(0)[1] / n.z(0)]
        };
        let field = || LearnedField::new(trainer.network(), setup.geometry(), &device);
        let of = |class: usize, weight: f64| {
            slope(field().under(Condition::class(class, &device)).expect("a class").guided(weight))
        };
        // From the middle, lines of a class go its way: over a fifth of the gap to a centre more than one away.
        for (class, centre) in CENTRES.iter().enumerate() {
            let found = of(class, 1.0);
            let along = (found[0] * centre[0] + found[1] * centre[1]) / centre[0].hypot(centre[1]);
            assert!(along > 0.5, "{objective:?}, class {class}: {found:?}");
        }
        // Guidance goes on from the whole to the class in slopes; 0 is the whole, 1 the class.
        let (whole, class) = (slope(field()), of(0, 1.0));
        for (weight, share) in [(0.0, 0.0), (2.0, 2.0), (0.5, 0.5)] {
            let found = of(0, weight);
            for axis in 0..2 {
                let expected = whole[axis] + share * (class[axis] - whole[axis]);
                assert!((found[axis] - expected).abs() < 1e-5, "{weight}: {found:?}");
            }
        }
    }
}

#[test]
fn classes_and_accumulated_gradients_resume_bit_for_bit() {
    let setup = setup(Head::Forward);
    let config = TrainConfig { batch: 32, accumulate: 2, steps: 8, ..config() };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let trainer = || built(&config, &model(), &setup);
    let whole = Checkpoints::new(folder.path().join("whole"));
    go(&mut trainer(), &whole, None);
    let halves = Checkpoints::new(folder.path().join("halves"));
    go(&mut trainer(), &halves, Some(5));
    let (state, tensors) = newest(&halves);
    go(&mut trainer().resume(state, tensors, folder.path()).expect("the same network"), &halves, None);
    assert!(newest(&halves) == newest(&whole), "a stop left a trace");
}

#[test]
fn parts_of_a_batch_add_up_to_it() {
    // Two batches of 32 are one of 64: the same rows, in sums of another order.
    let setup = setup(Head::Forward);
    let losses = |batch: usize, accumulate: usize| {
        let config = TrainConfig { batch, accumulate, steps: 4, ..config() };
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut trainer = built(&config, &model(), &setup);
        let (_, reports) = go(&mut trainer, &Checkpoints::new(folder.path().to_path_buf()), None);
        reports.iter().map(|report| (report.loss, report.gradient_norm)).collect::<Vec<_>>()
    };
    for ((a, b), (c, d)) in losses(64, 1).into_iter().zip(losses(32, 2)) {
        // f32 sums of 64 terms.
        assert!((a - c).abs() < 1e-5 * a.abs() && (b - d).abs() < 1e-4 * b, "{a} {c}, {b} {d}");
    }
}
