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
            put(
                "strength",
                scaled(planes, &[&exact.iter().map(|value| value[3]).collect::<Vec<_>>()], f64::exp).remove(0),
            );
        }
        put("arrows", arrows(slices, coarse, |cell| [exact[cell][0], exact[cell][1]]));
    }
    if let Some(learned) = learned {
        put("arrows_learned", arrows(slices, coarse, |cell| [learned[cell][0], learned[cell][1]]));
    }
    // Exact and learned tilts have one scale, so that they can be compared.
    let tilts = [
        ("tilt", exact.map(|values| values.iter().map(|value| tilt(value[2])).collect::<Vec<_>>())),
        ("tilt_learned", learned.map(|values| values.iter().map(|value| tilt(value[2])).collect())),
    ];
    let present: Vec<_> = tilts.iter().filter_map(|(name, values)| Some((name, values.as_deref()?))).collect();
    let values: Vec<_> = present.iter().map(|(_, values)| *values).collect();
    for ((name, _), value) in present.iter().zip(scaled(planes, &values, |value| value)) {
        put(name, value);
    }
    if let (Some(exact), Some(learned)) = (exact, learned) {
        let angle = |(a, b): (&[f64; 4], &[f64; 3])| tilt(a.iter().zip(b).map(|(a, b)| a * b).sum());
        let angles: Vec<_> = exact.iter().zip(learned).map(angle).collect();
        put("angle", scaled(planes, &[&angles], |value| value).remove(0));
    }
    Some(json)
}

/// The angle of this cosine in degrees.
fn tilt(cosine: f64) -> f64 {
    cosine.clamp(-1.0, 1.0).acos().to_degrees()
}

/// Lists of values as bytes between the least and the greatest of all in each plane; `shown` turns these two into what a
/// reader wants to know.
fn scaled(planes: usize, lists: &[&[f64]], shown: impl Fn(f64) -> f64) -> Vec<Value> {
    let mut bytes = vec![Vec::new(); lists.len()];
    let (mut lows, mut highs) = (Vec::new(), Vec::new());
    for plane in 0..planes {
        let part = |list: &'_ [f64]| {
            let cells = list.len() / planes;
            plane * cells..(plane + 1) * cells
        };
        let finite = lists.iter().flat_map(|list| &list[part(list)]).copied().filter(|value| value.is_finite());
        let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), value| (a.min(value), b.max(value)));
        for (bytes, list) in bytes.iter_mut().zip(lists) {
            // A cast from NaN (no range, or no value) gives 0.
            bytes.extend(list[part(list)].iter().map(|value| (255.0 * (value - low) / (high - low)).round() as u8));
        }
        lows.push(shown(low));
        highs.push(shown(high));
    }
    let (low, high) = (rounded_all(lows), rounded_all(highs));
    bytes.iter().map(|bytes| json!({ "low": low, "high": high, "values": BASE64_STANDARD.encode(bytes) })).collect()
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
