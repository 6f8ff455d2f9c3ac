//! Memory of a trace is set up once.

use allocation_counter::measure;
use efm_core::{Augmented, Points};
use efm_field::{Field, FieldError, FieldValues};
use efm_integrate::{Form, StepControl, Tracer};

/// Straight up, everywhere; reuses its output.
struct Uniform;

impl Field for Uniform {
    fn dim(&self) -> usize {
        2
    }

    fn gap(&self) -> f64 {
        1.0
    }

    fn evaluate_into(&self, at: &Augmented, out: &mut FieldValues) -> Result<(), FieldError> {
        out.prepare(2, at.len(), false);
        for direction in out.directions.as_mut_slice().chunks_exact_mut(3) {
            direction.copy_from_slice(&[0.0, 0.0, 1.0]);
        }
        Ok(())
    }
}

#[test]
fn ten_times_as_many_steps_allocate_no_more() {
    let starts = Augmented::lift(&Points::from_values(2, vec![0.0; 200]).expect("zeros are finite"), 0.0);
    let allocations = |count: usize| {
        let tracer = Tracer { form: Form::Z, step: StepControl::Fixed { steps: count }, ..Tracer::default() };
        let mut steps = 0;
        let found = measure(|| steps = tracer.trace(&Uniform, &starts).expect("valid starts").steps[0]);
        (found.count_total, steps)
    };
    allocations(1); // the numbers of a method are made when it is first used
    let ((few, short), (many, long)) = (allocations(10), allocations(100));
    assert!(short >= 10 && long >= 100, "{short} and {long} steps");
    assert_eq!(few, many, "allocations for {short} and for {long} steps");
}
