use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::detail::{rounded, rounded_all};
use super::record::Slices;

/// Arrows per side of a plane, at most.
const ARROWS: usize = 19;

/// Planes of the field for the page: bytes in base64, with the values that 0 and 255 stand for.
pub(crate) fn slices(slices: &Slices) -> Option<Value> {
    let cells = slices.size * slices.size * slices.heights.len();
    let fits = |length: usize| length == cells && cells > 0;
    let exact = slices.exact.as_ref().filter(|values| fits(values.len()));
    let learned = slices.learned.as_ref().filter(|values| fits(values.len()));
    if exact.is_none() && learned.is_none() {
        return None;
    }
    let coarse = slices.size.min(ARROWS);
    let planes = slices.heights.len();
    let mut json = json!({
        "axes": ["x₀", "x₁"],
        "extent": rounded_all([slices.from[0], slices.to[0], slices.from[1], slices.to[1]]),
        "size": slices.size,
        "coarse": coarse,
        "gap": rounded(slices.gap),
        "heights": rounded_all(slices.heights.iter().copied()),
    });
    let mut put = |name: &str, value: Value| {
        json[name] = value;
    };
    if let Some(exact) = exact {
        if exact.iter().any(|value| value[3].is_finite()) {
            put("strength", scaled(planes, &exact.iter().map(|value| value[3]).collect::<Vec<_>>(), f64::exp));
        }
        put("along", scaled(planes, &exact.iter().map(|value| value[2]).collect::<Vec<_>>(), |value| value));
        put("arrows", arrows(slices, coarse, |cell| [exact[cell][0], exact[cell][1]]));
    }
    if let Some(learned) = learned {
        put("along_learned", scaled(planes, &learned.iter().map(|value| value[2]).collect::<Vec<_>>(), |value| value));
        put("arrows_learned", arrows(slices, coarse, |cell| [learned[cell][0], learned[cell][1]]));
    }
    if let (Some(exact), Some(learned)) = (exact, learned) {
        let angle = |(a, b): (&[f64; 4], &[f64; 3])| {
            let cosine: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
            cosine.clamp(-1.0, 1.0).acos().to_degrees()
        };
        put("angle", scaled(planes, &exact.iter().zip(learned).map(angle).collect::<Vec<_>>(), |value| value));
    }
    Some(json)
}

/// Values as bytes between the least and the greatest one of each plane; `shown` turns these two into what a reader wants
/// to know.
fn scaled(planes: usize, values: &[f64], shown: impl Fn(f64) -> f64) -> Value {
    let (mut bytes, mut lows, mut highs) = (Vec::with_capacity(values.len()), Vec::new(), Vec::new());
    for plane in values.chunks_exact(values.len() / planes) {
        let finite = plane.iter().copied().filter(|value| value.is_finite());
        let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), value| (a.min(value), b.max(value)));
        // A cast from NaN (no range, or no value) gives 0.
        bytes.extend(plane.iter().map(|value| (255.0 * (value - low) / (high - low)).round() as u8));
        lows.push(shown(low));
        highs.push(shown(high));
    }
    json!({ "low": rounded_all(lows), "high": rounded_all(highs), "values": BASE64_STANDARD.encode(bytes) })
}

/// Parts of the direction along the plates at the centres of a coarser grid, as signed bytes: 127 is 1.
fn arrows(slices: &Slices, coarse: usize, of: impl Fn(usize) -> [f64; 2]) -> Value {
    let size = slices.size;
    let near = |k: usize| (((k as f64 + 0.5) / coarse as f64) * (size as f64 - 1.0)).round() as usize;
    let mut bytes = Vec::with_capacity(2 * coarse * coarse * slices.heights.len());
    for plane in 0..slices.heights.len() {
        for row in 0..coarse {
            for column in 0..coarse {
                let cell = (plane * size + near(row)) * size + near(column);
                bytes.extend(of(cell).map(|part| (127.0 * part).round() as i8 as u8));
            }
        }
    }
    Value::String(BASE64_STANDARD.encode(bytes))
}
