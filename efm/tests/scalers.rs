//! The scalings of both plates: of given numbers, learned, and read back.

use efm::Scalers;
use efm_core::{Points, Side};
use efm_data::{Scaler, Scaling};

fn cloud(dim: usize) -> Points {
    Points::from_values(dim, (0..dim as u16 * 4).map(f32::from).collect()).expect("finite numbers")
}

#[test]
fn clouds_of_unequal_dimension_are_refused_whatever_the_rule() {
    for scaling in [Scaling::None, Scaling::Joint, Scaling::PerCoordinate, Scaling::Range] {
        for align in [false, true] {
            let error = Scalers::fit(scaling, align, None, &cloud(2), &cloud(3)).unwrap_err().to_string();
            assert!(error.contains("D = 2") && error.contains("D = 3"), "{error}");
        }
    }
}

#[test]
fn two_scalings_make_one_pair_if_they_are_of_one_dimension() {
    let scaler = |dim: usize, stretch: f64| Scaler::given(vec![0.0; dim], vec![stretch; dim]).expect("plain numbers");
    let pair = Scalers::new(scaler(2, 3.0), scaler(2, 5.0)).expect("one dimension");
    assert_eq!((pair.plate(Side::Source).stretch()[0], pair.plate(Side::Target).stretch()[0]), (3.0, 5.0));
    assert_eq!(serde_json::from_str::<Scalers>(&serde_json::to_string(&pair).unwrap()).unwrap(), pair);
    assert!(Scalers::new(scaler(2, 1.0), scaler(3, 1.0)).is_err());
    let text = |dim: usize| serde_json::to_string(&scaler(dim, 1.0)).unwrap();
    let unequal = format!("{{\"source\":{},\"target\":{}}}", text(2), text(3));
    assert!(serde_json::from_str::<Scalers>(&unequal).is_err());
}
