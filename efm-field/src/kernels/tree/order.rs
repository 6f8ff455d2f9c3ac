//! Points in the order of a balanced k-d tree: neighbours in space become neighbours in memory.

use rayon::join;

/// Ranges shorter than this are ordered on one thread.
const SERIAL: usize = 4096;

/// A point and its number.
#[derive(Debug, Clone, Copy)]
pub struct Entry<const C: usize> {
    /// Coordinates.
    pub place: [f64; C],
    /// Which point this is.
    pub index: usize,
}

/// Where a range of `len` points is cut in two, if it is longer than a leaf: all leaves but the last are full.
pub fn cut(len: usize, leaf: usize) -> Option<usize> {
    (len > leaf).then(|| len.div_ceil(2 * leaf) * leaf)
}

/// Orders the entries: the range is cut at its median along its longest side, and so are both parts.
pub fn order<const C: usize>(entries: &mut [Entry<C>], leaf: usize) {
    let Some(middle) = cut(entries.len(), leaf) else { return };
    let axis = longest(entries);
    entries.select_nth_unstable_by(middle, |a, b| a.place[axis].total_cmp(&b.place[axis]));
    let long = entries.len() > SERIAL;
    let (low, high) = entries.split_at_mut(middle);
    if long {
        join(|| order(low, leaf), || order(high, leaf));
    } else {
        order(low, leaf);
        order(high, leaf);
    }
}

/// The axis along which the points spread most.
fn longest<const C: usize>(entries: &[Entry<C>]) -> usize {
    let (mut low, mut high) = ([f64::INFINITY; C], [f64::NEG_INFINITY; C]);
    for entry in entries {
        for axis in 0..C {
            low[axis] = low[axis].min(entry.place[axis]);
            high[axis] = high[axis].max(entry.place[axis]);
        }
    }
    (0..C).fold(0, |best, axis| if high[axis] - low[axis] > high[best] - low[best] { axis } else { best })
}
