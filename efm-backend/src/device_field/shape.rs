//! Sizes that the kernels and their launch agree on.

/// Points of a cube.
pub const POINTS: usize = 32;
/// Charges that a cube works on at a time.
pub const CHARGES: usize = 64;
/// Units of a cube: each has 4 points and 4 charges.
pub const UNITS: usize = 128;
/// Units side by side over the charges.
pub const ACROSS: usize = 16;
/// Points, or charges, of a unit.
pub const EACH: usize = 4;
/// Most coordinates in shared memory at a time.
pub const AXES: usize = 32;
/// Squares that are summed on their own before they join the compensated sum.
pub const RUN: usize = 8;
/// Coefficients in u of the mirror's polynomials.
pub const DEGREES: usize = 19;
/// Coefficients in h².
pub const HEIGHTS: usize = 13;
/// Numbers of a point and a split besides its D lateral sums: E_z and the squared distance it all is relative to.
pub const EXTRA: usize = 2;
/// What the second kernel writes behind the D + 1 coordinates of a direction: lengths of the whole sum and of those of
/// the two plates, and the squared distance of the nearest charge.
pub const MEASURES: usize = 4;
/// Most splits of both plates together.
pub const SPLITS: usize = 512;
/// A squared distance beyond every other.
pub const HORIZON: f32 = 1e38;

/// How a charge's mirror images are summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mirror {
    /// There are none.
    Absent,
    /// By polynomials, for small D.
    Polynomial,
    /// One after the other.
    OneByOne,
}
