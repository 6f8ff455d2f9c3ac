//! Settings as they stand in files.

use efm_integrate::maps::{Forward, Lift};
use efm_integrate::{Form, Heading, Save, Solver, StepControl, Stop, Tracer};

#[test]
fn a_tracer_is_written_in_plain_words() {
    let tracer: Tracer = toml::from_str(
        r#"
        method = "bosh3"
        form = "logit-z"
        heading = "reverse"
        step = { adaptive = { rtol = 1e-3, atol = 1e-4, max = 0.5 } }
        max-evaluations = 500
        escape = 100.0
        save = { heights = [0.5, 1.0] }
        "#,
    )
    .unwrap();
    assert_eq!((tracer.tableau, tracer.form, tracer.heading), (Solver::Bosh3, Form::LogitZ, Heading::Reverse));
    assert_eq!(tracer.step, StepControl::Adaptive { rtol: 1e-3, atol: 1e-4, first: None, max: Some(0.5) });
    assert_eq!((tracer.max_evaluations, tracer.escape), (500, Some(100.0)));
    assert_eq!((tracer.save, tracer.margin), (Save::Heights(vec![0.5, 1.0]), Tracer::default().margin));

    let tracer: Tracer = toml::from_str("method = 'euler'\nstep = { fixed = { steps = 10 } }\nform = 'unit'").unwrap();
    assert_eq!((tracer.step, tracer.form), (StepControl::Fixed { steps: 10 }, Form::Unit));
}

#[test]
fn what_is_written_is_read_back() {
    let map = Forward { start_height: 0.1, lift: Lift::Cauchy, ..Forward::default() };
    let text = toml::to_string(&map).unwrap();
    let read: Forward = toml::from_str(&text).unwrap();
    assert_eq!((read.start_height, read.stop_height, read.lift), (0.1, 0.0, Lift::Cauchy));
    assert_eq!(toml::to_string(&read).unwrap(), text);
}

#[test]
fn unknown_keys_and_words_are_refused() {
    for text in ["metod = 'rk4'", "method = 'rk5'", "step = { fixed = { steps = 1, size = 2 } }", "events = []"] {
        assert!(toml::from_str::<Tracer>(text).is_err(), "{text}");
    }
}

#[test]
fn names_in_files_and_in_print_agree() {
    for stop in Stop::ALL {
        assert_eq!(serde_json::to_string(&stop).unwrap(), format!("\"{stop}\""));
    }
    for method in Solver::ALL {
        assert_eq!(serde_json::to_string(&method).unwrap(), format!("\"{method}\""));
    }
    for form in Form::ALL {
        assert_eq!(serde_json::to_string(&form).unwrap(), format!("\"{form}\""));
    }
}
