use crate::config::{Schedule, TrainConfig};

/// The last learning rate as a share of the peak.
const FLOOR: f64 = 0.01;

/// Learning rate of step `step` (from 0): a linear rise over the warm-up, then the schedule.
pub fn learning_rate(train: &TrainConfig, step: usize) -> f64 {
    if step < train.warmup {
        return train.learning_rate * (step + 1) as f64 / train.warmup as f64;
    }
    let course = (step - train.warmup) as f64 / (train.steps.saturating_sub(train.warmup)).max(1) as f64;
    let share = match train.schedule {
        Schedule::Constant => 1.0,
        Schedule::Linear => 1.0 - (1.0 - FLOOR) * course,
        Schedule::Cosine => FLOOR + (1.0 - FLOOR) * 0.5 * (1.0 + (std::f64::consts::PI * course).cos()),
    };
    train.learning_rate * share
}
