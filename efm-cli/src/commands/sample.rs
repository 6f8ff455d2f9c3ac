use efm::core::{Seed, Side};
use efm::{Collection, TrainedModel, saved_config, send_in_turn, source_points};

use crate::args::SampleArgs;
use crate::failure::{Exit, Failure};
use crate::say;
use crate::terminal::Terminal;

/// `efm sample`: lines from fresh points of the source.
pub fn run(args: &SampleArgs, host: &Terminal) -> Result<(), Failure> {
    let (device, seed) = (host.device()?, Seed(args.seed));
    let config = saved_config(&args.run)?;
    let model = args.lines.options().apply(TrainedModel::load(&args.run.join("model"), &device)?)?;
    let starts = source_points(&config, seed, args.count)
        .map_err(|error| Failure::from(error).hint_too(Exit::Usage, "with --input"))?;
    let out = Collection::place(args.out.as_deref(), &args.run, "samples")?;
    host.listen();
    let sent = send_in_turn(&model, &starts, args.lines.class.as_deref(), seed, &device, host)?;
    Collection::of(Some(&config), Side::Target, &sent.ends).write(&out, &sent.ends)?;
    say::out(format!(
        "{} samples in {:.2} s, {:.1} evaluations each; written to {}",
        sent.ends.len(),
        sent.seconds,
        sent.evaluations,
        out.display()
    ));
    Ok(())
}
