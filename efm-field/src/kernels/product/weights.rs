//! From x·y to weights, for one query and a run of charges of one plate.

use pulp::{Simd, WithSimd};

use crate::images::{NODES, Profile, Variable};

/// Relative rounding of f32.
pub const ROUNDING: f64 = 6e-8;
/// Vectors of weights computed side by side.
const ABREAST: usize = 4;
/// Charges handled side by side where the compiler makes the vectors.
const LANES: usize = 16;

/// |x − y|² + h² from x·y, with `square` = |x|² + h².
pub struct Squares<'a> {
    /// x·y.
    pub dots: &'a [f32],
    /// |y|².
    pub norms: &'a [f64],
    /// |x|² + h².
    pub square: f64,
    /// r².
    pub out: &'a mut [f64],
}

impl WithSimd for Squares<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        simd.vectorize(
            #[inline(always)]
            || {
                for ((out, &dot), &norm) in self.out.iter_mut().zip(self.dots).zip(self.norms) {
                    *out = (norm + self.square) - 2.0 * f64::from(dot);
                }
            },
        );
    }
}

/// Least r², largest r² that is no padding, and whether any r² is so small that |x|² + |y|² − 2x·y has lost its digits.
pub struct Range<'a> {
    /// r².
    pub squares: &'a [f64],
    /// |y|².
    pub norms: &'a [f64],
    /// |x|² + h².
    pub square: f64,
    /// Share of |x|² + |y|² below which r² is doubtful.
    pub doubt: f64,
}

impl WithSimd for Range<'_> {
    type Output = (f64, f64, bool);

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        simd.vectorize(
            #[inline(always)]
            || {
                let mut least = [f64::INFINITY; LANES];
                let mut most = [0.0_f64; LANES];
                let mut doubt = [f64::INFINITY; LANES];
                for (squares, norms) in self.squares.chunks_exact(LANES).zip(self.norms.chunks_exact(LANES)) {
                    for lane in 0..LANES {
                        let r2 = squares[lane];
                        least[lane] = if r2 < least[lane] { r2 } else { least[lane] };
                        let real = if r2 < f64::MAX { r2 } else { 0.0 };
                        most[lane] = if real > most[lane] { real } else { most[lane] };
                        // NaN for padding, and then not less.
                        let margin = r2 - self.doubt * (norms[lane] + self.square);
                        doubt[lane] = if margin < doubt[lane] { margin } else { doubt[lane] };
                    }
                }
                let fold = |values: [f64; LANES]| values.iter().copied().fold(f64::INFINITY, f64::min);
                (fold(least), most.iter().copied().fold(0.0, f64::max), fold(doubt) <= 0.0)
            },
        )
    }
}

/// Sums over weights.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sums {
    /// Σ w·A.
    pub weight: f64,
    /// Σ w·B.
    pub rise: f64,
}

/// r² to w·A, w = (top2/r²)^{(D+1)/2}; zero beyond `reach2`.
pub struct Weigh<'a> {
    /// r².
    pub squares: &'a [f64],
    /// w·A.
    pub values: &'a mut [f64],
    /// Images, for the mirror.
    pub profile: Option<&'a Profile>,
    /// Height above the nearest image.
    pub h: f64,
    /// r² of the nearest charge.
    pub top2: f64,
    /// r² of the last charge that matters.
    pub reach2: f64,
    /// D.
    pub dim: usize,
}

impl WithSimd for Weigh<'_> {
    type Output = Sums;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Sums {
        match self.profile {
            None => self.run(simd, Kind::Alone, None),
            Some(profile) if profile.variable == Variable::Ratio => self.run(simd, Kind::Ratio, Some(profile)),
            Some(profile) => self.run(simd, Kind::Turn, Some(profile)),
        }
    }
}

/// What weights are made of. Known where [`Weigh::run`] is called, so that its loop is compiled for each kind.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Without images.
    Alone,
    /// With a profile in [`Variable::Ratio`].
    Ratio,
    /// With a profile in [`Variable::Turn`].
    Turn,
}

impl Weigh<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S, kind: Kind, profile: Option<&Profile>) -> Sums {
        let fill = |value: f64| simd.splat_f64s(value);
        let (zero, one) = (fill(0.0), fill(1.0));
        let (top2, reach2) = (fill(self.top2), fill(self.reach2));
        let offset = fill(1.0 - self.h * self.h);
        let even = self.dim.is_multiple_of(2);
        let whole = self.dim.div_ceil(2);
        let (mut a, mut b, mut len) = ([zero; NODES], [zero; NODES], 0);
        let (mut middle, mut per_half) = (zero, zero);
        if let Some(profile) = profile {
            len = profile.len;
            (middle, per_half) = (fill(profile.middle), fill(profile.per_half));
            for degree in 0..len {
                (a[degree], b[degree]) = (fill(profile.a[degree]), fill(profile.b[degree]));
            }
        }
        let (a, b) = (&a[..len], &b[..len]);
        let (mut weights, mut rises) = (zero, zero);
        // Several vectors side by side, so that their chains of products overlap.
        let (parts, _) = S::as_mut_simd_f64s(self.values).0.as_chunks_mut::<ABREAST>();
        let (squares, _) = S::as_simd_f64s(self.squares).0.as_chunks::<ABREAST>();
        for (part, r2) in parts.iter_mut().zip(squares) {
            let (mut ratio, mut weight, mut x) = ([one; ABREAST], [one; ABREAST], [one; ABREAST]);
            for index in 0..ABREAST {
                ratio[index] = simd.div_f64s(top2, r2[index]);
                // In the variable `Ratio` the square root is in the profile.
                if even && kind != Kind::Ratio {
                    weight[index] = simd.sqrt_f64s(ratio[index]);
                }
            }
            let (mut base, mut left) = (ratio, whole);
            loop {
                if left % 2 == 1 {
                    for index in 0..ABREAST {
                        weight[index] = simd.mul_f64s(weight[index], base[index]);
                    }
                }
                left /= 2;
                if left == 0 {
                    break;
                }
                for base in &mut base {
                    *base = simd.mul_f64s(*base, *base);
                }
            }
            if kind == Kind::Alone {
                for index in 0..ABREAST {
                    let keep = simd.less_than_or_equal_f64s(r2[index], reach2);
                    part[index] = simd.select_f64s(keep, weight[index], zero);
                    weights = simd.add_f64s(weights, part[index]);
                }
                continue;
            }
            let mut variable = ratio;
            if kind == Kind::Turn {
                for index in 0..ABREAST {
                    let root = simd.sqrt_f64s(simd.add_f64s(r2[index], offset));
                    variable[index] = simd.div_f64s(one, root);
                    weight[index] = simd.mul_f64s(weight[index], root);
                }
            }
            for index in 0..ABREAST {
                x[index] = simd.mul_f64s(simd.sub_f64s(variable[index], middle), per_half);
            }
            let (mut pull, mut rise) = ([a[len - 1]; ABREAST], [b[len - 1]; ABREAST]);
            for (&a, &b) in a[..len - 1].iter().zip(&b[..len - 1]).rev() {
                for index in 0..ABREAST {
                    pull[index] = simd.mul_add_e_f64s(pull[index], x[index], a);
                    rise[index] = simd.mul_add_e_f64s(rise[index], x[index], b);
                }
            }
            for index in 0..ABREAST {
                // Padding is ∞·0 and left out here.
                let keep = simd.less_than_or_equal_f64s(r2[index], reach2);
                let pull = simd.select_f64s(keep, simd.mul_f64s(weight[index], pull[index]), zero);
                let rise = simd.select_f64s(keep, simd.mul_f64s(weight[index], rise[index]), zero);
                rises = simd.add_f64s(rises, rise);
                weights = simd.add_f64s(weights, pull);
                part[index] = pull;
            }
        }
        let weight = simd.reduce_sum_f64s(weights);
        let rise = if kind == Kind::Alone { weight * self.h } else { simd.reduce_sum_f64s(rises) };
        Sums { weight, rise }
    }
}

/// Writes the weights, times `charge`, in f32; returns their sum and the sum of their squares, as written.
pub struct Store<'a> {
    /// w·A in, what was written out.
    pub values: &'a mut [f64],
    /// Charge of each.
    pub charge: f64,
    /// Where to.
    pub out: &'a mut [f32],
}

impl WithSimd for Store<'_> {
    type Output = [f64; 2];

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> [f64; 2] {
        let Self { values, charge, out } = self;
        simd.vectorize(
            #[inline(always)]
            || {
                for (out, value) in out.iter_mut().zip(&mut *values) {
                    *out = (charge * *value) as f32;
                    *value = f64::from(*out);
                }
            },
        );
        let zero = simd.splat_f64s(0.0);
        let (mut sums, mut squares) = ([zero; ABREAST], [zero; ABREAST]);
        for part in S::as_simd_f64s(values).0.as_chunks::<ABREAST>().0 {
            for index in 0..ABREAST {
                sums[index] = simd.add_f64s(sums[index], part[index]);
                squares[index] = simd.mul_add_e_f64s(part[index], part[index], squares[index]);
            }
        }
        for index in 1..ABREAST {
            sums[0] = simd.add_f64s(sums[0], sums[index]);
            squares[0] = simd.add_f64s(squares[0], squares[index]);
        }
        [simd.reduce_sum_f64s(sums[0]), simd.reduce_sum_f64s(squares[0])]
    }
}

/// The charges whose weight is so large, and whose r² so uncertain, that r² must be computed again; and what the
/// rounding of the others' r² may do, squared: Σ (w·δr²)².
pub struct Doubtful<'a> {
    /// w·A.
    pub values: &'a [f64],
    /// r².
    pub squares: &'a [f64],
    /// |y|².
    pub norms: &'a [f64],
    /// |x|² + h².
    pub square: f64,
    /// How large the partial sums of x·y are if the signs of their terms are random.
    pub walk: f64,
    /// δr² over |x·y| + `walk`.
    pub rounding: f64,
    /// Largest w·δr²/r² that is left as it is.
    pub limit: f64,
}

impl WithSimd for Doubtful<'_> {
    type Output = (Vec<usize>, f64);

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        simd.vectorize(
            #[inline(always)]
            || {
                let mut found = Vec::new();
                let mut noise = [0.0_f64; LANES];
                let chunks = self.values.chunks_exact(LANES).zip(self.squares.chunks_exact(LANES));
                for (index, ((values, squares), norms)) in chunks.zip(self.norms.chunks_exact(LANES)).enumerate() {
                    let mut excess = [0.0_f64; LANES];
                    for lane in 0..LANES {
                        // Partial sums that all have one sign end at x·y.
                        let dot = 0.5 * (norms[lane] + self.square - squares[lane]).abs();
                        let error = values[lane] * self.rounding * (dot + self.walk);
                        excess[lane] = error - self.limit * squares[lane];
                        // Padding is NaN here and left out.
                        noise[lane] += if excess[lane] <= 0.0 { error * error } else { 0.0 };
                    }
                    let mut any = false;
                    for excess in excess {
                        any |= excess > 0.0;
                    }
                    if any {
                        found.extend((0..LANES).filter(|&lane| excess[lane] > 0.0).map(|lane| index * LANES + lane));
                    }
                }
                (found, noise.iter().sum())
            },
        )
    }
}
