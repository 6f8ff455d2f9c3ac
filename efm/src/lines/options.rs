use crate::config::MapKind;
use crate::{Error, TrainedModel, few_steps};

/// Which field of a model, and how its lines are followed; what is left out is as it was trained.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LineOptions {
    /// The class of the target that is meant, by its name or number.
    pub class: Option<String>,
    /// Weight of the guidance towards the class: 1 is none.
    pub guidance: Option<f64>,
    /// Steps of Heun's method between heights that are close near the plates.
    pub steps: Option<usize>,
}

impl LineOptions {
    /// The model with its lines followed like that.
    ///
    /// # Errors
    /// [`Error::Argument`] for few steps of a model whose lines pass behind the plates, and for guidance without classes.
    pub fn apply(&self, model: TrainedModel) -> Result<TrainedModel, Error> {
        if self.steps.is_some() && model.solver.rule != MapKind::Forward {
            return Err(Error::argument(
                "steps",
                "",
                "lines of this model pass behind the plates, and few steps are for those of the gap",
                "take the steps of the model, or train with the method mirror",
            ));
        }
        let mut solver = few_steps(&model.solver, self.steps);
        if let Some(weight) = self.guidance {
            if !weight.is_finite() || model.classes.is_empty() {
                return Err(Error::argument(
                    "guidance",
                    weight,
                    "guidance is a number, and leads towards a class",
                    "train with train.conditional = true on a target whose points have classes",
                ));
            }
            solver.guidance = weight;
        }
        Ok(TrainedModel { solver, ..model })
    }
}
