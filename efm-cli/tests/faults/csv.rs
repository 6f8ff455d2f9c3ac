//! Numbers in lines of text, and clouds that make no capacitor or a strange one.

use crate::common::{Bench, csv};
use crate::row::{Row, check};

pub const TESTS: &[(&str, &str)] = &[
    ("byte order mark and CRLF are accepted", "texts_of_one_cloud_are_one_cloud"),
    ("identical points", "strange_clouds_give_finite_numbers"),
    ("constant columns", "columns_that_never_vary_give_finite_numbers"),
    ("a query on a charge", "starts_on_charges_give_finite_numbers"),
];

/// `text` as the target, which is refused with the file and the place.
fn target(fault: &'static str, name: &'static str, text: &'static str, says: &[&'static str]) -> Row {
    Row::refused(fault, name, 3, &[&["x.csv"], says].concat())
        .file("good.csv", csv(40, 0.0))
        .file("x.csv", text)
        .typed(&["run", "--source", "good.csv", "--target", "x.csv", "--out", "run"])
}

/// The same file as the source.
fn source(row: Row) -> Row {
    row.typed(&["map", "--source", "x.csv", "--target", "good.csv", "--out", "run"])
}

pub fn rows() -> Vec<Row> {
    let mut endless = b"1,2\n3,".to_vec();
    endless.extend(vec![b'7'; 3 << 20]);
    let mut quoted = b"1,2\n3,\"".to_vec();
    quoted.extend(vec![b'\n'; 3 << 20]);
    let large = |name, content: Vec<u8>| {
        Row::refused("endless field", name, 6, &["x.csv", "line 2, field 2", "1048576"])
            .file("good.csv", csv(40, 0.0))
            .file("x.csv", content)
            .typed(&["run", "--source", "good.csv", "--target", "x.csv", "--out", "run"])
    };
    const RAGGED: &str = "ragged CSV";
    const NUMBERS: &str = "NaN and infinity in CSV";
    const FEW: &str = "fewer than two points";
    vec![
        target(RAGGED, "short-line", "1,2\n3\n5,6\n", &["x.csv:2:2", "1 of 2 fields"]),
        target(RAGGED, "long-line", "1,2\n3,4,5\n", &["x.csv:2:3", "more than the 2"]),
        target(RAGGED, "empty-field", "x,y\n1,2\n\n3,\n", &["x.csv:4:2", "empty"]),
        target(RAGGED, "word", "1,2\n3,x\n", &["x.csv:2:2", "\"x\" is not a number"]),
        target(RAGGED, "open-quote", "1,\"2\n\n3,4\n", &["x.csv:1:2", "quote never ends"]),
        target(NUMBERS, "nan", "1,2\n3,nan\n5,6\n", &["x.csv:2:2", "\"nan\""]),
        target(NUMBERS, "inf", "1,2\n3,4\ninf,6\n", &["x.csv:3:1", "\"inf\""]),
        target(NUMBERS, "beyond-f32", "1,2\n3,1e39\n", &["x.csv:2:2", "\"1e39\""]),
        source(target(NUMBERS, "nan-in-source", "1,2\r\n3,4\r\n5,NaN\r\n", &["x.csv:3:2"])),
        large("digits", endless),
        large("quoted", quoted),
        target(FEW, "one", "1,2\n", &["1 point(s); at least 2"]),
        target(FEW, "none", "x,y\n", &["0 point(s)"]),
        target(FEW, "empty-file", "", &["is empty"]),
        source(target(FEW, "one-in-source", "1,2\n", &["1 point(s); at least 2"])),
        target("plates of different D", "run-three-for-two", "1,2,3\n4,5,6\n7,8,10\n", &["D = 2", "D = 3", "columns"]),
        source(target("plates of different D", "map-three-to-two", "1,2,3\n4,5,6\n7,8,10\n", &["D = 2", "D = 3"])),
    ]
}

#[test]
fn broken_text_is_refused() {
    check(&rows());
}

#[test]
fn texts_of_one_cloud_are_one_cloud() {
    let bench = Bench::new();
    bench.put("plain.csv", "1,2\n3,4\n-5,6\n");
    for text in [
        "\u{feff}1,2\n3,4\n-5,6\n",
        "1,2\r\n3,4\r\n-5,6\r\n",
        "\u{feff}x,y\r\n1,2\r\n\r\n3,4\r\n-5,6",
        "1\t2\r3\t4\r-5\t6\r",
        "# made by hand\na;b\n 1 ; 2 \n\"3\";+4.0\n-5;6e0\n",
    ] {
        bench.put("x.csv", text);
        let json = bench.efm(&["eval", "x.csv", "plain.csv", "--json"]).assert().success().get_output().stdout.clone();
        let metrics: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(metrics["w2"].as_f64(), Some(0.0), "{text:?}: {metrics}");
    }
}

/// Maps and trains from one cloud to another; every measure must be a number, and so must every point.
fn finite(source: &str, target: &str) {
    let bench = Bench::new();
    bench.put("a.csv", source);
    bench.put("b.csv", target);
    let plates = ["--source", "a.csv", "--target", "b.csv"];
    let mut commands = vec![[&["run"][..], &plates, &["--out", "run"]].concat()];
    for map in ["mirror", "loops", "charges", "accept", "forward", "published", "random"] {
        commands.push([&["map"], &plates[..], &["--map", map, "--out", map]].concat());
    }
    for command in commands {
        let out = command.last().unwrap();
        bench.tiny(&command).assert().success();
        let metrics: serde_json::Value =
            serde_json::from_slice(&std::fs::read(bench.path(out).join("metrics.json")).unwrap()).unwrap();
        for key in ["w2", "w2_floor", "sliced_w2", "energy_distance"] {
            assert!(metrics[key].as_f64().is_some_and(f64::is_finite), "{out}: {key} of {metrics}");
        }
        // The reader refuses NaN and infinity.
        efm_data::read_points(&bench.path(out).join("transported.npy"), None).unwrap();
    }
}

#[test]
fn strange_clouds_give_finite_numbers() {
    finite(&"1,5\n".repeat(40), &"1,5\n".repeat(40));
    finite(&"1,5\n".repeat(40), &csv(40, 3.0));
}

#[test]
fn columns_that_never_vary_give_finite_numbers() {
    let flat = (0..40).map(|i| format!("{i},5\n")).collect::<String>();
    finite(&flat, &flat);
    finite(&csv(40, 0.0), &flat);
}

#[test]
fn starts_on_charges_give_finite_numbers() {
    // A set evaluated on itself: every start is a charge of the source.
    let bench = Bench::new();
    bench.put("a.csv", csv(40, 0.0));
    bench.put("b.csv", csv(40, 2.0));
    for height in ["solver.start_height=0", "solver.start_height=1e-12"] {
        let args = ["map", "--source", "a.csv", "--target", "b.csv", "--out", "run", "--force"];
        let settings = ["--set", "data.test_fraction=0", "--set", height];
        bench.tiny(&[&args[..], &settings].concat()).assert().success();
        let metrics: serde_json::Value =
            serde_json::from_slice(&std::fs::read(bench.path("run/metrics.json")).unwrap()).unwrap();
        assert!(metrics["w2"].as_f64().is_some_and(f64::is_finite), "{metrics}");
    }
}
