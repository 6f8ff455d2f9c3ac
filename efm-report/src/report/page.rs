use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::detail::Detail;
use super::record::RunRecord;
use super::view;

/// Bytes a page has at most; pictures that would make it larger are left out, and named.
pub const MOST_BYTES: usize = 8 << 20;

const TEMPLATE: &str = include_str!("assets/page.html");
const STYLE: &str = include_str!("assets/style.css");
const PLOTLY: &str = include_str!("assets/plotly-gl3d.min.js");
const CODE: [&str; 9] = [
    include_str!("assets/js/util.js"),
    include_str!("assets/js/state.js"),
    include_str!("assets/js/scene.js"),
    include_str!("assets/js/clouds.js"),
    include_str!("assets/js/slices.js"),
    include_str!("assets/js/curves.js"),
    include_str!("assets/js/tables.js"),
    include_str!("assets/js/live.js"),
    include_str!("assets/js/main.js"),
];

/// Room left for what changes while a page is live.
const RESERVE: usize = 64 << 10;

/// What a page shows.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// Its title.
    pub title: &'a str,
    /// The program that made it, with its version.
    pub program: &'a str,
    /// The runs, in the order of their chips.
    pub runs: &'a [RunRecord],
    /// That a server beside it, at `events`, says what is new, and what tells this state of the runs from others.
    pub live: Option<&'a str>,
}

/// The page, one HTML file below [`MOST_BYTES`] that needs nothing else.
///
/// It draws whatever it is given: no runs, empty logs, clouds without points.
pub fn page(page: &Page<'_>) -> String {
    let data = json!({ "program": page.program, "live": page.live.is_some(), "seen": page.live.unwrap_or(""), "runs": runs_json(page.runs) });
    let plain: Vec<_> = page
        .runs
        .iter()
        .map(|run| {
            let summary = run.metrics.as_ref().map(efm_eval::Metrics::summary).unwrap_or_default();
            format!("{}\n{}\n{summary}", run.name, run.headline)
        })
        .collect();
    let code = format!("(() => {{\n\"use strict\";\n{}}})();\n", CODE.concat());
    fill(TEMPLATE, |name| match name {
        "title" => escaped(page.title),
        "connect" => if page.live.is_some() { "'self'" } else { "'none'" }.to_owned(),
        "style" => STYLE.to_owned(),
        "plotly" => PLOTLY.to_owned(),
        "plain" => escaped(&plain.join("\n")),
        // Inside a script element only `</script` and `<!--` mean anything; JSON may write `<` in another way.
        "data" => data.to_string().replace('<', "\\u003c"),
        "code" => code.clone(),
        _ => String::new(),
    })
}

/// The runs of a page as JSON; what a server sends when they change.
pub fn runs_json(runs: &[RunRecord]) -> Vec<Value> {
    let detail = Detail::of(runs.len());
    let mut views: Vec<Value> = runs.iter().map(|run| view::run(run, detail)).collect();
    let used: usize = views.iter().map(|view| view.to_string().len()).sum();
    let fixed =
        PLOTLY.len() + TEMPLATE.len() + STYLE.len() + CODE.iter().map(|code| code.len()).sum::<usize>() + RESERVE;
    let mut room = MOST_BYTES.saturating_sub(fixed + used);
    // The first picture of every run comes before the second of any.
    let most = runs.iter().map(|run| run.pictures.len()).max().unwrap_or(0);
    for index in 0..most {
        for (run, view) in runs.iter().zip(&mut views) {
            let Some(picture) = run.pictures.get(index) else { continue };
            let address = format!("data:image/png;base64,{}", BASE64_STANDARD.encode(&picture.png));
            let json = json!({ "name": picture.name, "caption": picture.caption, "alt": picture.alt, "src": address });
            let size = json.to_string().len();
            if size <= room {
                room -= size;
                push(&mut view["pictures"], json);
            } else {
                let text =
                    format!("pictures/{}: too large for a page of 8 MiB; it is in the run's folder", picture.name);
                push(&mut view["missing"], text.into());
            }
        }
    }
    views
}

fn push(list: &mut Value, value: Value) {
    if let Value::Array(list) = list {
        list.push(value);
    }
}

/// Replaces every `{{name}}` of a template, once: what is put in is not looked at again.
fn fill(template: &str, value: impl Fn(&str) -> String) -> String {
    let mut parts = template.split("{{");
    let mut page = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap_or((part, ""));
        page.push_str(&value(name));
        page.push_str(rest);
    }
    page
}

/// Text as it may stand in HTML, in attributes too.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}
