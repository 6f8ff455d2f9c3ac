use std::fmt;
#[cfg(feature = "images")]
use std::{collections::BTreeSet, path::Path};

use serde::{Deserialize, Serialize};

#[cfg(feature = "images")]
use crate::DataError;

/// A class as a configuration names it: its name, or a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ClassName {
    /// A number: the class of this name ("3"), and where there is none, the class of this index, from 0.
    Number(u64),
    /// The name.
    Name(String),
}

impl fmt::Display for ClassName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => write!(f, "{name}"),
        }
    }
}

/// Which class every image of a set belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    pub(crate) names: Vec<String>,
    pub(crate) of: Vec<u32>,
}

impl Labels {
    /// `of[i]` is the class of image i, an index into `names`; `None` where one is beyond them.
    pub fn new(names: Vec<String>, of: Vec<u32>) -> Option<Self> {
        of.iter().all(|&class| (class as usize) < names.len()).then_some(Self { names, of })
    }

    /// Names of the classes, at their index.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The class of every image, an index into [`Labels::names`].
    pub fn classes(&self) -> &[u32] {
        &self.of
    }

    /// How many images each class has.
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.names.len()];
        self.of.iter().for_each(|&class| counts[class as usize] += 1);
        counts
    }

    /// The indices of the classes of these names.
    #[cfg(feature = "images")]
    pub(crate) fn find(&self, path: &Path, wanted: &[ClassName]) -> Result<BTreeSet<u32>, DataError> {
        let by_name = |name: &str| self.names.iter().position(|known| known == name);
        wanted
            .iter()
            .map(|class| {
                let found = match class {
                    ClassName::Name(name) => by_name(name),
                    ClassName::Number(number) => by_name(&number.to_string())
                        .or_else(|| usize::try_from(*number).ok().filter(|&index| index < self.names.len())),
                };
                found.map(|index| index as u32).ok_or_else(|| DataError::NoSuchClass {
                    path: path.into(),
                    class: class.to_string(),
                    available: self.names.clone(),
                })
            })
            .collect()
    }
}
