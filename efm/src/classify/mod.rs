//! A classifier of the real images: what transported ones are judged by.

mod file;
mod kept;
mod network;
mod report;
mod train;

pub use file::{classifier_key, load_classifier, open_classifier, save_classifier};
pub use kept::{classifier, kept_classifier};
pub use network::Classifier;
pub use report::{CLASSIFIER_STEPS, CLASSIFIER_TESTS, ClassifierReport, ClassifyOptions, classify_run};
pub use train::{Judgement, judge, train_classifier};
