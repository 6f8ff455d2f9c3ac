use std::ops::ControlFlow;
use std::sync::Arc;

use efm_core::Augmented;
use efm_field::Field;

use crate::engine::Engine;
use crate::equation::Course;
use crate::{Escape, Event, Form, Heading, Lines, Save, Solver, StepControl, StepController, TraceError, Watch};

/// Follows field lines. Plain settings: set what matters, leave the rest to `..Tracer::default()`.
///
/// A line's result depends on its start, the field and these settings, bit for bit; not on the lines traced with it.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Tracer {
    /// How one step is taken; `method` in configurations.
    #[serde(rename = "method")]
    pub tableau: Solver,
    /// How long a step is.
    pub step: StepControl,
    /// Which equation is solved.
    pub form: Form,
    /// Along the field or against it.
    pub heading: Heading,
    /// Lines land this far before the plate they are headed for, in data units; 0 is the plate itself. Close to a
    /// plate of N samples the field is that of separate atoms: a margin comparable with the distance of neighbours
    /// avoids steps through it.
    pub margin: f64,
    /// For [`Form::LogitZ`] and [`Form::Graded`]: share of L next to each plate in which the line is straight, its slope
    /// taken at the inner end. For [`Form::Z`]: the same where the field turns back on the plate itself. Below 0.5.
    pub edge: f64,
    /// A line that has used up this many evaluations of the field ends.
    pub max_evaluations: u32,
    /// A line that gets this far from (0, L/2) ends, in data units. Unlimited if absent.
    pub escape: Option<f64>,
    /// At most this many lines advance at once, which bounds the memory: about (stages + 4)·(D + 1)·8 bytes each,
    /// besides what the field needs. All of them if absent.
    pub batch: Option<usize>,
    /// What is kept besides the ends.
    pub save: Save,
    /// What else is noticed on the way; not part of a configuration. Straight pieces at the edges of
    /// [`Form::LogitZ`] are not searched.
    #[serde(skip)]
    pub events: Vec<Arc<dyn Event>>,
}

impl Default for Tracer {
    fn default() -> Self {
        Self {
            tableau: Solver::default(),
            step: StepControl::default(),
            form: Form::default(),
            heading: Heading::default(),
            margin: 0.0,
            edge: 1e-3,
            max_evaluations: 10_000,
            escape: None,
            batch: None,
            save: Save::default(),
            events: Vec::new(),
        }
    }
}

/// What a map adds to the settings of a tracer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Route {
    /// At unit speed: the height at which lines land from either side, instead of that at the margin; infinite for none.
    pub finish: Option<f64>,
    /// Events that are not reported in [`Lines::crossings`].
    pub events: Vec<Arc<dyn Event>>,
}

impl Tracer {
    /// Follows the lines through `starts` until each has a reason to stop.
    ///
    /// # Errors
    /// [`TraceError`] for starts that do not fit the field or the form, settings out of range, and a field that fails.
    /// A line that does not arrive is no error.
    pub fn trace(&self, field: &dyn Field, starts: &Augmented) -> Result<Lines, TraceError> {
        self.trace_with(field, starts, &mut |_| ControlFlow::Continue(()))
    }

    /// As [`Tracer::trace`], watched.
    ///
    /// # Errors
    /// As [`Tracer::trace`].
    pub fn trace_with(
        &self,
        field: &dyn Field,
        starts: &Augmented,
        watch: &mut Watch<'_>,
    ) -> Result<Lines, TraceError> {
        self.follow(field, starts, &Route::default(), watch)
    }

    /// As [`Tracer::trace_with`], on a route of its own.
    pub(crate) fn follow(
        &self,
        field: &dyn Field,
        starts: &Augmented,
        route: &Route,
        watch: &mut Watch<'_>,
    ) -> Result<Lines, TraceError> {
        let (mut course, controller) = self.check(field, starts)?;
        course.finish = route.finish.unwrap_or(course.finish);
        let mut events = self.events.clone();
        events.extend(route.events.iter().cloned());
        if let Some(radius) = self.escape {
            let mut centre = vec![0.0; course.dim + 1];
            centre[course.dim] = 0.5 * course.gap;
            events.push(Arc::new(Escape { centre, radius }));
        }
        let mut lines = Engine::new(self, field, course, events, controller).run(starts, watch)?;
        lines.crossings.truncate(self.events.len());
        Ok(lines)
    }

    /// The equation to be solved and the rule for its steps, with all settings checked.
    fn check(
        &self,
        field: &dyn Field,
        starts: &Augmented,
    ) -> Result<(Course, Option<Arc<dyn StepController>>), TraceError> {
        let gap = field.gap();
        let bad = |setting, value, wanted| Err(TraceError::BadSetting { setting, value, wanted });
        if !(gap.is_finite() && gap > 0.0) {
            return bad("gap", gap, "finite and positive");
        }
        if !(self.margin >= 0.0 && self.margin < gap) {
            return bad("margin", self.margin, "at least 0 and below the gap L");
        }
        if !(self.edge > 0.0 && self.edge < 0.5) {
            return bad("edge", self.edge, "above 0 and below 0.5");
        }
        if let Some(radius) = self.escape.filter(|radius| radius.is_nan() || *radius <= 0.0) {
            return bad("escape", radius, "positive");
        }
        if self.batch == Some(0) {
            return bad("batch", 0.0, "at least 1");
        }
        if let Save::Heights(heights) = &self.save
            && let Some(&height) = heights.iter().find(|height| !height.is_finite())
        {
            return bad("height", height, "finite");
        }
        self.tableau.check()?;
        let controller = self.step.controller()?;
        if controller.as_ref().is_some_and(|controller| controller.needs_error()) && self.tableau.error.is_empty() {
            return Err(TraceError::NoErrorEstimate { method: self.tableau.clone() });
        }

        if field.dim() == 0 {
            return bad("D", 0.0, "at least 1");
        }
        for event in &self.events {
            event.check(field.dim())?;
        }
        if starts.dim() != field.dim() {
            return Err(TraceError::DimensionMismatch { starts_dim: starts.dim(), field_dim: field.dim() });
        }
        let course = Course::new(self.form, self.heading, field.dim(), gap, self.margin, self.edge);
        for (line, point) in starts.iter().enumerate() {
            if !point.iter().all(|value| value.is_finite()) {
                return Err(TraceError::NonFiniteStart { line });
            }
            course.check_start(line, starts.z(line))?;
        }
        Ok((course, controller))
    }
}
