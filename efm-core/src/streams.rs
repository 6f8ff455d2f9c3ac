//! Names of the random streams of a run, each once: who draws the same calls the same name, and no two things share one.
//!
//! The bits of a stream hang on its name, see [`crate::Seed::stream`]: a name that changes here changes results.

/// First weights of a network.
pub const WEIGHTS: &str = "weights";
/// Which points of a pool make a batch; one index for each step.
pub const BATCHES: &str = "batches";
/// Which units are left out.
pub const DROPOUT: &str = "dropout";
/// Points by which endless data are told apart.
pub const FINGERPRINT: &str = "fingerprint";
/// Points between the plates that are learned from.
pub const POINTS: &str = "points";
/// Points between the plates that are validated on.
pub const POINTS_VALIDATION: &str = "points/validation";
/// Charges of the source plate in training.
pub const CHARGES_SOURCE: &str = "charges/source";
/// Charges of the target plate in training.
pub const CHARGES_TARGET: &str = "charges/target";
/// Lifts and coins of lines.
pub const TRANSPORT: &str = "transport";
/// Lifts at the start of lines that are undone again.
pub const LIFT: &str = "lift";
/// Charges that accepted draws start from.
pub const ACCEPT: &str = "accept";
/// Probes of divergences.
pub const DENSITY_PROBES: &str = "density/probes";
/// Heights that densities of smeared plates are averaged over.
pub const DENSITY_SMEAR: &str = "density/smear";
/// Starts of `efm sample`.
pub const SAMPLE: &str = "sample";
/// Draws that `efm data` shows.
pub const INFO: &str = "info";
/// Starts that are transported to be measured.
pub const EVAL_SOURCE: &str = "eval/source";
/// Draws of the target that transported points are held against.
pub const EVAL_TARGET: &str = "eval/target";
/// Draws of the target that make the noise floor.
pub const EVAL_FLOOR: &str = "eval/floor";
/// Points of the target that go there and back.
pub const EVAL_ROUND_TRIP: &str = "eval/round-trip";
/// Images of the first set whose features are compared.
pub const EVAL_FIRST: &str = "eval/first";
/// Images of the second set whose features are compared.
pub const EVAL_SECOND: &str = "eval/second";
/// Random choices within measures.
pub const EVALUATE: &str = "evaluate";
/// Which points of the target a measure is given.
pub const EVALUATE_TARGET: &str = "evaluate target";
/// Which halves of the target make its floor.
pub const EVALUATE_HALVES: &str = "evaluate halves";
/// Random choices within the measures of a comparison.
pub const COMPARE: &str = "compare";
/// Which points of the first set are compared.
pub const COMPARE_FIRST: &str = "compare/first";
/// Which points of the second set are compared.
pub const COMPARE_SECOND: &str = "compare/second";
/// Which points stand for a set that is too large.
pub const COMPARE_SAMPLE: &str = "compare/sample";
/// Charges that the page of a run draws.
pub const REPORT_CHARGES: &str = "report/charges";
/// Charges of the source plate of an exact field.
pub const MAP_SOURCE: &str = "map/source";
/// Charges of the target plate of an exact field.
pub const MAP_TARGET: &str = "map/target";
/// Pairs whose distances are looked at before training.
pub const CHECKUP_PAIRS: &str = "checkup/pairs";
/// Charges of the source plate of a look before training.
pub const CHECKUP_SOURCE: &str = "checkup/source";
/// Charges of the target plate of a look before training.
pub const CHECKUP_TARGET: &str = "checkup/target";
/// Lines of a look before training.
pub const CHECKUP_LINES: &str = "checkup/lines";
/// Points where flux that leaves forward is counted.
pub const CHECKUP_FORWARD: &str = "checkup/forward";
/// Points on which `efm doctor` takes the time.
pub const DOCTOR_PACE: &str = "doctor/pace";
/// Images by which a classifier is known.
pub const CLASSIFIER_KEY: &str = "classifier/key";
/// First weights of a classifier.
pub const CLASSIFIER_WEIGHTS: &str = "classifier/weights";
/// Images that a classifier learns from.
pub const CLASSIFIER_IMAGES: &str = "classifier/images";
/// By how much its images are shifted.
pub const CLASSIFIER_SHIFTS: &str = "classifier/shifts";
/// Test images that transported ones are held against.
pub const CLASSIFY_TEST: &str = "classify/test";
/// Directions that a search for principal components starts from.
pub const PRINCIPAL_COMPONENTS: &str = "principal components";
/// For functions that ask for a stream and draw nothing here.
pub const UNUSED: &str = "unused";

/// Charges of one class of the target in training.
pub fn charges_target_of(class: usize) -> String {
    format!("charges/target/{class}")
}

/// Points of a class that its mean is taken from.
pub fn middle_of(class: usize) -> String {
    format!("middle/{class}")
}

/// Which rows of a plate's file are held out.
pub fn split_of(plate: impl std::fmt::Display) -> String {
    format!("split/{plate}")
}

/// Points of a plate that its scaling is taken from.
pub fn scaling_of(plate: impl std::fmt::Display) -> String {
    format!("scaling/{plate}")
}

/// Order in which the points of a plate are mapped.
pub fn map_order_of(side: impl std::fmt::Display) -> String {
    format!("map/order/{side}")
}

#[cfg(test)]
mod tests {
    /// Two names that differ in their first byte alone meet across seeds, see [`crate::Seed::stream`].
    #[test]
    fn no_two_names_end_alike() {
        let source = include_str!("streams.rs");
        let before = source.split("#[cfg(test)]").next().unwrap_or(source);
        let names: Vec<&str> = before.split('"').skip(1).step_by(2).collect();
        assert!(names.len() > 40, "{names:?}");
        let rests: std::collections::HashSet<_> = names.iter().map(|name| &name[1..]).collect();
        assert_eq!(rests.len(), names.len(), "{names:?}");
    }
}
