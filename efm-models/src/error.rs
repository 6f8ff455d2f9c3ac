use std::path::PathBuf;

use efm_backend::DeviceError;

use crate::Head;

/// What can go wrong with devices, networks and files of weights.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A device that does not exist or cannot be used.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// Values of a network that cannot be read from its device.
    #[error("the values of {what} cannot be read from the device: {message}")]
    Unread {
        /// Whose values.
        what: &'static str,
        /// What the device said.
        message: String,
    },
    /// A network that cannot be built.
    #[error("model.{key} is {value}; it must be {expected}")]
    BadConfig {
        /// The configuration key.
        key: &'static str,
        /// The value given.
        value: usize,
        /// What is accepted.
        expected: &'static str,
    },
    /// A share of values left out that leaves none.
    #[error("model.dropout is {value}; it must be at least 0 and below 1")]
    BadDropout {
        /// The value given.
        value: f64,
    },
    /// A multilayer perceptron that should give expected ends of lines.
    #[error("model.kind: expected ends of lines are learned by a u-net; take slopes with an mlp")]
    NoEnds,
    /// A wrapper around a network that cannot make the values of a head.
    #[error("`{wrapper}` does not make the values of the head {head:?}")]
    WrongHead {
        /// The wrapper.
        wrapper: &'static str,
        /// The head that was asked for.
        head: Head,
    },
    /// A network whose outputs are not those that its wrapper takes.
    #[error("the network gives {} image(s) of {} numbers; {} of {} are needed", found[0], found[1], expected[0], expected[1])]
    Unfitting {
        /// Images and numbers of each that it gives.
        found: [usize; 2],
        /// Images and numbers of each that are needed.
        expected: [usize; 2],
    },
    /// A U-Net that should learn the field behind the plates.
    #[error("model.kind: a u-net learns fields of the gap; those behind the plates are learned by an mlp")]
    GapOnly,
    /// Points and a condition that a network cannot take together.
    #[error("{what} is {given:?}; it must be {expected:?}")]
    Shape {
        /// Which tensor, and what its axes are.
        what: &'static str,
        /// Its shape.
        given: Vec<usize>,
        /// The shape that fits.
        expected: Vec<usize>,
    },
    /// Values of a network that are not those of its head.
    #[error("the network's values are {given:?}; those of the head {head:?} are {expected:?}")]
    Values {
        /// The head that was asked for.
        head: Head,
        /// Points and values of each that the network gave.
        given: [usize; 2],
        /// Points and values of each that there should be.
        expected: [usize; 2],
    },
    /// A class that a network cannot be asked for.
    #[error("class {class} was asked for; the network has {classes}, counted from 0")]
    NoClass {
        /// The class.
        class: i64,
        /// Classes of the network.
        classes: usize,
    },
    /// Middles of classes that are not those of the network's.
    #[error("the middles of the classes are {given} numbers; {classes} classes in R^{dim} have {}", classes * dim)]
    Middles {
        /// How many numbers were given.
        given: usize,
        /// Classes of the network.
        classes: usize,
        /// Coordinates of a point, D.
        dim: usize,
    },
    /// Images that a U-Net cannot take.
    #[error("model: {message}")]
    BadImage {
        /// What is wrong and what would be accepted.
        message: String,
    },
    /// A file that cannot be read.
    #[error("cannot read {path}: {message}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
    /// A file of weights that is damaged, of another format, or not of the network in question.
    #[error("{path}: {message}", path = path.display())]
    BadWeights {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// Points that a network for images cannot take.
    #[error("{message}")]
    NoImages {
        /// What is wrong.
        message: String,
    },
}
