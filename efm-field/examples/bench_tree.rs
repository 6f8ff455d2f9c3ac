//! Seconds of the tree and of pairwise sums for as many points as charges, and the tree's error: one row per D, bound and size.
//!
//! `cargo run --release -p efm-field --example bench_tree -- [--json] [--svg FILE] [--most N] [--near] [--error BOUND] [DIM ...]`
//!
//! Points are drawn where the field lines run; with `--near` next to the charges, at heights about their spacing. Pairs are summed for
//! as many points as take a second or so, and extrapolated; errors are |ΔE|/|E| against f64 pairs at 200 of the points.

#![allow(clippy::disallowed_methods, clippy::print_stdout)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

use efm_core::{Augmented, Capacitor, Points, Seed, Side};
use efm_field::points::Flux;
use efm_field::{ExactField, Field, FieldValues, Law, PointSampler, Precision, Summation};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

/// Charges of both plates together.
const SIZES: [usize; 9] = [3_000, 10_000, 20_000, 30_000, 50_000, 100_000, 200_000, 300_000, 1_000_000];
/// Distance between the plates; the clouds are standard normal.
const GAP: f64 = 3.0;
/// Points at which the error is measured.
const CHECKED: usize = 200;
/// Pairs to measure the direct sums by.
const PAIRS: usize = 1_000_000_000;

/// One measurement.
struct Row {
    dim: usize,
    error: f64,
    size: usize,
    build: f64,
    tree: f64,
    direct: f64,
    median: f64,
    worst: f64,
}

fn cloud(dim: usize, len: usize, shift: f32, name: &str) -> Points {
    let mut generator = Seed(7).stream(name).at(0);
    let mut normal = || -> f32 { StandardNormal.sample(&mut generator) };
    let values = (0..dim * len).map(|_| normal() + shift).collect();
    Points::from_values(dim, values).expect("normal numbers are finite")
}

/// Points next to charges of either plate, at heights of up to the mean spacing.
fn near(capacitor: &Capacitor, count: usize) -> Augmented {
    let dim = capacitor.dim();
    let mut generator = Seed(5).stream("near").at(0);
    let spacing = 4.0 * (2.0 / count as f64).powf(1.0 / dim as f64);
    let mut at = Augmented::zeros(dim, count);
    for index in 0..count {
        let side = Side::BOTH[index % 2];
        let plate = capacitor.plate(side);
        let charge = plate.point(generator.random_range(0..plate.len()));
        for (x, &place) in at.x_mut(index).iter_mut().zip(charge) {
            let normal: f64 = StandardNormal.sample(&mut generator);
            *x = f64::from(place) + spacing * normal;
        }
        at.set_z(index, side.height(GAP) - side.charge() * -spacing * generator.random::<f64>());
    }
    at
}

/// Best seconds of up to three calls within two seconds.
fn seconds<R>(mut work: impl FnMut() -> R) -> (f64, R) {
    let (begin, mut best) = (Instant::now(), f64::INFINITY);
    loop {
        let start = Instant::now();
        let result = work();
        best = best.min(start.elapsed().as_secs_f64());
        if begin.elapsed().as_secs_f64() > 2.0 {
            return (best, result);
        }
    }
}

fn measure(dim: usize, size: usize, error: f64, next_to: bool) -> Row {
    let capacitor = Capacitor::new(cloud(dim, size / 2, 0.0, "p"), cloud(dim, size / 2, 0.3, "q"), GAP).expect("valid");
    let at = if next_to {
        near(&capacitor, size)
    } else {
        Flux::default().draw(&capacitor, Law::Coulomb, &Seed(3).stream("x"), 0, size).expect("valid").points
    };
    let some = |count: usize| {
        let mut some = Augmented::new(dim);
        let step = (size / count).max(1);
        (0..size).step_by(step).take(count).for_each(|index| some.push_point(at.point(index)));
        (some, step)
    };
    let pairs = ExactField::new(capacitor, Law::Coulomb).with_summation(Summation::Direct).expect("no error to check");
    let start = Instant::now();
    let field = pairs.clone().with_summation(Summation::Tree { error }).expect("error in range");
    let build = start.elapsed().as_secs_f64();
    let mut out = FieldValues::default();
    let (tree, ()) = seconds(|| field.evaluate_into(black_box(&at), &mut out).expect("valid"));
    let (few, _) = some((PAIRS / size).clamp(1, size));
    let (direct, _) = seconds(|| pairs.evaluate(black_box(&few)).expect("valid"));
    let (checked, step) = some(CHECKED);
    let truth = pairs.with_precision(Precision::F64).evaluate(&checked).expect("valid");
    let difference = |row: usize| {
        let strength = (out.ln_strengths[row * step] - truth.ln_strengths[row]).exp();
        let both = out.directions.point(row * step).iter().zip(truth.directions.point(row));
        both.map(|(ours, theirs)| (strength * ours - theirs).powi(2)).sum::<f64>().sqrt()
    };
    let mut errors: Vec<f64> = (0..checked.len()).map(difference).collect();
    errors.sort_by(f64::total_cmp);
    Row {
        dim,
        error,
        size,
        build,
        tree,
        direct: direct * size as f64 / few.len() as f64,
        median: errors[errors.len() / 2],
        worst: errors[errors.len() - 1],
    }
}

/// A log-log picture of seconds over charges.
fn picture(rows: &[Row]) -> String {
    let (width, height, left, bottom) = (640.0, 420.0, 70.0, 50.0);
    let (few, many) = (3.4, 6.1);
    let times = rows.iter().flat_map(|row| [row.tree, row.direct]).map(f64::log10);
    let (low, high) = times.fold((0.0_f64, 0.0_f64), |(low, high), t| (low.min(t.floor()), high.max(t.ceil())));
    let across = |size: f64| left + (size.log10() - few) / (many - few) * (width - left - 150.0);
    let up = |time: f64| height - bottom - (time.log10() - low) / (high - low) * (height - bottom - 20.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n"
    );
    let mut line = |text: std::fmt::Arguments| {
        svg.write_fmt(text).expect("a string takes what is written");
        svg.push('\n');
    };
    let right = across(10.0_f64.powf(many));
    for decade in low as i32..=high as i32 {
        let y = up(10.0_f64.powi(decade));
        line(format_args!("<path d=\"M{left} {y:.1}H{right:.1}\" stroke=\"#ddd\"/>"));
        line(format_args!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            left - 8.0,
            y + 4.0,
            10.0_f64.powi(decade)
        ));
    }
    for (size, name) in [(1e4, "10⁴"), (1e5, "10⁵"), (1e6, "10⁶")] {
        let (x, y) = (across(size), height - bottom);
        line(format_args!("<path d=\"M{x:.1} 20V{y}\" stroke=\"#ddd\"/>"));
        line(format_args!("<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{name}</text>", y + 18.0));
    }
    line(format_args!(
        "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">charges, and as many points</text>",
        (left + right) / 2.0,
        height - 12.0
    ));
    line(format_args!(
        "<text transform=\"translate(16 {:.1}) rotate(-90)\" text-anchor=\"middle\">seconds</text>",
        (height - bottom) / 2.0
    ));
    let colours = ["#0072b2", "#d55e00", "#009e73"];
    let mut labels = Vec::new();
    for dim in 1..=3 {
        let of: Vec<&Row> = rows.iter().filter(|row| row.dim == dim).collect();
        let Some(last) = of.last() else { continue };
        let colour = colours[dim - 1];
        for (name, dash, time) in [
            ("tree", "none", (|row: &Row| row.tree) as fn(&Row) -> f64),
            ("pairs", "5 4", (|row: &Row| row.direct) as fn(&Row) -> f64),
        ] {
            let place = |row: &&Row| format!("{:.1},{:.1}", across(row.size as f64), up(time(row)));
            let points: Vec<String> = of.iter().map(place).collect();
            line(format_args!(
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dash}\"/>",
                points.join(" ")
            ));
            labels.push((up(time(last)) + 4.0, colour, format!("D = {dim}, {name}")));
        }
    }
    labels.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut above = f64::NEG_INFINITY;
    for (y, colour, name) in labels {
        above = y.max(above + 14.0);
        line(format_args!("<text x=\"{:.1}\" y=\"{above:.1}\" fill=\"{colour}\">{name}</text>", right + 8.0));
    }
    svg + "</svg>\n"
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let after =
        |name: &str| arguments.iter().position(|argument| argument == name).and_then(|at| arguments.get(at + 1));
    let number = |name: &str| after(name).and_then(|text| text.parse::<f64>().ok());
    let most = number("--most").unwrap_or(1e6) as usize;
    let given = |argument: &&String| ["1", "2", "3"].contains(&argument.as_str());
    let mut dims: Vec<usize> = arguments.iter().filter(given).filter_map(|argument| argument.parse().ok()).collect();
    if dims.is_empty() {
        dims = vec![1, 2, 3];
    }
    let error = number("--error").unwrap_or(1e-3);
    if !has("--json") {
        println!("D   bound charges  build s    tree s   pairs s   ratio   median    worst");
    }
    let mut rows = Vec::new();
    for dim in dims {
        for size in SIZES.into_iter().filter(|&size| size <= most) {
            let row = measure(dim, size, error, has("--near"));
            let Row { build, tree, direct, median, worst, .. } = row;
            if has("--json") {
                println!(
                    "{{\"dim\":{dim},\"bound\":{error:e},\"points\":{size},\"charges\":{size},\"build_s\":{build:.4},\"tree_s\":{tree:.4},\
                     \"pairs_s\":{direct:.4},\"error_median\":{median:.2e},\"error_max\":{worst:.2e}}}"
                );
            } else {
                println!(
                    "{dim} {:7.0e} {size:7} {build:8.3} {tree:9.3} {direct:9.3} {:7.2} {median:8.1e} {worst:8.1e}",
                    row.error,
                    direct / tree
                );
            }
            rows.push(row);
        }
    }
    if let Some(path) = after("--svg") {
        std::fs::write(path, picture(&rows)).expect("the picture can be written");
    }
}
