use efm_data::{read_points_within, write_points};
use efm_models::device;
use efm_train::TrainedModel;

use crate::args::TransportArgs;
use crate::failure::{Exit, Failure};
use crate::memory::Memory;
use crate::pipeline::estimate::transported;
use crate::pipeline::{Rule, Way, carry, check_losses};
use crate::say;
use crate::signals::Signals;

/// `efm transport`.
pub fn run(args: &TransportArgs, memory: Memory) -> Result<(), Failure> {
    let device = device::parse(&args.device)?;
    let inside = args.run.join("model");
    let folder = if inside.is_dir() { &inside } else { &args.run };
    let model = TrainedModel::load(folder, &device)?;
    let points = read_points_within(&args.input, args.key.as_deref(), &memory.limits())?;
    if points.dim() != model.geometry.dim {
        return Err(Failure::new(
            Exit::Data,
            format!("{}: D = {}, the model has D = {}", args.input.display(), points.dim(), model.geometry.dim),
            "transport points like those the model was trained on",
        ));
    }
    memory.check(&transported(points.dim(), points.len()))?;
    let signals = Signals::listen().within(memory);
    let field = model.field(&device);
    let way = Way {
        field: &field,
        scalers: &model.scalers,
        solver: &model.solver,
        rule: Rule::learned(&model.solver, None)?,
    };
    let (ends, lines, seconds) = carry(way, &points, args.reverse, &signals)?;
    check_losses(&lines, model.solver.lost_share)?;
    write_points(&args.output, &ends)?;
    let lost = lines.lost();
    say::out(format!(
        "{} points in {seconds:.2} s, {:.1} evaluations each, {lost} lost; written to {}",
        points.len(),
        lines.evaluations_mean(),
        args.output.display()
    ));
    Ok(())
}
