use efm::{BenchOptions, BenchRow, bench_field};

use crate::args::{BenchAction, BenchArgs};
use crate::failure::Failure;
use crate::say;
use crate::terminal::Terminal;

/// `efm bench field`: rates and errors of the exact field, row by row.
pub fn run(args: &BenchArgs, host: &Terminal) -> Result<(), Failure> {
    let BenchAction::Field(args) = &args.action;
    let options = BenchOptions {
        dims: args.dim.clone(),
        points: args.points,
        charges: args.charges,
        law: args.law,
        quick: args.quick,
    };
    let device = host.device()?;
    let mut first = !args.json;
    bench_field(&options, &device, host, &mut |row| {
        if std::mem::take(&mut first) {
            say::out("   D points charges kernel              Mpairs/s  GFLOP/s    error  product   share");
        }
        say::out(if args.json { serde_json::to_string(row).expect("plain data") } else { line(row) });
    })?;
    Ok(())
}

fn line(row: &BenchRow) -> String {
    let BenchRow { dim, points, charges, kernel, pairs_per_s, gflops, error_max, matmul_gflops } = row;
    format!(
        "{dim:4} {points:6} {charges:7} {kernel:18} {:9.1} {gflops:8.1} {error_max:8.1e} {matmul_gflops:8.1} {:7.2}",
        pairs_per_s / 1e6,
        gflops / matmul_gflops
    )
}
