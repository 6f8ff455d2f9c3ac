use super::canvas::{Anchor, Canvas, Colour, GRID, INK, MUTED, WHITE};
use efm_eval::number;

/// A range of data that is drawn: finite, never empty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Range {
    pub(crate) from: f64,
    pub(crate) to: f64,
}

/// Share of values that may fall outside at each end, so that single outliers do not squeeze the picture.
const TAIL: f64 = 0.002;

impl Range {
    /// Range of all values but the outermost 0.2 % at each end, with a margin; [−1, 1] for no finite values.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
        if values.is_empty() {
            return Self { from: -1.0, to: 1.0 };
        }
        values.sort_unstable_by(f64::total_cmp);
        let cut = (values.len() as f64 * TAIL) as usize;
        Self { from: values[cut], to: values[values.len() - 1 - cut] }.widened(0.06)
    }

    /// The same range with a margin on both sides, a share of its width; a single value becomes a range around it.
    pub(crate) fn widened(self, share: f64) -> Self {
        let (from, to) = (self.from.clamp(-1e300, 1e300), self.to.clamp(-1e300, 1e300));
        let width = to - from;
        let least = 1e-9 * from.abs().max(to.abs());
        let margin = if width > least { width * share } else { (0.1 * from.abs()).max(0.5) };
        Self { from: from - margin, to: to + margin }
    }

    pub(crate) fn union(self, other: Self) -> Self {
        Self { from: self.from.min(other.from), to: self.to.max(other.to) }
    }

    pub(crate) fn width(self) -> f64 {
        self.to - self.from
    }

    /// The range of this width with the same middle.
    pub(crate) fn with_width(self, width: f64) -> Self {
        let middle = 0.5 * self.from + 0.5 * self.to;
        Self { from: middle - 0.5 * width, to: middle + 0.5 * width }
    }

    pub(crate) fn contains(self, value: f64) -> bool {
        self.from <= value && value <= self.to
    }

    /// 0 at the start of the range, 1 at its end.
    pub(crate) fn share(self, value: f64) -> f64 {
        (value - self.from) / self.width()
    }

    /// Round values inside the range, 1, 2 or 5 times a power of ten apart, as near to `count` of them as can be.
    pub(crate) fn ticks(self, count: usize) -> Vec<f64> {
        let count = count.max(1);
        let power = 10_f64.powf((self.width() / count as f64).log10().floor());
        let strays = |step: f64| (self.width() / step - count as f64).abs();
        let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
        let step = steps.into_iter().min_by(|&a, &b| strays(a).total_cmp(&strays(b))).unwrap_or(power);
        if !(step.is_finite() && step > 0.0) {
            return Vec::new();
        }
        let first = (self.from / step).ceil();
        (0..=2 * count)
            .map(|index| (first + index as f64) * step)
            .take_while(|&tick| tick <= self.to)
            .map(|tick| if tick.abs() < 1e-9 * step { 0.0 } else { tick })
            .collect()
    }
}

/// A rectangle of the picture with data axes; y upwards.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Panel {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) x: Range,
    pub(crate) y: Range,
}

impl Panel {
    /// Pixel of a point of the data.
    pub(crate) fn place(&self, x: f64, y: f64) -> (f64, f64) {
        (self.left + self.width * self.x.share(x), self.top + self.height * (1.0 - self.y.share(y)))
    }

    pub(crate) fn contains(&self, x: f64, y: f64) -> bool {
        self.x.contains(x) && self.y.contains(y)
    }

    /// Grid lines and numbers at ticks below the panel.
    pub(crate) fn x_ticks(&self, canvas: &mut Canvas, ticks: &[f64]) {
        for &tick in ticks {
            let (x, _) = self.place(tick, self.y.from);
            canvas.path(&[(x, self.top), (x, self.top + self.height)], GRID, 1.0, 0.75);
            canvas.text(&number(tick), (x, self.top + self.height + 13.0), 11.0, MUTED, Anchor::Middle);
        }
    }

    /// Grid lines and labels left of the panel.
    pub(crate) fn y_ticks(&self, canvas: &mut Canvas, ticks: &[(f64, String)]) {
        for (tick, label) in ticks {
            let (_, y) = self.place(self.x.from, *tick);
            canvas.path(&[(self.left, y), (self.left + self.width, y)], GRID, 1.0, 0.75);
            canvas.text(label, (self.left - 6.0, y), 11.0, MUTED, Anchor::End);
        }
    }

    /// Labels of round values on y.
    pub(crate) fn plain_ticks(&self, count: usize) -> Vec<(f64, String)> {
        self.y.ticks(count).into_iter().map(|tick| (tick, number(tick))).collect()
    }

    pub(crate) fn x_label(&self, canvas: &mut Canvas, label: &str) {
        let at = (self.left + 0.5 * self.width, self.top + self.height + 32.0);
        canvas.text(label, at, 12.5, INK, Anchor::Middle);
    }

    /// The name of y, left of its numbers.
    pub(crate) fn y_label(&self, canvas: &mut Canvas, label: &str, ticks: &[(f64, String)]) {
        let longest = ticks.iter().map(|(_, text)| text.chars().count()).max().unwrap_or(0);
        let distance = 24.0 + 6.6 * longest as f64;
        canvas.text_up(label, (self.left - distance, self.top + 0.5 * self.height), 12.5, INK);
    }

    pub(crate) fn title(&self, canvas: &mut Canvas, title: &str, colour: Colour) {
        canvas.text(title, (self.left + 0.5 * self.width, self.top - 14.0), 14.0, colour, Anchor::Middle);
    }

    /// A small remark in the upper corner of the panel: left or right.
    pub(crate) fn remark(&self, canvas: &mut Canvas, text: &str, right: bool) {
        let width = 6.2 * text.chars().count() as f64 + 8.0;
        let left = if right { self.left + self.width - width - 3.0 } else { self.left + 3.0 };
        canvas.rectangle((left, self.top + 3.0), (left + width, self.top + 19.0), WHITE, 0.8);
        canvas.text(text, (left + 0.5 * width, self.top + 11.0), 10.5, MUTED, Anchor::Middle);
    }

    /// The border, drawn last.
    pub(crate) fn frame(&self, canvas: &mut Canvas) {
        let (l, t, r, b) = (self.left, self.top, self.left + self.width, self.top + self.height);
        canvas.path(&[(l, t), (r, t), (r, b), (l, b), (l, t)], MUTED, 0.8, 0.9);
    }
}

#[cfg(test)]
mod tests {
    use super::Range;

    #[test]
    fn ranges_and_ticks_survive_anything() {
        for (from, to) in [(0.0, 0.0), (1e38, 1e38), (-1e308, 1e308), (1e-300, 2e-300), (5.0, 5.0 + 1e-15), (-3.0, 7.0)]
        {
            let range = Range::of([from, to]);
            assert!(range.width() > 0.0 && range.width().is_finite(), "{from} {to}");
            let ticks = range.ticks(5);
            assert!(ticks.len() <= 11 && ticks.iter().all(|&tick| range.contains(tick)), "{from} {to} {ticks:?}");
        }
        assert_eq!(Range::of([f64::NAN, f64::INFINITY]), Range { from: -1.0, to: 1.0 });
        assert_eq!(Range { from: -0.5, to: 2.2 }.ticks(5), [-0.5, 0.0, 0.5, 1.0, 1.5, 2.0]);
    }
}
