//! Samplers of one's own: they may fail, and what they break is an error, not a panic.

use std::{error::Error, fmt, sync::Arc};

use efm_core::{Seed, Stream};
use efm_data::{DataError, ErrorClass, Sampler};

/// Row i is (i, 10 i), up to a row that is not there and one that is no number.
struct Table {
    dim: usize,
    missing: u64,
    bad: u64,
}

#[derive(Debug, PartialEq)]
struct Gone(u64);

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {} is gone", self.0)
    }
}

impl Error for Gone {}

impl Sampler for Table {
    fn dim(&self) -> usize {
        self.dim
    }

    fn draw_into(&self, _: &Stream, first: u64, out: &mut [f32]) -> Result<(), DataError> {
        for (index, point) in (first..).zip(out.chunks_exact_mut(self.dim)) {
            if index == self.missing {
                return Err(DataError::own("my table", Gone(index)));
            }
            point.fill(index as f32);
            point[1] *= if index == self.bad { f32::NAN } else { 10.0 };
        }
        Ok(())
    }
}

fn table() -> Table {
    Table { dim: 2, missing: 9, bad: 7 }
}

#[test]
fn good_rows_arrive_through_every_pointer() {
    let stream = Seed(1).stream("own");
    let points = table().draw(&stream, 2, 3).unwrap();
    assert_eq!(points.as_slice(), [2.0, 20.0, 3.0, 30.0, 4.0, 40.0]);
    let (boxed, shared): (Box<dyn Sampler>, Arc<dyn Sampler>) = (Box::new(table()), Arc::new(table()));
    assert_eq!(boxed.draw(&stream, 2, 3).unwrap(), points);
    assert_eq!(shared.draw(&stream, 2, 3).unwrap(), points);
}

#[test]
fn the_users_own_error_comes_back_as_it_was() {
    let error = table().draw(&Seed(1).stream("own"), 8, 5).unwrap_err();
    assert_eq!(error.to_string(), "my table: row 9 is gone");
    assert_eq!(error.source().and_then(|source| source.downcast_ref()), Some(&Gone(9)));
    assert_eq!(error.class(), ErrorClass::BadData);
    assert_eq!(DataError::own("my table", "is closed").to_string(), "my table: is closed");
}

#[test]
fn a_number_that_is_not_finite_is_named_by_its_row_and_column() {
    let error = table().draw(&Seed(1).stream("own"), 5, 4).unwrap_err();
    assert!(matches!(error, DataError::BadDraw { row: 7, column: 1, value } if value.is_nan()), "{error}");
    assert_eq!(error.to_string(), "the sampler's row 7, column 1 is NaN");
}

#[test]
fn a_sampler_without_coordinates_is_refused() {
    struct Nothing;
    impl Sampler for Nothing {
        fn dim(&self) -> usize {
            0
        }
        fn draw_into(&self, _: &Stream, _: u64, _: &mut [f32]) -> Result<(), DataError> {
            Ok(())
        }
    }
    let error = Nothing.draw(&Seed(1).stream("own"), 0, 3).unwrap_err();
    assert!(matches!(error, DataError::BadParameter { field: "dim", .. }), "{error}");
}
