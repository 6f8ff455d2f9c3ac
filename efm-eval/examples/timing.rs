use efm_core::*; use efm_eval::*; use rand_distr::*;
fn normal(n: usize, d: usize, k: u64, shift: f32) -> Points { let mut g = Seed(1).stream("t").at(k); Points::from_values(d, (0..n*d).map(|i| { let x: f32 = StandardNormal.sample(&mut g); x + if i % d == 0 {shift} else {0.0} }).collect()).unwrap() }
fn roll(n: usize, k: u64) -> Points { let mut g = Seed(2).stream("t").at(k); let mut v = vec![]; for _ in 0..n { let u: f32 = StandardUniform.sample(&mut g); let t = 1.5*std::f32::consts::PI*(1.0+2.0*u); let a: f32 = StandardNormal.sample(&mut g); let b: f32 = StandardNormal.sample(&mut g); v.push((t*t.cos()+0.8*a)/5.0); v.push((t*t.sin()+0.8*b)/5.0);} Points::from_values(2, v).unwrap() }
fn main() {
    let s = Seed(0).stream("x");
    for n in [2000, 5000] {
        let same = Points::from_values(2, vec![1.0; 2*n]).unwrap();
        let grid = |m: usize| Points::from_values(2, (0..n).flat_map(|i| [((i*7) % m) as f32, ((i*13/m) % m) as f32]).collect()).unwrap();
        for (name, a, b) in [("roll-roll", roll(n,0), roll(n,1)), ("normal-roll", normal(n,2,0,0.0), roll(n,1)), ("normal-shift6", normal(n,2,0,0.0), normal(n,2,1,6.0)), ("normal64", normal(n,64,0,0.0), normal(n,64,1,1.0)), ("identical", same.clone(), same.clone()), ("identical-roll", same, roll(n,1)), ("grid", grid(10), grid(7)), ("self", roll(n,0), roll(n,0))] {
            let t = std::time::Instant::now();
            let w = w2(&a,&b,&s).unwrap();
            println!("{n} {name}: W2 {w:.4} {:.2?}", t.elapsed());
        }
    }
}
