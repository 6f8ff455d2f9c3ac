use efm::learning::write_atomically;
use efm::report::picture;
use efm::{Quality, RunDir, TrainedModel, quality, saved_config};

use crate::args::EvalArgs;
use crate::failure::Failure;
use crate::say;
use crate::terminal::Terminal;

/// `efm eval RUN --evaluations …`: what a run's samples are worth at how many evaluations of the field.
pub fn run(args: &EvalArgs, host: &Terminal) -> Result<(), Failure> {
    let folder = args.first.as_path();
    let config = saved_config(folder)?;
    let device = host.device()?;
    let model = TrainedModel::load(&folder.join("model"), &device)?;
    host.listen();
    let found = quality(config, &model, &args.evaluations, args.max, &device, host)?;
    let text = serde_json::to_string_pretty(&found.rows).expect("plain data");
    write_atomically(&folder.join("quality.json"), (text.clone() + "\n").as_bytes())?;
    picture::quality(RunDir::open(folder)?.pictures()?.join("quality.svg"), &found.curves())?;
    say::out(if args.json { text } else { table(&found) });
    Ok(())
}

fn table(Quality { rows, floors }: &Quality) -> String {
    let number = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.4}"));
    let mut text = format!(
        "{:<8}{:>7}{:>13}{:>10}{:>10}{:>11}{:>10}{:>12}",
        "solver", "steps", "evaluations", "landed", "W2", "sliced W2", "Fréchet", "round trip"
    );
    for row in rows {
        text += &format!(
            "\n{:<8}{:>7}{:>13.1}{:>9.1}%{:>10}{:>11}{:>10}{:>12.4}",
            row.solver,
            if row.steps > 0 { row.steps.to_string() } else { "–".to_owned() },
            row.evaluations,
            100.0 * row.landed,
            number(row.w2),
            number(row.sliced_w2),
            number(row.frechet),
            row.round_trip
        );
    }
    text + &format!("\n{:<38}{:>10}{:>11}{:>10}", "floor", number(floors[0]), number(floors[1]), number(floors[2]))
}
