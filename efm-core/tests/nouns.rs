//! Points, points between the plates, and capacitors: what is refused, and where things lie.

use efm_core::{Augmented, Capacitor, CoreError, OwnError, Points, Side};
use nalgebra::DMatrix;
use proptest::prelude::*;

#[test]
fn points_lie_one_after_another_and_one_per_column() {
    let points = Points::from_values(2, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
    assert_eq!((points.dim(), points.len(), points.is_empty()), (2, 3, false));
    assert_eq!((points.point(1), points.matrix().column(1).as_slice()), (&[3.0, 4.0][..], &[3.0, 4.0][..]));
    assert_eq!(points.iter().flatten().copied().collect::<Vec<_>>(), points.as_slice());
    assert_eq!(points.select(&[2, 0, 2]).as_slice(), [5.0, 6.0, 1.0, 2.0, 5.0, 6.0]);
    assert_eq!(Points::new(points.clone().into_matrix()), Ok(points));
    let nothing = Points::from_values(3, vec![]).unwrap();
    assert!(nothing.is_empty() && nothing.dim() == 3 && nothing.iter().len() == 0);
}

#[test]
fn points_that_are_none_are_refused_by_place() {
    assert_eq!(Points::from_values(0, vec![]), Err(CoreError::NoCoordinates));
    assert_eq!(Points::new(DMatrix::zeros(0, 3)), Err(CoreError::NoCoordinates));
    assert_eq!(Points::from_values(2, vec![0.0; 5]), Err(CoreError::RaggedValues { values: 5, dim: 2 }));
    for value in [f32::INFINITY, f32::NEG_INFINITY] {
        let values = vec![0.0, 0.0, 0.0, value];
        let error = CoreError::NonFinite { point: 1, coordinate: 1, value };
        assert_eq!(Points::from_values(2, values.clone()), Err(error.clone()));
        assert_eq!(Points::new(DMatrix::from_vec(2, 2, values)), Err(error));
    }
    assert!(matches!(Points::from_values(1, vec![f32::NAN]), Err(CoreError::NonFinite { point: 0, .. })));
}

#[test]
fn a_capacitor_is_checked_when_it_is_built() {
    let cloud = |dim, len| Points::from_values(dim, vec![0.5; dim * len]).unwrap();
    let plates = Capacitor::new(cloud(3, 4), cloud(3, 5), 2.0).unwrap();
    assert_eq!((plates.dim(), plates.gap()), (3, 2.0));
    assert_eq!((plates.charge(Side::Source), plates.charge(Side::Target)), (0.25, -0.2));
    for side in Side::BOTH {
        // Each plate carries its whole charge.
        assert_eq!(plates.charge(side) * plates.plate(side).len() as f64, side.charge());
    }
    let refused = |source, target, gap| Capacitor::new(source, target, gap).unwrap_err();
    assert_eq!(refused(cloud(3, 0), cloud(3, 1), 1.0), CoreError::EmptyPlate { side: Side::Source });
    assert_eq!(refused(cloud(3, 1), cloud(3, 0), 1.0), CoreError::EmptyPlate { side: Side::Target });
    assert_eq!(refused(cloud(3, 1), cloud(2, 1), 1.0), CoreError::DimensionMismatch { source_dim: 3, target_dim: 2 });
    for gap in [0.0, -1.0, f64::INFINITY] {
        assert_eq!(refused(cloud(1, 1), cloud(1, 1), gap), CoreError::BadGap { gap });
    }
    assert!(matches!(refused(cloud(1, 1), cloud(1, 1), f64::NAN), CoreError::BadGap { .. }));
}

#[test]
fn sides_are_opposite() {
    for side in Side::BOTH {
        assert_eq!((side.other().other(), side.charge()), (side, -side.other().charge()));
        assert_eq!(side.height(3.0) + side.other().height(3.0), 3.0);
        assert_eq!(serde_json::to_string(&side).unwrap(), format!("\"{side}\""));
    }
    assert_eq!((Side::Source.height(3.0), Side::Source.charge()), (0.0, 1.0));
}

#[test]
fn own_errors_are_equal_to_their_clones_and_keep_their_causes() {
    let error = OwnError::new("no such table");
    assert_eq!((error.to_string().as_str(), error.clone()), ("no such table", error.clone()));
    assert_ne!(error, OwnError::new("no such table"));
    let error = OwnError::new(std::io::Error::other("gone"));
    assert!(error.get().downcast_ref::<std::io::Error>().is_some());
}

#[test]
fn values_that_make_no_whole_points_are_refused() {
    let error = CoreError::RaggedValues { values: 5, dim: 3 };
    assert_eq!(Augmented::from_values(2, vec![0.0; 5]), Err(error));
    let points = Augmented::from_values(2, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
    assert_eq!((points.len(), points.x(1), points.z(1)), (2, &[4.0, 5.0][..], 6.0));
    // D = 0 is no space for data, but a height is a number.
    assert_eq!(Augmented::from_values(0, vec![1.0]).unwrap().z(0), 1.0);
}

#[test]
fn what_is_no_f32_does_not_become_data() {
    let mut points = Augmented::new(1);
    points.push(&[1e300], 0.0);
    assert!(matches!(points.to_points(), Err(CoreError::NonFinite { point: 0, coordinate: 0, .. })));
}

proptest! {
    /// z is last, and nothing else moves.
    #[test]
    fn a_lifted_cloud_comes_back(dim in 1..6_usize, len in 0..20_usize, z in -3.0..3.0_f64, scale in 0.1..1e6_f32) {
        let values = (0..dim * len).map(|k| scale * ((k * 37) % 11) as f32 - 4.0).collect();
        let points = Points::from_values(dim, values).unwrap();
        let mut lifted = Augmented::lift(&points, z);
        prop_assert_eq!((lifted.dim(), lifted.len(), lifted.is_empty()), (dim, len, len == 0));
        for index in 0..len {
            prop_assert_eq!(lifted.z(index), z);
            prop_assert_eq!(lifted.point(index)[dim], z);
            lifted.set_z(index, -z);
        }
        prop_assert_eq!(lifted.to_points().unwrap(), points);
        let again = Augmented::from_values(dim, lifted.as_slice().to_vec()).unwrap();
        prop_assert_eq!(&again, &lifted);
        let mut pushed = Augmented::new(dim);
        for (index, point) in lifted.iter().enumerate() {
            if index % 2 == 0 { pushed.push(lifted.x(index), lifted.z(index)) } else { pushed.push_point(point) }
        }
        prop_assert_eq!(&pushed, &lifted);
        pushed.resize(len + 1);
        prop_assert!(pushed.point(len).iter().all(|&value| value == 0.0));
        pushed.clear();
        prop_assert!(pushed.is_empty() && pushed.dim() == dim);
    }
}
