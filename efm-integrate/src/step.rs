//! How long a step is, as a setting.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{ProportionalIntegral, StepController, TraceError};

/// How long a step is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum StepControl {
    /// Equal steps of the form's independent variable from the start to the end of each line; at unit speed, steps of
    /// length L/steps for as long as it takes.
    Fixed {
        /// Number of steps.
        steps: usize,
    },
    /// Steps as long as the error allows, for every line on its own: [`ProportionalIntegral`].
    ///
    /// The error of a step is measured against atol + rtol·|coordinate|, root mean square over the coordinates.
    Adaptive {
        /// Relative tolerance.
        rtol: f64,
        /// Absolute tolerance, in data units.
        atol: f64,
        /// First step, in the form's independent variable; chosen by the curvature at the start if absent.
        #[serde(default)]
        first: Option<f64>,
        /// Longest step, in the form's independent variable; unlimited if absent.
        #[serde(default)]
        max: Option<f64>,
    },
    /// Steps by a rule of your own. Not part of a configuration.
    #[serde(skip)]
    Own(Arc<dyn StepController>),
}

impl Default for StepControl {
    fn default() -> Self {
        Self::tolerances(1e-4, 1e-5)
    }
}

/// Own rules are equal if they are one and the same.
impl PartialEq for StepControl {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Fixed { steps: one }, Self::Fixed { steps: two }) => one == two,
            (
                Self::Adaptive { rtol, atol, first, max },
                Self::Adaptive { rtol: other_rtol, atol: other_atol, first: other_first, max: other_max },
            ) => (rtol, atol, first, max) == (other_rtol, other_atol, other_first, other_max),
            (Self::Own(one), Self::Own(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl StepControl {
    /// Adaptive steps with these tolerances and nothing else said.
    pub fn tolerances(rtol: f64, atol: f64) -> Self {
        Self::Adaptive { rtol, atol, first: None, max: None }
    }

    /// Steps by a rule of your own.
    pub fn own(controller: impl StepController + 'static) -> Self {
        Self::Own(Arc::new(controller))
    }

    /// The same with adaptive steps no longer than `longest`, in the form's independent variable. Equal steps stay, and so
    /// do those of a rule of your own, which knows best.
    #[must_use]
    pub fn at_most(self, longest: f64) -> Self {
        match self {
            Self::Adaptive { rtol, atol, first, max } => {
                Self::Adaptive { rtol, atol, first, max: Some(max.unwrap_or(longest).min(longest)) }
            }
            Self::Fixed { .. } | Self::Own(_) => self,
        }
    }

    /// The rule that judges steps; `None` for equal ones, which nothing judges.
    ///
    /// # Errors
    /// [`TraceError`] for settings out of range.
    pub(crate) fn controller(&self) -> Result<Option<Arc<dyn StepController>>, TraceError> {
        let controller: Arc<dyn StepController> = match self {
            Self::Fixed { steps: 0 } => {
                return Err(TraceError::BadSetting { setting: "steps", value: 0.0, wanted: "at least 1" });
            }
            Self::Fixed { .. } => return Ok(None),
            &Self::Adaptive { rtol, atol, first, max } => Arc::new(ProportionalIntegral { rtol, atol, first, max }),
            Self::Own(controller) => controller.clone(),
        };
        controller.check()?;
        for (setting, value) in [("first step", controller.first()), ("max step", controller.longest())] {
            if let Some(value) = value.filter(|value| !(value.is_finite() && *value > 0.0)) {
                return Err(TraceError::BadSetting { setting, value, wanted: "finite and positive" });
            }
        }
        Ok(Some(controller))
    }
}
