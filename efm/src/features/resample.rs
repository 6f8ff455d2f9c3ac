/// How the pixels of an image of another size are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resampling {
    /// Keys' cubic with a = −1/2 (R. Keys 1981), as wide as the pixels it makes where an image becomes smaller.
    Bicubic,
    /// Linear between the two nearest pixels, however many there are, as the Fréchet Inception Distance has it.
    Bilinear,
}

impl Resampling {
    /// The matrix `[to, from]`, row after row, that makes `to` pixels of `from`. Rows sum to 1.
    pub fn matrix(self, from: usize, to: usize) -> Vec<f32> {
        let mut matrix = vec![0.0; to * from];
        let scale = from as f64 / to as f64;
        for (place, row) in matrix.chunks_exact_mut(from).enumerate() {
            let centre = (place as f64 + 0.5) * scale;
            match self {
                Self::Bilinear => {
                    let at = (centre - 0.5).max(0.0);
                    let (first, share) = ((at as usize).min(from - 1), at.fract());
                    row[first] += (1.0 - share) as f32;
                    row[(first + 1).min(from - 1)] += share as f32;
                }
                Self::Bicubic => {
                    let width = scale.max(1.0);
                    // Pixels whose centres are no further than two widths, to the nearest half.
                    let first = (centre - 2.0 * width + 0.5).max(0.0) as usize;
                    let last = ((centre + 2.0 * width + 0.5) as usize).min(from);
                    let weight = |pixel: usize| cubic((pixel as f64 + 0.5 - centre) / width);
                    let sum: f64 = (first..last).map(weight).sum();
                    (first..last).for_each(|pixel| row[pixel] = (weight(pixel) / sum) as f32);
                }
            }
        }
        matrix
    }
}

fn cubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    let x = x.abs();
    match x {
        x if x < 1.0 => ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0,
        x if x < 2.0 => A * (((x - 5.0) * x + 8.0) * x - 4.0),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::Resampling::{Bicubic, Bilinear};

    /// f32 rounding of weights of order one, and sums over up to 600 pixels.
    const ROUNDING: f32 = 1e-4;

    #[test]
    fn an_image_of_the_same_size_stays_as_it_is() {
        for kind in [Bicubic, Bilinear] {
            for (index, value) in kind.matrix(5, 5).into_iter().enumerate() {
                assert_eq!(value, if index % 6 == 0 { 1.0 } else { 0.0 });
            }
        }
    }

    #[test]
    fn constants_stay_and_ramps_stay_ramps_inside() {
        for (from, to) in [(28, 224), (32, 299), (1, 224), (600, 224), (300, 299)] {
            for kind in [Bicubic, Bilinear] {
                for (place, row) in kind.matrix(from, to).chunks_exact(from).enumerate() {
                    assert!((row.iter().sum::<f32>() - 1.0).abs() < ROUNDING);
                    // A cubic of this kind reproduces ramps on evenly spaced pixels; a wide one only nearly.
                    let centre = (place as f32 + 0.5) * from as f32 / to as f32 - 0.5;
                    if from < to && centre > 2.0 && centre < from as f32 - 3.0 {
                        let ramp: f32 = row.iter().enumerate().map(|(pixel, weight)| pixel as f32 * weight).sum();
                        assert!((ramp - centre).abs() < ROUNDING * from as f32, "{from} {to} {place}: {ramp} {centre}");
                    }
                }
            }
        }
    }
}
