//! Draws every kind of picture from made data: `cargo run --release -p efm-report --example gallery -- FOLDER`.

#![allow(clippy::disallowed_methods)]

use std::path::Path;

use efm_core::{Augmented, Points, Seed, Stream};
use efm_eval::{EvalError, ImageShape, assignment, w2};
use efm_report::picture::{CloudOptions, LossPoint, clouds, field_lines, image_grid, image_pairs, loss};
use efm_report::picture::{Plane, QualityCurve, planes, planes_png, quality};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "gallery".into());
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    draw_clouds(folder)?;
    draw_lines(folder)?;
    draw_losses(folder)?;
    draw_images(folder)?;
    draw_planes(folder)?;
    draw_quality(folder)?;
    Ok(())
}

fn stream(name: &str) -> Stream {
    Seed(1).stream(name)
}

fn normal(n: usize, dim: usize, name: &str) -> Points {
    let mut generator = stream(name).at(0);
    let values = (0..n * dim).map(|_| StandardNormal.sample(&mut generator)).collect();
    Points::from_values(dim, values).expect("normal values are finite")
}

/// Swiss roll: t = 1.5 π (1 + 2u), (t cos t, t sin t)/5 with noise 0.16.
fn roll(n: usize, name: &str) -> Points {
    let mut generator = stream(name).at(1);
    let noise = normal(n, 2, name);
    let point = |k: usize| {
        let t = 1.5 * std::f32::consts::PI * (1.0 + 2.0 * generator.random::<f32>());
        [t * t.cos() / 5.0 + 0.16 * noise.point(k)[0], t * t.sin() / 5.0 + 0.16 * noise.point(k)[1]]
    };
    Points::from_values(2, (0..n).flat_map(point).collect()).expect("a roll is finite")
}

/// Shifts the first coordinate of odd points by 8 and of even ones by −8.
fn split(points: &Points) -> Points {
    let mut values = points.as_slice().to_vec();
    for (k, point) in values.chunks_exact_mut(points.dim()).enumerate() {
        point[0] = 0.6 * point[0] + if k % 2 == 0 { -3.0 } else { 3.0 };
    }
    Points::from_values(points.dim(), values).expect("still finite")
}

fn draw_clouds(folder: &Path) -> Result<(), EvalError> {
    let (source, target) = (normal(2_000, 2, "source"), roll(2_000, "target"));
    let moved = roll(2_000, "moved");
    let w2 = w2(&moved, &target, &stream("w2"))?;
    let options = CloudOptions { title: Some("Normal to Swiss roll, L = 6".into()), w2: Some(w2) };
    clouds(folder.join("clouds-2d.svg"), &source, &moved, &target, &options)?;
    let line = |name| normal(5_000, 1, name);
    let (a, b, c) = (line("a"), split(&line("b")), split(&line("c")));
    clouds(folder.join("clouds-1d.svg"), &a, &b, &c, &CloudOptions { title: None, w2: Some(0.081) })?;
    let many = |name| normal(1_500, 8, name);
    let (a, b, c) = (many("a"), split(&many("b")), split(&many("c")));
    let options = CloudOptions { title: Some("Eight dimensions".into()), w2: None };
    clouds(folder.join("clouds-8d.svg"), &a, &b, &c, &options)
}

/// Curved lines between optimally paired points, in place of a field.
fn paths(source: &Points, target: &Points, gap: f64) -> Result<Vec<Augmented>, EvalError> {
    let pairs = assignment(source, target, &stream("pairs"), efm_eval::DEFAULT_MEMORY_LIMIT)?.pairs;
    let path = |(i, j): (usize, usize)| {
        let mut line = Augmented::new(source.dim());
        for k in 0..=80 {
            let s = f64::from(k) / 80.0;
            let (ease, bulge) = (s * s * (3.0 - 2.0 * s), 1.0 + 0.5 * s * (1.0 - s));
            let x: Vec<f64> = std::iter::zip(source.point(i), target.point(j))
                .map(|(&a, &b)| bulge * (f64::from(a) * (1.0 - ease) + f64::from(b) * ease))
                .collect();
            line.push(&x, s * gap);
        }
        line
    };
    Ok(pairs.into_iter().map(path).collect())
}

fn draw_lines(folder: &Path) -> Result<(), EvalError> {
    let (source, target) = (normal(600, 2, "source"), roll(600, "target"));
    field_lines(folder.join("lines-2d.svg"), &paths(&source, &target, 6.0)?[..120], &source, &target, 6.0)?;
    let (source, target) = (normal(120, 1, "source"), split(&normal(120, 1, "target")));
    field_lines(folder.join("lines-1d.svg"), &paths(&source, &target, 2.0)?, &source, &target, 2.0)?;
    let (source, target) = (normal(500, 6, "source"), split(&normal(500, 6, "target")));
    field_lines(folder.join("lines-6d.svg"), &paths(&source, &target, 30.0)?[..100], &source, &target, 30.0)
}

fn draw_losses(folder: &Path) -> Result<(), EvalError> {
    let mut generator = stream("loss").at(0);
    let log: Vec<LossPoint> = (0..8_000_u64)
        .map(|step| {
            let noise: f64 = StandardNormal.sample(&mut generator);
            let trend = 0.02 + (-(step as f64) / 900.0).exp();
            let warm = (step as f64 / 500.0).min(1.0);
            LossPoint {
                step,
                loss: trend * (0.3 * noise).exp(),
                validation: (step % 250 == 0).then_some(trend * 1.1),
                grad_norm: Some(0.5 * trend.sqrt() * (0.5 * noise).exp()),
                lr: 2e-4 * warm * (0.5 + 0.5 * (step as f64 / 8_000.0 * std::f64::consts::PI).cos()),
            }
        })
        .collect();
    loss(folder.join("loss.svg"), &log)?;
    let plain: Vec<LossPoint> =
        log.iter().take(300).map(|point| LossPoint { validation: None, grad_norm: None, lr: 1e-3, ..*point }).collect();
    loss(folder.join("loss-short.svg"), &plain)
}

fn draw_images(folder: &Path) -> Result<(), EvalError> {
    let disc = |n: usize, channels: usize, hollow: bool| {
        let mut generator = stream("discs").at(channels as u64);
        let mut values = Vec::new();
        for _ in 0..n {
            let (x0, y0, r) =
                (generator.random_range(3.0..5.0), generator.random_range(3.0..5.0), generator.random_range(1.5..3.0));
            let tint: Vec<f32> = (0..channels).map(|_| generator.random_range(0.3..1.0)).collect();
            for tint in tint {
                for pixel in 0..64 {
                    let (x, y) = ((pixel % 8) as f32 + 0.5, (pixel / 8) as f32 + 0.5);
                    let distance: f32 = (x - x0).hypot(y - y0) - r;
                    let inside = if hollow { 1.0 - distance.abs() } else { 0.5 - distance };
                    values.push(tint * inside.clamp(0.0, 1.0) * 2.0 - 1.0);
                }
            }
        }
        Points::from_values(64 * channels, values).expect("discs are finite")
    };
    let shape = |channels| ImageShape { height: 8, width: 8, channels };
    image_grid(folder.join("images.png"), &disc(30, 1, false), shape(1), 10, (-1.0, 1.0))?;
    image_pairs(folder.join("pairs.png"), &disc(24, 3, false), &disc(24, 3, true), shape(3), 12, (-1.0, 1.0))
}

/// Two unlike line charges across the gap: ln |E|, the potential and the direction in closed form.
fn draw_planes(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    const SIZE: usize = 61;
    let at = |k: usize| [(k % SIZE) as f64 / 10.0, (k / SIZE) as f64 / 10.0 - 3.0];
    let field = |[z, x]: [f64; 2]| {
        let near = |z0: f64| (z - z0).powi(2) + x * x + 0.02;
        let (p, q) = (near(1.0), near(5.0));
        let e = [(z - 1.0) / p - (z - 5.0) / q, x / p - x / q];
        (e, 0.5 * (q / p).ln())
    };
    let cells = 0..SIZE * SIZE;
    let size = |e: [f64; 2]| e[0].hypot(e[1]);
    let line = |turn: f64| {
        let mut point = [1.0 + 0.1 * turn.cos(), 0.1 * turn.sin()];
        let mut line = vec![point];
        while line.len() < 400 && size([point[0] - 5.0, point[1]]) > 0.1 {
            let (e, _) = field(point);
            point = [0, 1].map(|axis| point[axis] + 0.05 * e[axis] / size(e));
            line.push(point);
        }
        line
    };
    let plane = Plane {
        title: "Potential and lines".into(),
        axes: ["z".into(), "x₀".into()],
        from: [0.0, -3.0],
        to: [6.0, 3.0],
        size: [SIZE; 2],
        potentials: cells.clone().map(|k| field(at(k)).1).collect(),
        lines: (0..16).map(|k| line(f64::from(k) * std::f64::consts::PI / 8.0)).collect(),
        charges: [vec![[1.0, 0.0]], vec![[5.0, 0.0]]],
        ..Plane::default()
    };
    let strength = Plane {
        title: "Strength and direction".into(),
        ln_strengths: cells.clone().map(|k| size(field(at(k)).0).ln()).collect(),
        directions: cells.map(|k| field(at(k)).0).map(|e| e.map(|part| part / size(e))).collect(),
        potentials: Vec::new(),
        lines: Vec::new(),
        ..plane.clone()
    };
    let bare = Plane { title: "Lines alone".into(), potentials: Vec::new(), ..plane.clone() };
    let all = [plane, strength, bare];
    std::fs::write(folder.join("planes.svg"), planes(&all)?)?;
    std::fs::write(folder.join("planes.png"), planes_png(&all)?)?;
    Ok(())
}

fn draw_quality(folder: &Path) -> Result<(), EvalError> {
    let solver = |name: &str, order: i32| {
        let point = |k: u32| (f64::from(8 << k), 0.15 + 40.0 * f64::from(8 << k).powi(-order));
        (name.to_owned(), (0..6).map(point).collect())
    };
    let curve = |measure: &str, floor| QualityCurve {
        measure: measure.into(),
        solvers: vec![solver("euler", 1), solver("heun", 2), solver("dopri5", 3)],
        floor,
    };
    quality(folder.join("quality.svg"), &[curve("W2", Some(0.15)), curve("Fréchet distance", None)])
}
