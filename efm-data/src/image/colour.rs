use rand::{Rng, RngExt};

/// Gives a grey image a colour: every pixel takes the hue and full saturation, and its grey value v becomes the value of
/// HSV. Black stays black. `hue` is in turns, [0, 1): 0 red, 1/3 green, 2/3 blue. Returns red, green, blue per unit of v.
///
/// This is the coloured MNIST of Kolesov et al. (arXiv 2502.02367) and of Gushchin et al. before them: every digit has one
/// hue, drawn uniformly.
pub fn tint(hue: f32) -> [f32; 3] {
    let turn = 6.0 * hue.rem_euclid(1.0);
    // A triangle wave per channel, a third of a turn apart.
    [0.0, 4.0, 2.0].map(|shift: f32| (((turn + shift).rem_euclid(6.0) - 3.0).abs() - 1.0).clamp(0.0, 1.0))
}

/// A hue drawn uniformly, and its colour.
pub(super) fn random_tint(generator: &mut impl Rng) -> [f32; 3] {
    tint(generator.random::<f32>())
}
