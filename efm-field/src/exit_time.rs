//! Where and when a Brownian motion started between two walls hits one of them: exact draws.
//!
//! From distance h to the nearer wall, the motion leaves the interval of half-width h around it after h²·T, through
//! either end with probability ½; T is the exit time from (−1, 1) started at 0, with Laplace transform
//! 1/cosh √(2s). One end is the wall, so on average two such steps are enough, and the draw involves no approximation.
//! T is drawn by rejection with its two alternating series (Devroye, Statistics & Probability Letters 79, 2009;
//! Polson, Scott and Windle, JASA 108, 2013, where it is called J*(1, 0)).

use std::f64::consts::PI;
use std::sync::LazyLock;

use efm_core::Side;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, Exp1};
use statrs::function::erf::erfc;

/// Below this time the series in e^{−1/t} is used, above it the one in e^{−t}.
const SWITCH: f64 = 0.64;

/// Probability that a proposal lies above [`SWITCH`].
static LATE: LazyLock<f64> = LazyLock::new(|| {
    let late = 4.0 / PI * (-PI * PI * SWITCH / 8.0).exp();
    let early = 2.0 * erfc(1.0 / (2.0 * SWITCH).sqrt());
    late / (late + early)
});

/// Exit time of a standard Brownian motion from (−1, 1), started at 0: mean 1, variance 2/3.
pub fn symmetric_exit_time(generator: &mut impl Rng) -> f64 {
    loop {
        let time = if generator.random::<f64>() < *LATE {
            let wait: f64 = Exp1.sample(generator);
            SWITCH + 8.0 / (PI * PI) * wait
        } else {
            // First passage of level 1 before SWITCH: 1/N² with |N| > 1/√SWITCH, by Marsaglia's tail method.
            let start = 1.0 / SWITCH.sqrt();
            loop {
                let step: f64 = Exp1.sample(generator);
                let check: f64 = Exp1.sample(generator);
                let step = step / start;
                if 2.0 * check > step * step {
                    break 1.0 / (start + step).powi(2);
                }
            }
        };
        let mut partial = term(0, time);
        let level = generator.random::<f64>() * partial;
        // The partial sums close in on the density from both sides.
        let mut index = 1;
        loop {
            partial -= term(index, time);
            if level <= partial {
                return time;
            }
            partial += term(index + 1, time);
            if level > partial {
                break;
            }
            index += 2;
        }
    }
}

/// Term n of the alternating series of the density of T.
fn term(n: usize, time: f64) -> f64 {
    let half = n as f64 + 0.5;
    if time > SWITCH {
        PI * half * (-half * half * PI * PI * time / 2.0).exp()
    } else {
        PI * half * (2.0 / (PI * time)).powf(1.5) * (-2.0 * half * half / time).exp()
    }
}

/// The wall that a standard Brownian motion from height `z` in (0, `gap`) hits first, and when.
///
/// The target with probability z/L; the mean time is z(L − z). Outside the gap: the nearer wall, at once.
pub fn brownian_exit(z: f64, gap: f64, generator: &mut impl Rng) -> (Side, f64) {
    let mut z = z;
    let mut time = 0.0;
    loop {
        if z <= 0.0 || z.is_nan() {
            return (Side::Source, time);
        }
        if z >= gap {
            return (Side::Target, time);
        }
        let (nearer, width) = if z < 0.5 * gap { (Side::Source, z) } else { (Side::Target, gap - z) };
        time += width * width * symmetric_exit_time(generator);
        if generator.random::<bool>() {
            return (nearer, time);
        }
        z = match nearer {
            Side::Source => z + width,
            Side::Target => z - width,
        };
    }
}

/// Probability that a standard Brownian motion from height `z` in (0, `gap`) has left by `time`, through either wall.
///
/// On a line that leaves a lone charge for one opposite, far from all else, the root mean square coordinate s of its
/// distance from them has the same value of this at every height, with `time` = s²: it is the share of the charge's flux that
/// runs inside of that line, in the limit of many dimensions.
pub fn exit_probability(z: f64, gap: f64, time: f64) -> f64 {
    let (height, time) = (z / gap, time / (gap * gap));
    if !(height > 0.0 && height < 1.0) {
        return 1.0;
    }
    if time <= 0.0 {
        return 0.0;
    }
    let survival: f64 = if time > 0.2 {
        // Eigenfunctions of the interval; the fifth term is below e^{−50}.
        let term = |n: f64| (n * PI * height).sin() / n * (-n * n * PI * PI * time / 2.0).exp();
        4.0 / PI * [1.0, 3.0, 5.0, 7.0].map(term).iter().sum::<f64>()
    } else {
        // Images: walls are passed at h + 2k and −h + 2k; those beyond k = ±1 are more than four standard deviations away.
        let tail = |distance: f64| 0.5 * erfc(distance / (2.0 * time).sqrt());
        let images = (0..4).map(|k| {
            let k = f64::from(k);
            let sign = if k % 2.0 == 0.0 { 2.0 } else { -2.0 };
            sign * (tail(k + height) + tail(k + 1.0 - height))
        });
        1.0 - images.sum::<f64>()
    };
    (1.0 - survival).clamp(0.0, 1.0)
}
