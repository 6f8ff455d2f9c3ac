//! Planes of the field: a picture of whatever there is, and of nothing that does not fill its grid.

use efm_eval::EvalError;
use efm_report::picture::{Plane, planes, planes_png};

/// A plane on which the field is that of one charge.
fn plane() -> Plane {
    let at = |k: usize| [(k % 20) as f64 - 9.5, (k / 20) as f64 - 9.5];
    let radius = |k: usize| at(k)[0].hypot(at(k)[1]);
    Plane {
        title: "a < b & \"c\"".to_owned(),
        axes: ["z".to_owned(), "x₀".to_owned()],
        from: [-9.5; 2],
        to: [9.5; 2],
        size: [20, 20],
        ln_strengths: (0..400).map(|k| -2.0 * radius(k).ln()).collect(),
        potentials: (0..400).map(|k| 1.0 / radius(k)).collect(),
        directions: (0..400).map(|k| at(k).map(|x| x / radius(k))).collect(),
        lines: vec![vec![[0.0, 0.0], [5.0, 5.0], [50.0, 50.0]]],
        charges: [vec![[0.0, 0.0]], vec![[f64::NAN, 3.0]]],
    }
}

#[test]
fn any_part_may_be_missing() {
    let whole = plane();
    let parts = [
        whole.clone(),
        Plane { potentials: Vec::new(), ..whole.clone() },
        Plane { potentials: Vec::new(), ln_strengths: Vec::new(), ..whole.clone() },
        Plane { directions: Vec::new(), lines: Vec::new(), charges: Default::default(), ..whole.clone() },
        Plane { ln_strengths: vec![f64::NAN; 400], potentials: vec![1.0; 400], ..whole.clone() },
        Plane { to: whole.from, directions: vec![[f64::NAN; 2]; 400], ..whole.clone() },
    ];
    for part in &parts {
        let svg = planes(std::slice::from_ref(part)).unwrap();
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>") && !svg.contains("a < b"));
        assert_eq!(svg.matches("<image").count(), usize::from(!part.ln_strengths.is_empty()));
        assert!(planes_png(std::slice::from_ref(part)).unwrap().starts_with(b"\x89PNG"));
    }
    planes(&parts).unwrap();
    planes(&[]).unwrap();
    planes_png(&[]).unwrap();
}

#[test]
fn what_does_not_fill_its_grid_is_refused() {
    for wrong in [
        Plane { size: [20, 19], ..plane() },
        Plane { size: [400, 1], ..plane() },
        Plane { potentials: vec![0.0; 3], ..plane() },
    ] {
        assert!(matches!(planes(std::slice::from_ref(&wrong)), Err(EvalError::TooSmall { .. })));
        assert!(matches!(planes_png(&[wrong]), Err(EvalError::TooSmall { .. })));
    }
}
