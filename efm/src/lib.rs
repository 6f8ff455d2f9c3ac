//! Electrostatic Field Matching as a library: two data sets become charges on the plates of a capacitor, and one is moved
//! onto the other along the field lines between them (Kolesov et al., ICML 2025, arXiv 2502.02367).
//!
//! ```
//! use efm::config::{Method, RunConfig};
//! use efm::core::{Points, Seed};
//! use efm::models::device;
//! use efm::{Alone, fit, prepare_data};
//!
//! // Rows of two data sets: any numbers will do.
//! let rows = |shift: f32| Points::from_values(2, (0..400).map(|i| shift + (i as f32 * 0.7).sin()).collect());
//!
//! let mut config = RunConfig::of(Method::Mirror);
//! config.train.steps = 20;
//! config.train.warmup = 5;
//! let prepared = prepare_data(config, rows(0.0)?, rows(3.0)?, &Alone)?;
//! let device = device::parse("cpu")?;
//! let model = fit(&prepared, &device, &Alone)?;
//! let (ends, lines) = model.transport(&rows(0.0)?, Seed(1), &device, &Alone)?;
//! assert_eq!(ends.len(), lines.len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A run is a way through these stages: [`config`] → [`prepare`] or [`prepare_data`] → [`fit`], or [`train()`] in a folder →
//! [`TrainedModel::transport`], or [`transport_learned`] for fresh points → [`measure()`] → pictures and the page of the run. The binary
//! `efm` is a thin shell over the same calls. The crates that a run is made of are re-exported: [`core`], [`field`],
//! [`integrate`], [`data`], [`models`], [`learning`], [`eval`], [`report`]. Every part can be one of your own; `examples/` has one for each.
//!
//! The library never prints and reads neither clock nor environment: a [`Host`] hears what happens, and may stop it.
#![forbid(unsafe_code)]

pub mod checkup;
mod class_means;
mod classify;
mod compare;
pub mod config;
mod density;
mod density_of;
mod device;
mod error;
pub mod estimate;
mod exact;
mod features;
mod field_bench;
mod fit;
mod gap;
mod host;
mod known;
mod lines;
mod map;
mod measure;
mod memory;
mod model;
mod neighbours;
mod pairs;
mod planes;
mod prepare;
pub mod presets;
mod quality;
mod run;
mod scalers;
mod sets;
mod train;
mod trainer;
mod transport;

pub use efm_core as core;
pub use efm_data as data;
pub use efm_eval as eval;
pub use efm_field as field;
pub use efm_integrate as integrate;
pub use efm_models as models;
pub use efm_report as report;
pub use efm_train as learning;

// Crates whose types stand in signatures.
pub use burn;
pub use rand;
pub use rand_distr;

pub use checkup::{Examined, Pace, examine, pace};
pub use class_means::centred_classes;
pub use classify::{
    CLASSIFIER_STEPS, CLASSIFIER_TESTS, Classifier, ClassifierReport, ClassifyOptions, Judgement, classifier,
    classifier_key, classify_run, judge, kept_classifier, load_classifier, open_classifier, save_classifier,
    train_classifier,
};
pub use compare::{CompareOptions, Compared, Described, SetComparison, compare_points, compare_sets};
pub use density::{Likelihood, LnDensities, SMEARS};
pub use density_of::{DensityOptions, ln_densities};
pub use device::NamedDevice;
pub use error::{Error, Kind};
pub use exact::{exact, summed_on};
pub use features::{FeatureClouds, FeatureDistances, FeatureNetwork, FeatureOptions, Features};
pub use field_bench::{BenchOptions, BenchRow, bench_field};
pub use fit::fit;
pub use gap::{GapRule, automatic_gap};
pub use host::{Alone, Host, Progress};
pub use known::known_set;
pub use lines::{
    Between, LineOptions, SendOptions, Sent, between, ends_of_rows, points_like, send_in_turn, send_points,
    source_points,
};
pub use map::{ExactMap, MapJob, transport_exact};
pub use measure::{image_shape, measure};
pub use memory::{Estimate, shown};
pub use model::{TrainedModel, class_names, followed, weights_at};
pub use neighbours::{all, nearest, neighbours, shapes};
pub use pairs::Partners;
pub use planes::{Cut, PlaneOptions, Show, field_planes};
pub use prepare::{Fresh, Given, Prepared, prepare, prepare_data};
pub use quality::{Quality, QualityRow, quality};
pub use run::{
    Collection, DataRecord, Finished, Job, Origin, PROGRAM, Provenance, RunDir, draw, draw_samples, folders,
    free_folder, gather, gather_all, is_run, keep, keep_lines, kept_lines, kept_slices, pictures, quoted, ready,
    reread, saved_config, seeds, title, write_pages, write_report, write_seeds,
};
pub use scalers::Scalers;
pub use sets::{Pixels, Set, in_one_frame, read_rows, shape_of_run};
pub use train::{Trained, train};
pub use trainer::{resume, start, trainer};
pub use transport::{
    Drawn, Plates, Rule, Transported, Way, carry, check_losses, class_field, few_steps, fresh, lifted, mean_ends,
    repeats, round_trip, sample_count, send, some_lines, transport, transport_learned, transport_to_classes,
    without_noise,
};
