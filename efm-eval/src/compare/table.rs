use super::{Figure, Skipped};
use crate::table::{align, number};

/// Figures as a table of text: value, 95 % interval and points of each, then what draws of both sets and of the second alone
/// get. `space` says what the coordinates are, if that needs saying.
pub fn space_table(space: &str, figures: &[Figure], skipped: &[Skipped]) -> String {
    let head = ["", "value", "95 % interval", "points", "p", "draws", "floor", "ratio", "of points"];
    let mut rows = vec![head.map(str::to_owned)];
    for figure in figures {
        let interval = match (figure.low, figure.high) {
            (Some(low), Some(high)) => format!("{} … {}", number(low), number(high)),
            _ => "–".to_owned(),
        };
        let dash = || "–".to_owned();
        rows.push([
            figure.measure.title().to_owned(),
            number(figure.value),
            interval,
            sizes(figure.samples),
            figure.p_value.map_or(String::new(), number),
            figure.draws.map_or_else(dash, |draws| number(draws.mean)),
            figure.floor.map_or_else(dash, |floor| format!("{} ± {}", number(floor.mean), number(floor.std))),
            figure.ratio().map_or_else(dash, |ratio| format!("{ratio:.2}")),
            figure.draw_samples.map_or_else(dash, sizes),
        ]);
    }
    let mut text = align(&rows);
    if !space.is_empty() {
        text = format!("{space}\n{text}");
    }
    for missing in skipped {
        text.push_str(&format!("  {}: not taken: {}\n", missing.measure.title(), missing.reason));
    }
    text
}

fn sizes([first, second]: [usize; 2]) -> String {
    if first == second { first.to_string() } else { format!("{first}, {second}") }
}
