/// A piece of a line of equal value: two ends, in steps of the grid.
pub(crate) type Piece = [[f64; 2]; 2];

/// Lines of equal value on a grid of `columns` × `rows` points, values row after row: `count` levels, which lie at equal
/// shares of the sorted values, so that they spread over the picture. Marching squares (Lorensen and Cline, 1987, in two
/// dimensions); the two saddles are told apart by the mean of the corners.
pub(crate) fn contours(values: &[f64], [columns, rows]: [usize; 2], count: usize) -> Vec<(f64, Vec<Piece>)> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    if sorted.is_empty() {
        return Vec::new();
    }
    sorted.sort_unstable_by(f64::total_cmp);
    let level = |k: usize| sorted[((k as f64 + 0.5) / count as f64 * (sorted.len() - 1) as f64) as usize];
    let line = |level: f64| {
        let mut pieces = Vec::new();
        for row in 0..rows.saturating_sub(1) {
            for column in 0..columns.saturating_sub(1) {
                cell(values, columns, [column, row], level, &mut pieces);
            }
        }
        (level, pieces)
    };
    (0..count).map(level).map(line).collect()
}

/// The pieces inside one square of the grid.
fn cell(values: &[f64], columns: usize, [column, row]: [usize; 2], level: f64, pieces: &mut Vec<Piece>) {
    // Corners against the sun, from the lowest left one; edge k runs from corner k to the next one.
    const CORNERS: [[usize; 2]; 4] = [[0, 0], [1, 0], [1, 1], [0, 1]];
    let value = CORNERS.map(|[i, j]| values[(row + j) * columns + column + i]);
    if !value.iter().all(|value| value.is_finite()) {
        return;
    }
    let mut cuts = Vec::with_capacity(4);
    for edge in 0..4 {
        let (from, to) = (value[edge], value[(edge + 1) % 4]);
        if (from > level) != (to > level) {
            let share = (level - from) / (to - from);
            let ([i, j], [k, l]) = (CORNERS[edge], CORNERS[(edge + 1) % 4]);
            let mix = |a: usize, b: usize| a as f64 + share * (b as f64 - a as f64);
            cuts.push([column as f64 + mix(i, k), row as f64 + mix(j, l)]);
        }
    }
    match cuts[..] {
        [a, b] => pieces.push([a, b]),
        [a, b, c, d] => {
            let middle = value.iter().sum::<f64>() / 4.0;
            // A high middle joins the high corners: the lines cut off the low ones.
            if (middle > level) == (value[0] > level) {
                pieces.extend([[a, b], [c, d]]);
            } else {
                pieces.extend([[d, a], [b, c]]);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_cone_are_circles() {
        let size = 41;
        let at = |k: usize| 0.1 * k as f64 - 2.0;
        let values: Vec<f64> = (0..size * size).map(|k| at(k % size).hypot(at(k / size))).collect();
        let lines = contours(&values, [size, size], 6);
        assert_eq!(lines.len(), 6);
        for (level, pieces) in lines {
            assert!(!pieces.is_empty());
            for [x, y] in pieces.iter().flatten() {
                // Linear between points 0.1 apart: the sagitta h²/(8r) of a circle of radius r, and as much again.
                let radius = (0.1 * x - 2.0).hypot(0.1 * y - 2.0);
                assert!((radius - level).abs() < 0.01 / (4.0 * level), "{radius} {level}");
            }
        }
    }

    #[test]
    fn nothing_to_draw_draws_nothing() {
        assert!(contours(&[], [0, 0], 3).is_empty());
        assert!(contours(&[f64::NAN; 4], [2, 2], 3).is_empty());
        assert!(contours(&[1.0; 4], [2, 2], 3).iter().all(|(_, pieces)| pieces.is_empty()));
    }
}
