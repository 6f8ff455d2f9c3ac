//! `efm field`: pictures and numbers of planes of the field.

mod common;

use common::{Bench, refused};
use efm_data::{list_arrays, read_points};

const SMALL: [&str; 6] = ["--size", "12", "--charges", "50", "--lines", "4"];

#[test]
fn planes_are_written_in_every_format() {
    let bench = Bench::new();
    for (out, start) in [("field.svg", &b"<svg"[..]), ("a.png", b"\x89PNG"), ("b.npz", b"PK")] {
        for plane in ["across", "along"] {
            let show = "strength,potential,direction,lines";
            let args = ["field", "gaussian-to-moons", "--out", out, "--plane", plane, "--show", show];
            bench.efm(&[&args[..], &SMALL].concat()).assert().success();
            assert!(std::fs::read(bench.path(out)).unwrap().starts_with(start), "{out} {plane}");
        }
    }
    let svg = std::fs::read_to_string(bench.path("field.svg")).unwrap();
    assert!(!svg.contains("http://") || svg.matches("http").count() == svg.matches("http://www.w3.org/").count());
}

#[test]
fn the_numbers_are_those_of_the_field() {
    let bench = Bench::new();
    let args = ["field", "gaussian-to-moons", "--out", "f.npz", "--show", "strength,potential,direction,lines"];
    bench.efm(&[&args[..], &SMALL].concat()).assert().success();
    let names = list_arrays(&bench.path("f.npz")).unwrap();
    for name in ["first", "second", "ln_strength", "potential", "direction", "lines", "vertices", "source", "target"] {
        assert!(names.iter().any(|found| found == name), "{name}: {names:?}");
    }
    let array = |name: &str| read_points(&bench.path("f.npz"), Some(name)).unwrap();
    let (z, potential, direction) = (array("first"), array("potential"), array("direction"));
    assert_eq!((z.len(), potential.len(), potential.dim(), direction.len()), (12, 12, 12, 144));
    // Across a mirror capacitor every line moves forward, and the potential falls along it.
    // On a plate, between its charges, E_z = 0.
    assert!(direction.iter().enumerate().all(|(k, part)| part[0] > if k % 12 % 11 == 0 { -1e-5 } else { 0.0 }));
    assert!(direction.iter().all(|part| part[0].hypot(part[1]) < 1.0 + 1e-5));
    assert!(potential.iter().all(|row| row[1..11].windows(2).all(|pair| pair[0] > pair[1])));
    let vertices: f32 = array("vertices").as_slice().iter().sum();
    assert_eq!(vertices as usize, array("lines").len());
}

#[test]
fn a_run_shows_what_it_learned_and_any_number_of_coordinates_can_be_seen() {
    let bench = Bench::new();
    bench.tiny(&["train", "gaussian-to-moons", "--out", "run"]).assert().success();
    let said = |args: &[&str]| {
        let done = bench.efm(&[args, &SMALL].concat()).assert().success();
        String::from_utf8(done.get_output().stdout.clone()).unwrap()
    };
    assert!(said(&["field", "run", "--out", "a.svg"]).contains("learned"));
    assert!(!said(&["field", "run", "--out", "b.svg", "--exact"]).contains("learned"));
    for dim in ["1", "5"] {
        let source = format!("source={{kind=\"gaussian\",dim={dim}}}");
        let target = format!("target={{kind=\"gaussian\",dim={dim},std=0.3}}");
        said(&["field", "gaussian-to-moons", "--set", &source, "--set", &target, "--out", "c.svg"]);
    }
    let law = "plates.law=\"coulomb\"";
    said(&["field", "gaussian-to-moons", "--set", law, "--show", "potential,direction", "--out", "d.svg"]);
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let bench = Bench::new();
    let field = |more: &[&str]| bench.efm(&[&["field", "gaussian-to-moons"], more].concat()).assert();
    refused(field(&["--out", "f.pdf"]), 2, &["f.pdf", ".svg"]);
    refused(field(&["--size", "1"]), 2, &["--size 1"]);
    refused(field(&["--size", "100000"]), 2, &["--size"]);
    refused(field(&["--plane", "along", "--height", "2"]), 2, &["--height 2", "share"]);
    refused(field(&["--set", "plates.law=\"published\"", "--charges", "20"]), 2, &["no strength", "--show"]);
    refused(bench.efm(&["field", "nothing-like-it"]).assert(), 2, &["nothing-like-it"]);
    let flat = ["--set", "source={kind=\"gaussian\",dim=1}", "--set", "target={kind=\"gaussian\",dim=1}"];
    refused(field(&[&flat[..], &["--plane", "along"]].concat()), 2, &["D = 1"]);
    assert_eq!(bench.entries(), Vec::<String>::new(), "nothing is written");
}
