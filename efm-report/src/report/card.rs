use super::record::RunRecord;
use efm_eval::{Statistics, number};

/// The model card of a run, Markdown: what was trained on what, what it reaches beside its floors, its limits, how to use it
/// and how to make it again.
pub fn model_card(run: &RunRecord, program: &str) -> String {
    let mut card = format!("# {}\n\n", line(&run.name));
    for text in [&run.about, &run.headline, &run.state] {
        if !text.is_empty() {
            card.push_str(&format!("{}\n\n", line(text)));
        }
    }
    card.push_str(
        "A map of one data set onto another along the field lines of a capacitor: Electrostatic Field Matching, \
         Kolesov et al., ICML 2025, arXiv 2502.02367.\n\n## Data and versions\n\n| | |\n|---|---|\n",
    );
    for (name, value) in &run.facts {
        card.push_str(&format!("| {} | {} |\n", cell(name), cell(value)));
    }
    card.push_str("\n## Measures\n\n");
    match &run.metrics {
        None => card.push_str("Nothing was measured.\n"),
        Some(metrics) => {
            card.push_str(
                "A floor is the same measure between two fresh draws of the target: what a perfect map gets. ± is half of a 95 % \
                 confidence interval of the mean over draws of the map.\n\n| measure | value | floor | ratio |\n|---|---|---|---|\n",
            );
            for measured in metrics.distances() {
                let Some(value) = measured.value else { continue };
                let half = metrics.repeats.get(&measured.key).and_then(Statistics::half_interval);
                let half = half.map_or(String::new(), |half| format!(" ± {}", number(half)));
                let floor = measured.floor.map_or("–".to_owned(), number);
                let ratio = measured.floor.filter(|&floor| floor > 0.0).map(|floor| format!("{:.2}", value / floor));
                let ratio = ratio.unwrap_or_else(|| "–".to_owned());
                card.push_str(&format!("| {} | {}{half} | {floor} | {ratio} |\n", measured.title, number(value)));
            }
            for (_, title, value) in metrics.others() {
                if let Some(value) = value {
                    card.push_str(&format!("| {title} | {} | | |\n", number(value)));
                }
            }
            for (reason, count) in &metrics.lines {
                card.push_str(&format!("| lines: {} | {count} | | |\n", cell(reason)));
            }
            card.push_str(&format!("\n{} points in a draw, seed {}.\n", metrics.samples, metrics.seed));
        }
    }
    card.push_str(
        "\n## Use\n\n    efm transport FOLDER --input points.csv --output moved.csv\n    efm transport FOLDER/model.safetensors \
         --input points.csv --output moved.csv\n\nThe second form needs that file alone: scaling, geometry and solver are in its \
         metadata.\n\n## Limits\n\n- It knows the two data sets above and nothing else: points far from its source are carried \
         somewhere, and nothing warns of that.\n- Measures come from as many points as said; a distance near its floor cannot \
         be told from a perfect map with so few.\n- The map is no optimal transport; `transport cost` and `optimal cost` say \
         how far it is from one.\n- What the data must not be used for, the model must not be used for either.\n\n## Make it again\n",
    );
    for (title, command) in &run.commands {
        card.push_str(&format!("\n{}:\n\n{}\n", line(title), indented(command)));
    }
    if let Some(config) = &run.config {
        card.push_str(&format!("\n## Configuration\n\n{}\n", indented(config)));
    }
    card.push_str(&format!("\nWritten by {program}.\n"));
    card
}

/// Text that stays in its line and is no markup.
fn line(text: &str) -> String {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    flat.replace('\\', "\\\\").replace('<', "&lt;").replace(['`', '['], "'").replace('#', "\\#")
}

/// Text for a cell of a table.
fn cell(text: &str) -> String {
    line(text).replace('|', "\\|")
}

/// A block of code by indentation, which nothing inside can end.
fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}
