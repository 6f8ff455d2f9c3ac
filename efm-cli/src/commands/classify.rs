use efm::core::Seed;
use efm::{CLASSIFIER_TESTS, ClassifierReport, ClassifyOptions, classify_run};

use crate::args::ClassifyArgs;
use crate::failure::Failure;
use crate::say;
use crate::terminal::Terminal;

/// `efm classify`: what a classifier trained on the real images says of transported ones.
pub fn run(args: &ClassifyArgs, host: &Terminal) -> Result<(), Failure> {
    let device = host.device()?;
    let options = ClassifyOptions { steps: args.steps, seed: Seed(args.seed), folder: args.classifier.clone() };
    let several = args.runs.len() > 1;
    host.listen();
    let mut reports = Vec::new();
    for run in &args.runs {
        let report = classify_run(run, &options, &device, host)?;
        if !args.json {
            let name = if several { format!("{}: ", run.display()) } else { String::new() };
            say::out(format!("{name}{}", summary(&report)));
        }
        reports.push(report);
    }
    if args.json {
        let text = match reports.as_slice() {
            [report] => serde_json::to_string_pretty(report),
            reports => serde_json::to_string_pretty(reports),
        };
        say::out(text.expect("plain data"));
    }
    Ok(())
}

fn summary(report: &ClassifierReport) -> String {
    let colours = report
        .colour_correlation
        .map_or(String::new(), |value| format!("\n  colours kept (correlation)        {value:.3}"));
    let own = report
        .of_own_class
        .map_or(String::new(), |share| format!("\n  taken for the class asked for     {:.1} %", 100.0 * share));
    format!(
        "classifier: {:.2} % of {CLASSIFIER_TESTS} draws of the test images right\n{} transported images\n  \
         taken for the target's class      {:.1} %   (test images {:.1} %){own}\n  \
         Fréchet distance of features      {:.3}   (floor {:.3})\n  \
         nearest training image, median    {:.3}   (test images {:.3}){colours}",
        100.0 * report.accuracy,
        report.samples,
        100.0 * report.of_target_class,
        100.0 * report.of_target_class_real,
        report.frechet,
        report.frechet_floor,
        report.nearest,
        report.nearest_real,
    )
}
