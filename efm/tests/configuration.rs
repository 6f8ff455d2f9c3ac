//! Configurations: what is refused and where, and who wins.

use std::path::Path;

use efm::config::{Charges, ConfigError, ConfigSource, Gap, Method, Objective, Place, RunConfig, load};
use efm_field::Law;

const PLATES: &str = "source.kind = 'gaussian'\ntarget.kind = 'moons'\n";

fn source(text: &str, settings: &[&str]) -> ConfigSource {
    ConfigSource {
        name: "x.toml".to_owned(),
        text: format!("{PLATES}{text}"),
        settings: settings.iter().map(|&s| s.to_owned()).collect(),
        ..ConfigSource::default()
    }
}

fn good(text: &str, settings: &[&str]) -> RunConfig {
    load(&source(text, settings)).unwrap_or_else(|error| panic!("{text:?}, {settings:?}: {error}"))
}

fn bad(text: &str, settings: &[&str]) -> ConfigError {
    match load(&source(text, settings)) {
        Ok(_) => panic!("{text:?}, {settings:?} passed"),
        Err(error) => {
            let message = error.to_string();
            assert!(!message.contains('\n') && !error.hint.contains('\n'), "more than a line: {message}");
            assert!(!error.hint.is_empty(), "no hint: {message}");
            error
        }
    }
}

#[test]
fn unknown_keys_are_placed_and_the_nearest_is_named() {
    // Two lines come before the text.
    for (text, place, key) in [
        ("[train]\nstepz = 3", "x.toml:4:1", "`steps`"),
        ("[train]\n\n  lerning_rate = 3", "x.toml:5:3", "`learning_rate`"),
        ("[plates]\ngap = 3.0\nlaw = 'miror'", "x.toml:5:7", "`mirror`"),
        ("[solver]\nmethod = 'dopri6'", "x.toml:4:10", "`dopri5`"),
        ("seeed = 3", "x.toml:3:1", "`seed`"),
        ("[trian]\nsteps = 3", "x.toml:3:2", "`train`"),
        ("[model]\nkind = 'mlp'\nwdth = 3", "x.toml:", "`width`"),
        ("[train]\nschedule = 'cosin'", "x.toml:4:12", "`cosine`"),
    ] {
        let error = bad(text, &[]);
        assert!(error.place.to_string().starts_with(place), "{text:?}: {}", error.place);
        assert!(error.hint.contains(key), "{text:?}: {}", error.hint);
    }
}

#[test]
fn wrong_types_and_broken_toml_are_placed() {
    for (text, place) in [
        ("[train]\nsteps = 'many'", "x.toml:4:9"),
        ("[train]\nsteps = 1.5", "x.toml:4:9"),
        ("[train]\nsteps = -1", "x.toml:4:9"),
        ("[train]\nsteps = 99999999999999999999", "x.toml:4:9"),
        ("[train]\nsteps = ", "x.toml:4:9"),
        ("[train]\nsteps = 1\nsteps = 2", "x.toml:5:1"),
        ("[train", "x.toml:3:"),
        ("train = 3", "x.toml:3:9"),
        ("seed = true", "x.toml:3:8"),
        ("[plates]\ngap = 'wide'", "x.toml:4:7"),
        ("[train]\ncharges = 'some'", "x.toml:4:11"),
    ] {
        let error = bad(text, &[]);
        assert!(error.place.to_string().starts_with(place), "{text:?}: {error}");
    }
}

#[test]
fn values_that_make_no_run_name_their_key() {
    for (key, values) in [
        ("plates.gap", &["0", "0.0", "-1", "-1.5", "nan", "inf", "true"][..]),
        ("train.steps", &["0"]),
        ("train.batch", &["0"]),
        ("train.pool", &["0", "10"]),
        ("train.log_every", &["0"]),
        ("train.charges", &["0", "-3", "1.5"]),
        ("train.learning_rate", &["0", "-1e-3", "nan", "inf"]),
        ("train.reuse", &["0", "-1.0", "nan", "inf"]),
        ("train.clip", &["-1.0", "nan", "inf"]),
        ("train.ema", &["-0.1", "1.0", "1.5", "nan"]),
        ("data.test_fraction", &["-0.1", "0.95", "nan"]),
        ("solver.rtol", &["0", "-1.0", "nan"]),
        ("solver.atol", &["0", "-1.0", "nan"]),
        ("solver.max_evaluations", &["0"]),
        ("solver.start_height", &["-0.1", "nan", "inf"]),
        ("solver.lost_share", &["-0.1", "1.1", "nan"]),
        ("eval.samples", &["0", "1"]),
        ("eval.projections", &["0"]),
        ("eval.floor_repeats", &["0"]),
        ("eval.mean_of", &["0"]),
    ] {
        for value in values {
            let setting = format!("{key}={value}");
            let error = bad("", &[&setting]);
            assert_eq!(error.place, Place::Setting(setting.to_owned()), "{error}");
            let (table, leaf) = key.split_once('.').unwrap();
            // The key itself, or its value where the type is wrong.
            let error = bad(&format!("[{table}]\n# a remark\n{leaf} = {value}"), &[]);
            assert!(error.place.to_string().starts_with("x.toml:5:"), "{key} = {value}: {error}");
        }
    }
}

#[test]
fn lines_of_a_tube_want_a_mirror_its_points_and_for_their_ends_images() {
    let tube = ["train.objective=ends", "train.points.kind=tube"];
    for (settings, told) in [
        (&[&tube[..], &["plates.law=coulomb"]].concat()[..], "mirror"),
        (&["train.objective=ends", "train.points.kind=chord"], "tube"),
        (&tube, "for images"),
        (&["solver.keep_angles=true"], "ends"),
    ] {
        let error = bad("", settings).to_string();
        assert!(error.contains(told), "{settings:?}: {error}");
    }
    good("", &[&tube[..], &["model.kind=u-net"]].concat());
}

#[test]
fn settings_that_are_none() {
    for (setting, part) in [
        ("train.steps", "no `=`"),
        ("", "no `=`"),
        ("=3", "unknown field"),
        ("train..steps=3", "unknown field"),
        ("name.x=3", "not a table"),
        ("train=3", "invalid type"),
        ("train.steps=3 4", "invalid type"),
    ] {
        let error = bad("name = 'x'\n", &[setting]);
        assert_eq!(error.place, Place::Setting(setting.to_owned()));
        assert!(error.message.contains(part), "{error}");
    }
}

#[test]
fn both_plates_are_needed() {
    let error = load(&ConfigSource { name: "x.toml".to_owned(), ..ConfigSource::default() }).unwrap_err();
    assert!(error.to_string().contains("x.toml") && error.message.contains("source"), "{error}");
}

#[test]
fn settings_win_over_the_method_and_the_method_over_the_file() {
    let file = "method = 'forward'\n[plates]\nlaw = 'mirror'\ngap = 5.0\n[train]\nlearning_rate = 0.5\n";
    // In the file alone the keys set by hand win over the method the file names.
    let config = good(file, &[]);
    assert_eq!((config.method, config.plates.law), (Method::Forward, Law::Mirror));
    // A method asked for by name wins over the file.
    let published =
        |settings: &[&str]| load(&ConfigSource { method: Some(Method::Published), ..source(file, settings) }).unwrap();
    let config = published(&[]);
    assert_eq!((config.method, config.plates.law), (Method::Published, Law::Published));
    assert_eq!((config.plates.gap, config.train.learning_rate), (Gap::Length(6.0), 1e-4));
    // Settings win over both, the last one over those before.
    let config = published(&["plates.gap=3", "plates.gap=4", "train.learning_rate=0.25"]);
    assert_eq!((config.plates.law, config.plates.gap), (Law::Published, Gap::Length(4.0)));
    assert_eq!(config.train.learning_rate, 0.25);
}

#[test]
fn the_method_that_a_file_has_anyway_changes_nothing() {
    let file = "method = 'tube'\n[train.points]\nkind = 'tube'\nangles = [0.4, 0.6]\n[solver]\nstart_height = 3.0\n";
    let alone = good(file, &[]);
    let asked = load(&ConfigSource { method: Some(Method::Tube), ..source(file, &[]) }).unwrap();
    assert_eq!(alone, asked);
    assert_eq!(good(file, &["method=tube"]), alone);
    // One that names none gets what is asked for, the usual one too.
    let two = "[plates]\nlaw = 'coulomb'\n";
    assert_eq!(good(two, &["method=mirror"]).plates.law, Law::Mirror);
}

#[test]
fn a_method_in_a_file_or_a_setting_brings_its_keys() {
    let config = good("method = 'published'", &[]);
    assert_eq!((config.plates.law, config.train.objective), (Law::Published, Objective::Direction));
    assert_eq!(config.solver.steps, 12);
    let config = good("method = 'forward'", &[]);
    assert_eq!((config.plates.law, config.train.objective), (Law::Coulomb, Objective::Field));
    for method in Method::ALL {
        let named = good(&format!("method = '{}'", method.name()), &[]);
        assert_eq!(named.method, method);
        let asked = load(&ConfigSource { method: Some(method), ..source("", &[]) }).unwrap();
        assert_eq!(named, asked, "{}: by name or in the file, the same run", method.name());
        let set = good("", &[&format!("method={}", method.name())]);
        assert_eq!(set, asked, "{}: by a setting, the same run", method.name());
    }
}

#[test]
fn settings_make_tables_and_take_bare_words() {
    let config = good("", &["name=my run", "train.charges=all", "plates.gap=auto", "target.kind=pinwheel"]);
    assert_eq!((config.name.as_str(), config.train.charges), ("my run", Charges::All));
    assert_eq!((config.plates.gap, config.target.kind()), (Gap::Auto, "pinwheel"));
}

#[test]
fn a_resolved_configuration_reads_back_as_itself() {
    for method in Method::ALL {
        let config = load(&ConfigSource { method: Some(method), ..source("", &[]) }).unwrap();
        let text = toml::to_string(&config).unwrap();
        let again = load(&ConfigSource { name: "again".to_owned(), text, ..ConfigSource::default() }).unwrap();
        assert_eq!(again, config, "{}", method.name());
    }
}

#[test]
fn every_preset_parses() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../experiments");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let source = ConfigSource::from_file(&path).unwrap();
        let config = load(&source).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(Some(config.name.as_str()), path.file_stem().and_then(|stem| stem.to_str()));
        assert!(!config.about.is_empty(), "{}: says nothing about itself", config.name);
        count += 1;
    }
    assert!(count >= 6, "{count} presets");
}
