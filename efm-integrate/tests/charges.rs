//! Lines between point charges: every charge of the target gets its share of them.

use std::sync::Arc;

use efm_core::{Capacitor, Points, Seed, Side};
use efm_field::oracle::Dipole;
use efm_field::{ExactField, Law};
use efm_integrate::maps::{FluxRule, Map, PointCharges};
use efm_integrate::{Lines, Save, StepControl, Stop, TraceError, Tracer};
use rand_distr::{Distribution, StandardNormal};

/// Charges of a normal law about (`shift`, 0, …) in R^`dim`.
fn cloud(dim: usize, count: usize, name: &str, shift: f32) -> Points {
    let stream = Seed(2).stream(name);
    let values = (0..count as u64).flat_map(|index| {
        let mut random = stream.at(index);
        (0..dim)
            .map(|axis| -> f32 {
                let value: f32 = StandardNormal.sample(&mut random);
                if axis == 0 { value + shift } else { value }
            })
            .collect::<Vec<_>>()
    });
    Points::from_values(dim, values.collect()).unwrap()
}

/// `each` starts on every charge of a plate.
fn starts(plate: &Points, each: usize) -> Points {
    plate.select(&(0..each * plate.len()).map(|index| index % plate.len()).collect::<Vec<_>>())
}

/// How many lines ended on each charge of `plate`, bit for bit.
fn counts(lines: &Lines, plate: &Points) -> Vec<usize> {
    let mut counts = vec![0; plate.len()];
    for line in lines.arrived() {
        let end: Vec<f32> = lines.ends.x(line).iter().map(|&x| x as f32).collect();
        counts[plate.iter().position(|charge| charge == end).expect("ends on a charge")] += 1;
    }
    counts
}

/// Pearson's chi-square of equal shares in standard deviations from its mean: normal for many charges.
fn excess(counts: &[usize]) -> f64 {
    let mean = counts.iter().sum::<usize>() as f64 / counts.len() as f64;
    let freedom = counts.len() as f64 - 1.0;
    let square: f64 = counts.iter().map(|&count| (count as f64 - mean).powi(2) / mean).sum();
    // Wilson and Hilferty: the cube root of chi-square is normal to the third digit already at ten charges.
    let root = (square / freedom).cbrt();
    (root - (1.0 - 2.0 / (9.0 * freedom))) / (2.0 / (9.0 * freedom)).sqrt()
}

/// Carries `each` lines from every charge of one plate to the other.
fn carry(plates: &Capacitor, from: Side, each: usize) -> Lines {
    let field = ExactField::new(plates.clone(), Law::Coulomb);
    let map = PointCharges::new(Tracer::default(), plates);
    let starts = starts(plates.plate(from), each);
    let stream = Seed(1).stream("map");
    match from {
        Side::Source => map.transport(&field, &starts, &stream),
        Side::Target => map.transport_back(&field, &starts, &stream),
    }
    .unwrap()
}

#[test]
fn every_charge_gets_its_share_of_the_lines() {
    // 1 % of fair counts are above 2.33 standard deviations. Every charge sends equally many lines, so counts vary a bit less
    // than fair ones.
    for (dim, sizes, each, gap) in
        [(2, (12, 12), 400, 2.0), (2, (200, 300), 30, 1.0), (1, (12, 17), 400, 1.0), (3, (40, 30), 100, 6.0)]
    {
        let plates = Capacitor::new(cloud(dim, sizes.0, "p", 0.0), cloud(dim, sizes.1, "q", 2.0), gap).unwrap();
        for from in Side::BOTH {
            let lines = carry(&plates, from, each);
            assert_eq!(lines.count(Stop::Captured), lines.len(), "{:?}", lines.tally());
            let counts = counts(&lines, plates.plate(from.other()));
            assert!(excess(&counts) < 2.33, "D = {dim}, from {from}: {} {counts:?}", excess(&counts));
            assert!((0..lines.len()).all(|line| lines.ends.z(line) == from.other().height(gap)));
        }
    }
}

#[test]
fn flux_that_ends_on_charges_gives_each_its_share() {
    // Starts are charges, lifted by the Cauchy law: p*C_h on the face. What is left is that E_z of the far plate differs
    // between the faces, by 2h/L of its size.
    for (dim, gap) in [(1, 2.0), (2, 2.0), (2, 6.0)] {
        let plates = Capacitor::new(cloud(dim, 12, "p", 0.0), cloud(dim, 15, "q", 2.0), gap).unwrap();
        let field = ExactField::new(plates.clone(), Law::Coulomb);
        for height in [0.02, 0.1] {
            let map = FluxRule { height, plates: Some(Arc::new(plates.clone())), ..FluxRule::default() };
            for from in Side::BOTH {
                let starts = starts(plates.plate(from), 400);
                let stream = Seed(3).stream("map");
                let lines = match from {
                    Side::Source => map.transport(&field, &starts, &stream),
                    Side::Target => map.transport_back(&field, &starts, &stream),
                }
                .unwrap();
                assert_eq!(lines.count(Stop::Captured), lines.len(), "{:?}", lines.tally());
                let counts = counts(&lines, plates.plate(from.other()));
                // As above, with twelve comparisons: one in a thousand is above 3.1.
                assert!(excess(&counts) < 3.1, "D = {dim}, h = {height}, from {from}: {} {counts:?}", excess(&counts));
            }
        }
    }
}

#[test]
fn charges_above_each_other_are_one_and_count_as_many() {
    // Places with 1, 2, 3 and 4 charges of the target; the source has all of its charges at one place. Four standard
    // deviations of binomial counts. Where D > 8 there are no trees.
    for dim in [2, 10] {
        let at = |place: usize| (0..dim).map(move |axis| if axis == place % dim { 1.0 + place as f32 } else { 0.0 });
        let target = [0, 1, 1, 2, 2, 2, 3, 3, 3, 3].into_iter().flat_map(at).collect();
        let source = Points::from_values(dim, vec![0.25; 5 * dim]).unwrap();
        let plates = Capacitor::new(source, Points::from_values(dim, target).unwrap(), 1.0).unwrap();
        let lines = carry(&plates, Side::Source, 400);
        assert_eq!(lines.count(Stop::Captured), lines.len(), "D = {dim}: {:?}", lines.tally());
        // Lines end on the first charge of a place.
        let counts = counts(&lines, plates.plate(Side::Target));
        for (first, share) in [(0, 0.1), (1, 0.2), (3, 0.3), (6, 0.4)] {
            let expected = share * lines.len() as f64;
            let off = (counts[first] as f64 - expected).abs() / (expected * (1.0 - share)).sqrt();
            assert!(off < 4.0, "D = {dim}: {counts:?}");
        }
    }
}

#[test]
fn a_single_pair_has_its_closed_form() {
    // A line that leaves at an angle α to the axis arrives at the same angle, on its far side: its path bows out to where
    // the share of flux nearer to the axis is that of the cap below α.
    let place = |x: f32| Points::from_values(2, vec![x, 0.0]).unwrap();
    let plates = Capacitor::new(place(0.0), place(1.0), 2.0).unwrap();
    let field = ExactField::new(plates.clone(), Law::Coulomb);
    let dipole = Dipole::new(vec![0.0, 0.0], vec![1.0, 0.0], 2.0).unwrap();
    let tracer = Tracer { save: Save::Steps, step: StepControl::tolerances(1e-7, 1e-8), ..Tracer::default() };
    // Starts belong to the charge nearest to them.
    let starts = Points::from_values(2, vec![0.1; 400]).unwrap();
    let lines = PointCharges::new(tracer, &plates).transport(&field, &starts, &Seed(1).stream("map")).unwrap();
    assert_eq!(lines.count(Stop::Captured), 200);
    let path = lines.path.as_ref().unwrap();
    for line in 0..200 {
        let points: Vec<&[f64]> = path.line(line).collect();
        assert_eq!((points[0], points[points.len() - 1]), (&[0.0, 0.0, 0.0][..], &[1.0, 0.0, 2.0][..]));
        let shares: Vec<f64> = points[1..points.len() - 1].iter().map(|point| dipole.share(point).unwrap()).collect();
        // Loops go out to hundreds of gaps, where a share of 1 − 1/R meets relative errors of 1e-7 R.
        assert!(shares.iter().all(|share| (share - shares[0]).abs() < 1e-4), "{shares:?}");
    }
}

#[test]
fn radii_may_be_given_and_are_checked() {
    let plates = Capacitor::new(cloud(2, 12, "p", 0.0), cloud(2, 12, "q", 2.0), 2.0).unwrap();
    let field = ExactField::new(plates.clone(), Law::Coulomb);
    let map = PointCharges::new(Tracer::default(), &plates);
    let stream = Seed(1).stream("map");
    for radius in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        for map in [map.clone().with_radii(Some(radius), None), map.clone().with_radii(None, Some(radius))] {
            let error = map.transport(&field, plates.plate(Side::Source), &stream).unwrap_err();
            assert!(matches!(error, TraceError::BadSetting { .. }), "{error}");
        }
    }
    // Smaller ones cost more, and change where some few lines end.
    let small = map.clone().with_radii(Some(1e-3), Some(1e-3));
    let starts = starts(plates.plate(Side::Source), 50);
    let (own, small) =
        (map.transport(&field, &starts, &stream).unwrap(), small.transport(&field, &starts, &stream).unwrap());
    assert_eq!((own.lost(), small.lost()), (0, 0));
    assert!(small.evaluations_mean() > own.evaluations_mean());
    let same = (0..600).filter(|&line| own.ends.point(line) == small.ends.point(line)).count();
    // The field of the others bends a start by a hundredth of a right angle or two, and a charge is met from some tenth of
    // all directions: a few in a hundred lines lie on a border.
    assert!(same > 570, "{same} of 600");
}
