use std::io;

use crate::{CellFault, DataError, ErrorClass};

impl DataError {
    /// What kind of trouble this is.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Io { .. } | Self::NotAFile { .. } | Self::Fetch { .. } | Self::Stopped => ErrorClass::Io,
            Self::TooLarge { .. } => ErrorClass::ResourceLimit,
            Self::BadParameter { .. }
            | Self::NoKeys { .. }
            | Self::NoSuchClass { .. }
            | Self::NoSuchColumn { .. }
            | Self::UnknownSet { .. }
            | Self::SetExists { .. } => ErrorClass::Config,
            _ => ErrorClass::BadData,
        }
    }

    /// One line on what to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Io { error, .. } if error.kind() == io::ErrorKind::NotFound => {
                "check the path; a relative path starts at the folder of the file that names it"
            }
            Self::Io { error, .. } if error.kind() == io::ErrorKind::StorageFull => "free some space on the disk",
            Self::Io { .. } => "check the permissions and the disk",
            Self::NotAFile { .. } => "name a regular file; save what comes through a pipe first",
            Self::UnknownFormat { .. } => {
                "use .npy, .npz, .csv, .tsv, .txt, .dat or .safetensors; for images PNG, JPEG, IDX, zip, .npy, .npz or CIFAR's .bin"
            }
            Self::Malformed { .. } => "the file may be cut or damaged; write it again",
            Self::BadCell { fault, .. } => match fault {
                CellFault::Text => {
                    "leave the column out (drop), make it the classes (label), or say whether there is a header (header) and what separates fields (delimiter)"
                }
                CellFault::Missing => {
                    "leave such rows out (missing = \"drop-rows\"), leave the column out (drop), or repair the file"
                }
                CellFault::Beyond => "drop or repair that row",
                CellFault::Width => "every line needs the same number of fields; delimiter says what separates them",
                CellFault::Quote => "close the quote, or write the file again; it may be cut",
            },
            Self::ForeignFormat { convert, .. } => convert,
            Self::NamesDiffer { .. } => {
                "name the columns to take, in one order for both files (columns), or rename them"
            }
            Self::NoSuchColumn { .. } => "use one of the names listed; names stand in the header of the file",
            Self::UnsupportedType { .. } => "save the array as float32, for example with numpy's astype",
            Self::NonFinite { .. } => "drop or repair that row, for example with numpy.isfinite",
            Self::NoSuchKey { .. } | Self::KeyNeeded { .. } => "set key to one of the names listed",
            Self::DuplicateKey { .. } => "write the file again with every name once",
            Self::NoKeys { .. } => "leave the key out",
            Self::UnknownSet { .. } => "choose one of the names listed",
            Self::SetExists { .. } => "use it as it is, or ask to replace it",
            Self::WrongChecksum { .. } => "the file was damaged on its way, or is another version; get it again",
            Self::Fetch { .. } => {
                "check the network, or name another mirror; what was fetched is kept for the next try"
            }
            Self::Stopped => "start again to go on from there",
            Self::NoSuchClass { available, .. } if available.is_empty() => {
                "class needs labels: IDX with its label file, CIFAR, or one sub-folder per class"
            }
            Self::NoSuchClass { .. } => "set class to one of the names listed, or to its number from 0",
            Self::NoImages { .. } => "a folder of images holds PNG or JPEG files, in sub-folders if they have classes",
            Self::TooLarge { .. } => {
                "take fewer rows or smaller images, or raise max_bytes and the limit on memory if it is there"
            }
            Self::TooFewPoints { .. } => "a data set needs more rows",
            Self::BadParameter { .. } => "see the documentation of that field for its range",
            Self::DimensionMismatch { .. } | Self::UnequalDims { .. } => {
                "both clouds need the same number of coordinates"
            }
            Self::BadDraw { .. } => "a sampler gives finite numbers; look at its rule for this row",
            Self::Own { .. } => "the sampler is one of your own; see its cause",
            Self::OutOfRange { .. } => "these points lie far outside the data the scaling was learned from",
        }
    }
}
