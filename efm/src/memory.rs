//! Memory that is about to be taken, summed before anything is done.

use efm_data::Limits;

use crate::Host;

/// The limits of a reader of rows.
pub(crate) fn limits(host: &dyn Host) -> Limits {
    let usual = Limits::default();
    Limits { max_bytes: usual.max_bytes.min(host.memory_for_rows()), ..usual }
}

/// What is about to be taken, part by part.
#[derive(Debug, Clone, Default)]
pub struct Estimate {
    parts: Vec<(String, f64, &'static str)>,
}

impl Estimate {
    /// Adds a part: what it is for, its bytes, and what makes it smaller.
    #[must_use]
    pub fn with(mut self, part: impl Into<String>, bytes: f64, remedy: &'static str) -> Self {
        self.parts.push((part.into(), bytes, remedy));
        self
    }

    /// The larger of two estimates, for work that is done one after the other.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if other.bytes() > self.bytes() { other } else { self }
    }

    /// All parts of both, for what is there at the same time.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.parts.extend(other.parts);
        self
    }

    /// Takes off what was given back and is still counted as in use: the same memory is taken again.
    #[must_use]
    pub fn reusing(self, bytes: f64) -> Self {
        self.with("memory in use that is free again", -bytes, "")
    }

    /// All parts together.
    pub fn bytes(&self) -> f64 {
        self.parts.iter().map(|(_, bytes, _)| bytes).sum::<f64>().max(0.0)
    }

    /// The largest part: what it is for, its bytes, and what makes it smaller.
    pub fn largest(&self) -> (&str, f64, &'static str) {
        let largest = self.parts.iter().max_by(|a, b| a.1.total_cmp(&b.1));
        largest.map_or(("the program", 0.0, "take less"), |(part, bytes, remedy)| (part, *bytes, remedy))
    }
}

/// Bytes as a person writes them.
pub fn shown(bytes: f64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let power = (bytes.max(1.0).log2() / 10.0).floor().clamp(0.0, 6.0);
    let value = bytes / 1024_f64.powf(power);
    let digits = usize::from(value < 10.0 && value.fract() > 0.0);
    format!("{value:.digits$} {}", units[power as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_shown_in_the_unit_that_fits() {
        for (bytes, text) in
            [(512.0, "512 bytes"), (2048.0, "2 KiB"), (20.0 * 1_048_576.0, "20 MiB"), (1.5e12, "1.4 TiB")]
        {
            assert_eq!(shown(bytes), text);
        }
    }
}
