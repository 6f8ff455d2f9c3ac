//! Values that have the right type but make no run: one check for files, settings and configurations made by a program.

use efm_field::PointSampler;
use efm_models::{Head, NetworkConfig};
use efm_train::config::Objective;
use efm_train::{Misfit, objectives};

use super::{EvalConfig, MapKind, RunConfig, SolverConfig};

impl RunConfig {
    /// Whether the values make sense, each by itself and with each other.
    ///
    /// # Errors
    /// [`Misfit`] names the first key that does not fit, its value and what is accepted.
    pub fn check(&self) -> Result<(), Misfit> {
        self.eval.check().map_err(|misfit| misfit.within("eval"))?;
        self.solver.check().map_err(|misfit| misfit.within("solver"))?;
        positive("data.colour", self.data.colour)?;
        share("data.test_fraction", self.data.test_fraction, 0.9)?;
        let (train, solver) = (&self.train, &self.solver);
        let objective = train.objective.build();
        let fits = train.check().and_then(|()| objectives::check(&*objective, self.plates.law, &train.points));
        fits.map_err(|misfit| misfit.within("train"))?;

        let head = objective.head(&train.points);
        let unet = matches!(self.model, NetworkConfig::UNet(_));
        ensure(
            train.objective != Objective::FlowMatching || solver.start_height == 0.0,
            "solver.start_height",
            solver.start_height,
            "a height is for fields; flows of method \"flow-matching\" start on the plate",
        )?;
        ensure(
            !solver.keep_angles || head.is_tube(),
            "solver.keep_angles",
            true,
            "it is for train.objective = \"slope\" or \"ends\"",
        )?;
        ensure(
            head != Head::Ends || unet,
            "train.objective",
            "\"ends\"",
            "it is for images; take \"slope\", or a \"u-net\"",
        )?;
        ensure(
            !unet || !head.is_everywhere(),
            "model.kind",
            "\"u-net\"",
            "it knows the field of the gap only; take \"mlp\"",
        )?;
        let around = "it needs train.points of kind \"around\"";
        match solver.rule {
            MapKind::Loops => ensure(train.points.reaches_behind(), "solver.rule", "\"loops\"", around),
            MapKind::Accept => ensure(head.is_everywhere(), "solver.rule", "\"accept\"", around),
            MapKind::Mirror => {
                let why = "the rule of the mirror capacitor is \"forward\", and its law plates.law = \"mirror\"";
                ensure(false, "solver.rule", "\"mirror\"", why)
            }
            MapKind::Charges => {
                ensure(false, "solver.rule", "\"charges\"", "it is for exact fields; a learned one has no charges")
            }
            _ => Ok(()),
        }
    }
}

impl SolverConfig {
    /// Whether the values make sense by themselves.
    ///
    /// # Errors
    /// [`Misfit`] of the first that does not.
    pub fn check(&self) -> Result<(), Misfit> {
        positive("rtol", self.rtol)?;
        positive("atol", self.atol)?;
        share("lost_share", self.lost_share, 1.0)?;
        ensure(self.guidance.is_finite(), "guidance", self.guidance, "it must be a number")?;
        ensure(self.max_evaluations > 0, "max_evaluations", 0, "it must not be 0")?;
        let height = self.start_height;
        ensure(height >= 0.0 && height.is_finite(), "start_height", height, "it must be 0 or a positive length")
    }
}

impl EvalConfig {
    /// Whether the values make sense.
    ///
    /// # Errors
    /// [`Misfit`] of the first that does not.
    pub fn check(&self) -> Result<(), Misfit> {
        ensure(self.samples >= 2, "samples", self.samples, "it must be at least 2")?;
        for (key, value) in [
            ("repeats", self.repeats),
            ("projections", self.projections),
            ("floor_repeats", self.floor_repeats),
            ("mean_of", self.mean_of),
        ] {
            ensure(value > 0, key, value, "it must not be 0")?;
        }
        Ok(())
    }
}

fn ensure(holds: bool, key: &str, value: impl std::fmt::Display, accepted: &str) -> Result<(), Misfit> {
    if holds { Ok(()) } else { Err(Misfit::new(key, value, accepted)) }
}

fn positive(key: &str, value: f64) -> Result<(), Misfit> {
    ensure(value.is_finite() && value > 0.0, key, value, "it must be a positive number")
}

fn share(key: &str, value: f64, most: f64) -> Result<(), Misfit> {
    ensure((0.0..=most).contains(&value), key, value, &format!("it must lie between 0 and {most}"))
}
