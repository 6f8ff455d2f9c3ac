//! The course of the learning rate in closed form.

use efm_train::config::{Schedule, TrainConfig};
use efm_train::learning_rate;

fn rate(schedule: Schedule, step: usize) -> f64 {
    let train = TrainConfig { steps: 1_000, warmup: 100, learning_rate: 2.0, schedule, ..TrainConfig::default() };
    learning_rate(&train, step)
}

const ALL: [Schedule; 3] = [Schedule::Cosine, Schedule::Linear, Schedule::Constant];

/// Rounding of a few f64 operations.
fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-14
}

#[test]
fn it_rises_in_a_straight_line() {
    for schedule in ALL {
        for step in 0..100 {
            assert!(near(rate(schedule, step), 2.0 * (step + 1) as f64 / 100.0), "{schedule:?}, step {step}");
        }
        assert!(near(rate(schedule, 100), 2.0), "{schedule:?} starts from the peak");
    }
}

#[test]
fn half_way_down() {
    // Half way between the peak and a hundredth of it: 2·(1 + 0.01)/2.
    assert!(near(rate(Schedule::Cosine, 550), 1.01));
    assert!(near(rate(Schedule::Linear, 550), 1.01));
    assert!(near(rate(Schedule::Constant, 550), 2.0));
    // A quarter of the way: cos(π/4).
    assert!(near(rate(Schedule::Cosine, 325), 0.02 + 1.98 * 0.5 * (1.0 + 0.5_f64.sqrt())));
}

#[test]
fn it_ends_at_a_hundredth() {
    assert!(near(rate(Schedule::Cosine, 1_000), 0.02));
    assert!(near(rate(Schedule::Linear, 1_000), 0.02));
    assert!(near(rate(Schedule::Constant, 1_000), 2.0));
}

#[test]
fn it_never_rises_after_the_warm_up_and_stays_positive() {
    for schedule in ALL {
        for step in 100..999 {
            let (now, next) = (rate(schedule, step), rate(schedule, step + 1));
            assert!(next <= now && next > 0.0, "{schedule:?}, step {step}");
        }
    }
}

#[test]
fn warm_ups_of_no_length_and_of_the_whole_run() {
    for schedule in ALL {
        for (steps, warmup) in [(1, 0), (10, 0), (10, 10), (10, 20)] {
            let train = TrainConfig { steps, warmup, learning_rate: 2.0, schedule, ..TrainConfig::default() };
            for step in 0..=steps {
                let rate = learning_rate(&train, step);
                assert!(
                    rate > 0.0 && rate <= 2.0,
                    "{schedule:?}, {steps} steps, warm-up {warmup}, step {step}: {rate}"
                );
            }
        }
    }
}
