use std::fmt;

use crate::{CoreError, Points};

/// One of the two plates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The plate z = 0 with total charge +1.
    Source,
    /// The plate z = L with total charge −1.
    Target,
}

impl Side {
    /// Both plates, source first.
    pub const BOTH: [Self; 2] = [Self::Source, Self::Target];

    /// Total charge of the plate: +1 or −1.
    pub fn charge(self) -> f64 {
        match self {
            Self::Source => 1.0,
            Self::Target => -1.0,
        }
    }

    /// Height of the plate for a gap L: 0 or L.
    pub fn height(self, gap: f64) -> f64 {
        match self {
            Self::Source => 0.0,
            Self::Target => gap,
        }
    }

    /// The plate across the gap.
    pub fn other(self) -> Self {
        match self {
            Self::Source => Self::Target,
            Self::Target => Self::Source,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Source => "source",
            Self::Target => "target",
        })
    }
}

/// Two charged plates: N_P charges +1/N_P at z = 0 and N_Q charges −1/N_Q at z = L.
///
/// Checked when built: both plates are non-empty, share D, and the gap is positive and finite.
#[derive(Debug, Clone)]
pub struct Capacitor {
    source: Points,
    target: Points,
    gap: f64,
}

impl Capacitor {
    /// Puts `source` on z = 0 and `target` on z = `gap` (data units).
    ///
    /// # Errors
    /// [`CoreError::EmptyPlate`], [`CoreError::DimensionMismatch`] or [`CoreError::BadGap`].
    pub fn new(source: Points, target: Points, gap: f64) -> Result<Self, CoreError> {
        for (side, points) in [(Side::Source, &source), (Side::Target, &target)] {
            if points.is_empty() {
                return Err(CoreError::EmptyPlate { side });
            }
        }
        if source.dim() != target.dim() {
            return Err(CoreError::DimensionMismatch { source_dim: source.dim(), target_dim: target.dim() });
        }
        if !(gap.is_finite() && gap > 0.0) {
            return Err(CoreError::BadGap { gap });
        }
        Ok(Self { source, target, gap })
    }

    /// The points on a plate.
    pub fn plate(&self, side: Side) -> &Points {
        match side {
            Side::Source => &self.source,
            Side::Target => &self.target,
        }
    }

    /// Number of coordinates of the data, D.
    pub fn dim(&self) -> usize {
        self.source.dim()
    }

    /// Distance between the plates, L.
    pub fn gap(&self) -> f64 {
        self.gap
    }

    /// Charge of each point on a plate: +1/N_P or −1/N_Q.
    pub fn charge(&self, side: Side) -> f64 {
        side.charge() / self.plate(side).len() as f64
    }
}
