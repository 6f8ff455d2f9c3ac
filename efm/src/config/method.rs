use serde::{Deserialize, Serialize};

/// Which map is learned. A method is a set of defaults for other keys; a key set by hand wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The mirror capacitor: going forward sends source to target exactly, for every gap.
    #[default]
    Mirror,
    /// The mirror capacitor and one of its flux tubes: the lines that leave their charges at about the median angle. For images, whose
    /// many dimensions keep a line at its angle, so that a network need not learn the others.
    Tube,
    /// The paper's Algorithm 2: the capacitor's own field, forward until the first arrival.
    Forward,
    /// The flux rule between two plates, on a field learned behind them too: exact for every gap.
    #[serde(alias = "flux")]
    Loops,
    /// Draws of the target by the lines of the gap between two plates, half of which are kept: exact for every gap.
    Accept,
    /// The published code: each plate's field normalised on its own, regular mesh, fixed Euler steps from height 0.3.
    Published,
    /// No field: flow matching on linear paths with the same network and the same loop, the yardstick.
    FlowMatching,
}

impl Method {
    /// Every method, the default first.
    pub const ALL: [Self; 7] =
        [Self::Mirror, Self::Tube, Self::Forward, Self::Loops, Self::Accept, Self::Published, Self::FlowMatching];

    /// The name the command line and files use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mirror => "mirror",
            Self::Tube => "tube",
            Self::Forward => "forward",
            Self::Loops => "loops",
            Self::Accept => "accept",
            Self::Published => "published",
            Self::FlowMatching => "flow-matching",
        }
    }

    /// One line on what it is.
    pub fn about(self) -> &'static str {
        match self {
            Self::Mirror => "mirror capacitor: forward lines carry source to target exactly",
            Self::Tube => {
                "mirror capacitor, lines of one flux tube: for images, whose lines keep the angle they start at"
            }
            Self::Forward => "the paper's Algorithm 2 on the true field: biased for small gaps",
            Self::Loops => "two plates, loops behind them included: carries source to target exactly",
            Self::Accept => "two plates, lines of the gap, half of them kept: draws of the target",
            Self::Published => "the published code: per-plate-normalised field, mesh, fixed Euler",
            Self::FlowMatching => "no field: flow matching on linear paths, the yardstick",
        }
    }

    /// The keys the method sets, as a TOML table laid over the experiment's file.
    ///
    /// The published values are those of the toy notebook of the authors' repository: mesh of 7 points per axis, Adam
    /// 1e−4, Euler with dz = 0.5 from height 0.3.
    pub fn overrides(self) -> toml::Table {
        let text = match self {
            Self::Mirror => "plates.law = \"mirror\"\ntrain.objective = \"field\"",
            Self::Tube => concat!(
                "plates.law = \"mirror\"\n",
                "train.objective = \"slope\"\n",
                "train.points = { kind = \"tube\", margins = [0.01, 0.001], edge = 0.9, focus = 0.6, angles = [0.3, 0.7] }\n",
                "solver = { lift = \"typical\", keep_angles = true }\n",
            ),
            Self::Forward => "plates.law = \"coulomb\"\ntrain.objective = \"field\"",
            Self::Loops => concat!(
                "plates.law = \"coulomb\"\n",
                "train.objective = \"shares\"\n",
                "train.points = { kind = \"around\", margin = 0.0001, edge = 0.5 }\n",
                "solver = { rule = \"loops\", start_height = 0.0 }\n",
            ),
            Self::Accept => concat!(
                "plates.law = \"coulomb\"\n",
                "train.objective = \"shares\"\n",
                "train.points = { kind = \"flux\", margin = 0.0001, edge = 0.5 }\n",
                "solver = { rule = \"accept\", start_height = 0.0 }\n",
            ),
            Self::Published => concat!(
                "data.scaling = \"none\"\n",
                "plates.law = \"published\"\n",
                "plates.gap = 6.0\n",
                "train.objective = \"direction\"\n",
                "model.octaves = 0\n",
                "train.points = { kind = \"mesh\", points = 7, half_width = 8.0 }\n",
                "train.learning_rate = 1e-4\n",
                "train.schedule = \"constant\"\n",
                "solver = { method = \"euler\", form = \"z\", steps = 12, start_height = 0.3, lift = \"straight\" }\n",
            ),
            // z is the time. Pairs cost nothing, so that each is used once.
            Self::FlowMatching => concat!(
                "plates.gap = 1.0\n",
                "train = { objective = \"flow-matching\", reuse = 1.0 }\n",
                "solver = { form = \"z\", start_height = 0.0, lift = \"straight\" }\n",
            ),
        };
        text.parse().expect("the built-in tables are valid TOML")
    }
}
