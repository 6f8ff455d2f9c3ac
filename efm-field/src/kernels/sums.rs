use crate::vector::length;

/// Σ c_i (A_i (x − x_i), B_i) over the charges of one plate, relative to e^{ln_scale}.
#[derive(Debug, Clone, Copy)]
pub struct PlateSum<'a> {
    /// Logarithm of the common factor; −∞ when nothing contributes.
    pub ln_scale: f64,
    /// D + 1 coordinates.
    pub vector: &'a [f64],
}

/// Takes the position of a query in its tile and the sums of both plates there; none where the kernel's scalar does not suffice.
pub type Each<'a> = dyn FnMut(usize, Option<[PlateSum<'_>; 2]>) + 'a;

impl PlateSum<'static> {
    /// Nothing contributes.
    pub const NOTHING: Self = Self { ln_scale: f64::NEG_INFINITY, vector: &[] };
}

/// Length of the sum of both plates, as a share of the sum of their lengths; 1 without any contribution.
pub fn share_left(plates: [PlateSum; 2]) -> f64 {
    let top = plates[0].ln_scale.max(plates[1].ln_scale);
    let factors = plates.map(|plate| if plate.ln_scale == top { 1.0 } else { (plate.ln_scale - top).exp() });
    let [source, target] = plates.map(|plate| plate.vector);
    let apart = factors[0] * length(source) + factors[1] * length(target);
    let together =
        source.iter().zip(target).map(|(a, b)| (factors[0] * a + factors[1] * b).powi(2)).sum::<f64>().sqrt();
    if apart > 0.0 { together / apart } else { 1.0 }
}
