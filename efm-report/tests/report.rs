//! The page of a run: whole, self-contained, small, and safe with whatever names and numbers it is given.

use efm_core::{Augmented, Points};
use efm_eval::{Measured, Metrics, Statistics};
use efm_report::picture::LossPoint;
use efm_report::{Clouds, MOST_BYTES, PacePoint, Page, Picture, RunRecord, Slices, Traced, model_card, page};

/// Points on a circle.
fn ring(count: usize, dim: usize, radius: f32) -> Points {
    let values = (0..count * dim).map(|k| radius * ((k * 7 % 100) as f32 * 0.0628).sin()).collect();
    Points::from_values(dim, values).unwrap()
}

fn line(dim: usize, shift: f64) -> Augmented {
    let mut line = Augmented::new(dim);
    (0..=20).for_each(|k| line.push(&vec![shift + 0.01 * f64::from(k); dim], 0.15 * f64::from(k)));
    line
}

/// A run with every part.
fn whole(dim: usize) -> RunRecord {
    let statistics = Statistics { mean: 0.25, std: 0.01, min: 0.24, max: 0.27, count: 4 };
    let metrics = Metrics {
        w2: Some(0.25),
        w2_floor: Some(0.2),
        repeats: [("w2".to_owned(), statistics)].into(),
        floors: [("w2".to_owned(), Statistics { mean: 0.2, ..statistics })].into(),
        lines: [("landed".to_owned(), 30), ("escaped".to_owned(), 1)].into(),
        evaluations_mean: Some(42.0),
        samples: 31,
        dim,
        ..Metrics::default()
    };
    let log = |step: u64| LossPoint { step, loss: 1.0 / step as f64, validation: None, grad_norm: Some(0.5), lr: 1e-3 };
    let cells = 9 * 9 * 3;
    RunRecord {
        name: "moons".to_owned(),
        numbers: Some(serde_json::to_value(&metrics).unwrap()),
        metrics: Some(metrics),
        log: (1..5_000).map(log).collect(),
        pace: (1..5_000).map(|step| PacePoint { step, seconds: 0.01 * step as f64 }).collect(),
        traced: Some(Traced {
            source: ring(40, dim, 1.0),
            target: ring(40, dim, 2.0),
            gap: 3.0,
            lines: (0..31).map(|k| line(dim, 0.1 * f64::from(k))).collect(),
            lost: (0..31).map(|k| k == 30).collect(),
            forward: true,
            evaluations: (0..31).collect(),
        }),
        clouds: Some(Clouds {
            source: ring(40, dim, 1.0),
            transported: ring(40, dim, 2.0),
            target: ring(40, dim, 2.0),
        }),
        slices: (dim == 2).then(|| Slices {
            from: [-1.0; 2],
            to: [1.0; 2],
            size: 9,
            gap: 3.0,
            heights: vec![0.1, 1.5, 2.9],
            exact: Some((0..cells).map(|k| [0.6, 0.0, 0.8, -(k as f64)]).collect()),
            learned: Some(vec![[0.0, 0.6, 0.8]; cells]),
        }),
        ..RunRecord::default()
    }
}

fn page_of(runs: &[RunRecord]) -> String {
    page(&Page { title: "a title", program: "efm", runs, live: None })
}

/// The data inside a page.
fn data(html: &str) -> serde_json::Value {
    let (_, rest) = html.split_once("<script id=\"data\" type=\"application/json\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn the_page_loads_nothing_from_anywhere() {
    let html = page_of(&[whole(2)]);
    // The library names addresses, of namespaces and of its makers; the policy below keeps it from any.
    let (before, rest) = html.split_once("<script>/**\n* plotly.js").unwrap();
    let (_, after) = rest.split_once("</script>").unwrap();
    for part in [before, after] {
        let known = part.replace("http://www.w3.org/2000/svg", "");
        for word in ["http:", "https:", "//cdn", "@import", "url(", "<link rel=\"stylesheet", "<iframe", "import("] {
            assert!(!known.contains(word), "{word}");
        }
    }
    let policy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; connect-src 'none'";
    assert!(before.contains(policy));
    assert!(html.contains("prefers-color-scheme: dark") && html.contains("width=device-width"));
}

#[test]
fn every_number_of_the_metrics_is_there() {
    let run = whole(2);
    let html = page_of(std::slice::from_ref(&run));
    let shown = data(&html)["runs"][0]["numbers"].clone();
    let shown: Vec<(String, String)> = serde_json::from_value(shown).unwrap();
    fn walk(path: String, value: &serde_json::Value, shown: &[(String, String)]) {
        match value {
            serde_json::Value::Object(map) => map.iter().for_each(|(key, value)| {
                walk(if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, value, shown);
            }),
            serde_json::Value::Number(number) => {
                assert!(shown.contains(&(path.clone(), number.to_string())), "{path} = {number}");
            }
            _ => {}
        }
    }
    walk(String::new(), run.numbers.as_ref().unwrap(), &shown);
    let measures = data(&html)["runs"][0]["measures"].clone();
    // t₃ = 3.182446305 at 97.5 %: half of the interval of a mean of four.
    assert!((measures[0]["half"].as_f64().unwrap() - 3.182_446_305 * 0.01 / 2.0).abs() < 1e-10, "{measures}");
}

#[test]
fn a_measure_of_ones_own_has_floor_and_interval_on_page_and_card() {
    let mut run = whole(2);
    let metrics = run.metrics.as_mut().unwrap();
    metrics.own.push(Measured { key: "reach".into(), title: "reach".into(), value: Some(2.0), floor: Some(0.5) });
    metrics.repeats.insert("reach".into(), metrics.repeats["w2"]);
    metrics.floors.insert("reach".into(), metrics.floors["w2"]);
    let card = model_card(&run, "efm");
    assert!(card.contains("| reach | 2 ± 0.01591 | 0.5 | 4.00 |"), "{card}");
    let measures = data(&page_of(&[run]))["runs"][0]["measures"].clone();
    let own = measures.as_array().unwrap().iter().find(|measure| measure["key"] == "reach").unwrap();
    assert!(own["half"].is_number() && own["floor"]["mean"] == 0.2 && own["title"] == "reach", "{own}");
}

#[test]
fn names_from_files_are_text_and_nothing_else() {
    let evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>{{data}}\u{2028}\"'&";
    let run = RunRecord {
        name: evil.to_owned(),
        headline: evil.to_owned(),
        about: evil.to_owned(),
        config: Some(evil.to_owned()),
        commands: vec![(evil.to_owned(), evil.to_owned())],
        facts: vec![(evil.to_owned(), evil.to_owned())],
        missing: vec![evil.to_owned()],
        pictures: vec![Picture { name: evil.into(), caption: evil.into(), alt: evil.into(), png: vec![1, 2, 3] }],
        metrics: Some(Metrics { method: evil.to_owned(), ..Metrics::default() }),
        ..whole(2)
    };
    let html = page(&Page { title: evil, program: evil, runs: &[run], live: Some(evil) });
    let plain = page_of(&[whole(2)]);
    assert_eq!(html.matches("<script").count(), plain.matches("<script").count());
    assert_eq!(html.matches("</script").count(), plain.matches("</script").count());
    assert!(!html.contains("<img src=x"));
    assert_eq!(data(&html)["runs"][0]["name"], evil, "and the text itself is all there");
    let card =
        model_card(&RunRecord { name: evil.to_owned(), facts: vec![("a|b".into(), evil.into())], ..whole(2) }, "efm");
    assert!(!card.contains("<script") && !card.contains("<img"), "{card}");
}

#[test]
fn a_page_of_many_runs_and_large_pictures_stays_small_and_says_what_is_left_out() {
    let picture = |name: &str, bytes: usize| Picture {
        name: name.to_owned(),
        caption: String::new(),
        alt: String::new(),
        png: vec![7; bytes],
    };
    let run = RunRecord { pictures: vec![picture("a.png", 500_000), picture("b.png", 3_000_000)], ..whole(2) };
    let runs = vec![run; 6];
    let html = page_of(&runs);
    assert!(html.len() < MOST_BYTES, "{}", html.len());
    let data = data(&html);
    let shown: usize = (0..6).map(|k| data["runs"][k]["pictures"].as_array().unwrap().len()).sum();
    let named: usize = (0..6).map(|k| data["runs"][k]["missing"].as_array().unwrap().len()).sum();
    assert_eq!((shown + named, data["runs"][5]["pictures"][0]["name"].as_str()), (12, Some("a.png")));
    assert!(page_of(&vec![whole(2); 40]).len() < MOST_BYTES);
}

#[test]
fn a_page_draws_whatever_there_is() {
    for runs in [vec![], vec![RunRecord::default()], vec![whole(1), whole(3), whole(50)]] {
        let html = page_of(&runs);
        assert_eq!(data(&html)["runs"].as_array().unwrap().len(), runs.len());
    }
    // Nothing finite, nothing wide, nothing at all.
    let flat = Points::from_values(2, vec![1.0; 8]).unwrap();
    let mut stray = Augmented::new(2);
    stray.push(&[f64::NAN, f64::INFINITY], f64::NAN);
    let traced = Traced {
        source: flat.clone(),
        target: flat,
        gap: f64::NAN,
        lines: vec![stray, Augmented::new(2)],
        lost: Vec::new(),
        forward: false,
        evaluations: vec![3, 3],
    };
    let slices = Slices { exact: None, learned: None, ..whole(2).slices.unwrap() };
    let log = vec![LossPoint { loss: f64::NAN, ..LossPoint::default() }];
    let run = RunRecord { traced: Some(traced), slices: Some(slices), log, ..RunRecord::default() };
    let scene = data(&page_of(&[run]))["runs"][0]["scene"].clone();
    let [low, high] = [0, 1].map(|k| scene["box"][0][k].as_f64().unwrap());
    assert!(low < high && scene["lines"][0][0].is_null(), "{scene}");
}

#[test]
fn curves_are_thinned_and_keep_their_ends_and_their_speed() {
    let data = data(&page_of(&[whole(2)]));
    let (log, pace) = (&data["runs"][0]["log"], &data["runs"][0]["pace"]);
    let steps = log["step"].as_array().unwrap();
    assert!(steps.len() <= 1_201 && steps[0] == 1 && steps.last().unwrap() == 4_999);
    // A step takes 0.01 s.
    assert!(pace["speed"].as_array().unwrap().iter().all(|speed| (speed.as_f64().unwrap() - 100.0).abs() < 0.1));
}

#[test]
fn a_card_tells_measures_with_floors_and_commands() {
    let run = RunRecord {
        commands: vec![("Again".to_owned(), "efm run runs/moons/config.toml".to_owned())],
        config: Some("name = \"moons\"".to_owned()),
        ..whole(2)
    };
    let card = model_card(&run, "efm 0.1.0");
    for word in [
        "| W2 | 0.25 ± 0.01591 | 0.2 | 1.25 |",
        "    efm run runs/moons/config.toml",
        "    name = \"moons\"",
        "model.safetensors",
        "## Limits",
    ] {
        assert!(card.contains(word), "{word}: {card}");
    }
}
