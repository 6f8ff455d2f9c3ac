use std::fmt;

use efm_eval::number;

use super::{Checkup, CloudCheck};

/// Width of the first column of the page.
const LABEL: usize = 26;

impl fmt::Display for Checkup {
    /// One page of text: clouds side by side, gap, field, advice.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: D = {}, method {}\n", self.name, self.source.dim, self.method)?;
        self.clouds(f)?;
        writeln!(f)?;
        self.field(f)?;
        if self.advice.is_empty() {
            return writeln!(f, "\nnothing to worry about was found");
        }
        writeln!(f)?;
        for advice in &self.advice {
            writeln!(f, "! {}\n  → {}", advice.finding, advice.advice)?;
        }
        Ok(())
    }
}

impl Checkup {
    fn clouds(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = |label: &str, of: &dyn Fn(&CloudCheck) -> String, note: &str| {
            let (source, target) = (of(&self.source), of(&self.target));
            writeln!(f, "{}", format!("{label:<LABEL$}{source:>16}{target:>16}   {note}").trim_end())
        };
        row("", &|cloud| if std::ptr::eq(cloud, &self.source) { "source" } else { "target" }.into(), "")?;
        row("points", &|cloud| cloud.rows.map_or("endless".into(), |rows| rows.to_string()), "")?;
        row("spread", &|cloud| number(cloud.spread), "per coordinate, data units")?;
        let columns = |cloud: &CloudCheck| match cloud.columns {
            Some([smallest, largest]) => format!("{} – {}", number(smallest), number(largest)),
            None => "none varies".to_owned(),
        };
        row("spread of columns", &columns, "smallest, largest")?;
        row("mean distance", &|cloud| number(cloud.mean_distance), "of two points, data units")?;
        row("effective dimensions", &|cloud| number(cloud.effective_dimensions), "D if all directions are alike")?;
        row("constant columns", &|cloud| cloud.constant_columns.len().to_string(), "")?;
        row("repeated points", &|cloud| percent(cloud.repeated), "")?;
        row("neighbours at distance 0", &|cloud| percent(cloud.crowded), "")?;
        row("nearest neighbour", &|cloud| number(cloud.neighbour_distance), "median, scaled units")?;
        row("mean distance", &|cloud| number(cloud.scaled_distance), "of two points, scaled units")
    }

    fn field(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = &self.lines;
        let rule = format!(
            "auto = 4.24 √D × the largest of the spreads {}, {} and the distance {}",
            number(self.gap.source_spread),
            number(self.gap.target_spread),
            number(self.gap.distance)
        );
        let mut row = |label: &str, value: String, note: &str| writeln!(f, "{label:<LABEL$}{value:>16}   {note}");
        row("recommended gap L", number(self.gap.gap), &rule)?;
        if self.gap_in_use != self.gap.gap {
            row("gap in use", number(self.gap_in_use), "set by plates.gap")?;
        }
        row(
            "forward-only bias",
            format!("{:.1}", self.gap_in_use / lines.bias_length),
            "L/(√2 σ D^(−1/4)) of plates alone; mirror: none",
        )?;
        row("lines that go forward", percent(lines.forward_share), "from the source, plates alone; mirror: 100 %")?;
        let growth = format!("median distance from the middle; {} on the plates", number(lines.radius_plates));
        row("lines midway", number(lines.radius_midway), &growth)?;
        let [source, target] = lines.charges;
        let note = format!("median (lowest tenth), of {source} + {target}, where lines run:");
        row("effective charges", String::new(), &note)?;
        for effective in &lines.effective {
            let value = format!("{} ({})", number(effective.median), number(effective.low));
            let start = if effective.height == self.start_height { ", where lines start" } else { "" };
            let share = 100.0 * effective.height / self.gap_in_use;
            let note = format!("z = {} ({share:.0} % of L){start}", number(effective.height));
            row("", value, &note)?;
        }
        Ok(())
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}
