//! The examples run, and print what the mathematics says.

#![allow(clippy::disallowed_methods)]

use std::path::PathBuf;
use std::process::Command;

/// What an example prints. Cargo builds examples before tests, beside them.
fn printed(name: &str) -> String {
    let test = std::env::current_exe().expect("a test has a path");
    let folder = test.parent().and_then(|deps| deps.parent()).expect("target/PROFILE/deps/test");
    let program: PathBuf = folder.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let output = Command::new(&program).output().unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{name}: {err}");
    out.into_owned()
}

/// The number behind a word.
fn number(text: &str, word: &str) -> f64 {
    let after = text.split_once(&format!("{word} ")).unwrap_or_else(|| panic!("no `{word}` in:\n{text}")).1;
    let figure: String = after.chars().take_while(|c| "+-.0123456789e".contains(*c)).collect();
    figure.parse().unwrap_or_else(|_| panic!("no number behind `{word}` in:\n{text}"))
}

/// Twice the distance of two draws of the target: what few steps of training and a few lost details may cost.
const NEAR: f64 = 2.0;

#[test]
fn own_data_come_to_the_target() {
    comes_to_the_target("own_data");
}

#[test]
fn the_exact_field_keeps_its_flux_and_carries_source_to_target() {
    let text = printed("exact_field");
    // The quadrature's own error is 1e-3 at this number of nodes.
    assert!((number(&text, "flux") - 1.0).abs() < 2e-3, "{text}");
    assert!(number(&text, "landed") > 0.99 && number(&text, "W2") < NEAR * number(&text, "floor"), "{text}");
}

#[test]
fn lines_end_on_an_event_of_ones_own() {
    let text = printed("own_field_and_event");
    assert!(number(&text, "grounded") >= 1.0, "{text}");
    // Events are located to the last bits of a step.
    assert!(number(&text, "sphere by") < 1e-9, "{text}");
}

#[test]
fn an_own_tableau_has_its_order() {
    let text = printed("own_tableau");
    // The next term of the error is a 40th of the first.
    assert!((number(&text, "order") - 2.0).abs() < 0.05, "{text}");
}

#[test]
fn densities_are_those_of_the_target() {
    let text = printed("density");
    assert!(number(&text, "lost") <= 3.0, "{text}");
    // The lift along the field is wrong by the second order of a height of 0.3, 4 000 charges by 1/sqrt(4000) of each direction.
    assert!((number(&text, "ln q") - number(&text, "truth")).abs() < 0.1, "{text}");
}

#[test]
fn the_device_is_a_name() {
    let text = printed("device");
    assert!(text.contains("device cpu") && number(&text, "landed") > 0.95, "{text}");
}

#[test]
fn an_own_network_learns_in_our_loop() {
    comes_to_the_target("own_network");
}

#[test]
fn an_own_objective_is_learned() {
    comes_to_the_target("own_objective");
}

#[test]
fn own_points_are_trained_on() {
    comes_to_the_target("own_points");
}

fn comes_to_the_target(name: &str) {
    let text = printed(name);
    assert!(number(&text, "landed") > 0.98, "{text}");
    assert!(number(&text, "W2") < NEAR * number(&text, "floor"), "{text}");
}

#[test]
fn an_own_measure_stands_in_the_table() {
    let text = printed("own_measure");
    assert!(text.contains("covariance distance"), "{text}");
    // 3 √2, and the sampling error of variances of 1 000 points: 4 √(2/1000) and √(2/1000) per axis.
    assert!((number(&text, "\ncovariance distance") - 4.243).abs() < 0.8, "{text}");
    assert!(number(&text, "from themselves") == 0.0, "{text}");
}
