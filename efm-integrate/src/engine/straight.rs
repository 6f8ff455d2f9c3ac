//! Pieces that a line goes straight: next to the plates.

use super::batch::Line;
use crate::equation::Course;
use crate::save::Recorder;

/// Moves a line of a gap form straight to the height `to` along `slope`, which is per unit of t.
pub(super) fn go_straight(
    course: &Course,
    line: &mut Line,
    to: f64,
    state: &mut [f64],
    slope: &[f64],
    recorder: &mut Recorder<'_>,
) {
    let (from, way) = (line.z, to - line.z);
    let per_height = 1.0 / course.climb(line.t);
    let passed = |height: f64, found: &mut dyn FnMut(f64)| {
        if course.passes(from, height, to) {
            found((height - from) / way);
        }
    };
    let x = |j: usize, theta: f64| state[j] + theta * way * per_height * slope[j];
    recorder.heights(line.index, passed, |theta, point| (0..course.dim).for_each(|j| point[j] = x(j, theta)));
    for j in 0..course.dim {
        state[j] += way * per_height * slope[j];
    }
    line.z = to;
    recorder.step(line.index, line.steps, |point| course.put(line.t, state, to, point));
}
