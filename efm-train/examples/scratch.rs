#![allow(missing_docs, clippy::all, clippy::print_stdout)]
use efm_core::*;
use efm_data::*;
use efm_field::*;
use efm_integrate::*;
use efm_integrate::maps::*;
use efm_train::*;
fn main() {
    let dir = std::env::args().nth(1).unwrap();
    let device = efm_models::device::parse("cpu").unwrap();
    let model = TrainedModel::load(std::path::Path::new(&format!("{dir}/model")), &device).unwrap();
    let s: DataSpec = DataSpec::default();
    let p = s.open(std::path::Path::new("")).unwrap().draw(&Seed(9).stream("p"), 0, 10000);
    let q = DataSpec::SwissRoll(Default::default()).open(std::path::Path::new("")).unwrap().draw(&Seed(9).stream("q"), 0, 10000);
    let cap = Capacitor::new(model.scalers.plate(Side::Source).apply(&p).unwrap(), model.scalers.plate(Side::Target).apply(&q).unwrap(), model.geometry.gap).unwrap();
    let exact = ExactField::new(cap, Law::Mirror);
    let learned = model.field(&device);
    println!("geometry {:?} ", model.geometry);
    let gap = model.geometry.gap;
    // map of exact
    let fresh = DataSpec::default().open(std::path::Path::new("")).unwrap().draw(&Seed(10).stream("p"), 0, 1000);
    let t = Tracer { form: Form::LogitZ, step: StepControl::tolerances(1e-4,1e-4), edge: 0.002, ..Tracer::default() };
    let m = Forward { tracer: t, start_height: 0.0, ..Default::default() };
    let go = |f: &dyn Field| { let l = m.transport(f, &model.scalers.plate(Side::Source).apply(&fresh).unwrap(), &Seed(3).stream("x")).unwrap(); println!("{:?} {}", l.tally(), l.evaluations_mean()); model.scalers.plate(Side::Target).undo(&l.ends.to_points().unwrap()).unwrap() };
    let a = go(&exact); let b = go(&learned);
    let mut rows: Vec<(f32, f32, usize)> = (0..fresh.len()).map(|i| { let d = |p: &[f32], q: &[f32]| ((p[0]-q[0]).powi(2) + (p[1]-q[1]).powi(2)).sqrt(); (d(fresh.point(i), &[0.0,0.0]), d(a.point(i), b.point(i)), i) }).collect();
    rows.sort_by(|x, y| x.0.total_cmp(&y.0));
    for c in rows.chunks(100) { let m = |f: &dyn Fn(&(f32,f32,usize)) -> f32| c.iter().map(f).sum::<f32>() / c.len() as f32; let mut e: Vec<f32> = c.iter().map(|r| r.1).collect(); e.sort_by(f32::total_cmp); println!("start radius {:.2} err median {:.3} p90 {:.3} max {:.3}", m(&|r| r.0), e[50], e[90], e[99]); }
    for r in rows.iter().rev().take(12) { println!("{:?} exact {:?} learned {:?}", fresh.point(r.2), a.point(r.2), b.point(r.2)); }
    let q2 = DataSpec::SwissRoll(Default::default()).open(std::path::Path::new("")).unwrap().draw(&Seed(19).stream("q"), 0, 1000);
    let q3 = DataSpec::SwissRoll(Default::default()).open(std::path::Path::new("")).unwrap().draw(&Seed(29).stream("q"), 0, 1000);
    for (n, c) in [("exact", &a), ("learned", &b), ("floor", &q3)] { println!("{n} W2 {:.4}", efm_eval::w2(c, &q2, &Seed(1).stream("w")).unwrap()); }
}
