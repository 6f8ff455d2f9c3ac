use crate::args::WatchArgs;
use crate::failure::Failure;
use crate::say;
use crate::terminal::Terminal;
use crate::watch::{Settings, serve};

/// `efm watch`: the page of runs on loopback, live, until Ctrl-C.
pub fn run(args: &WatchArgs, host: &Terminal) -> Result<(), Failure> {
    let settings = Settings { runs: args.runs.clone(), port: args.port, hosts: args.allow_host.clone() };
    host.listen();
    serve(settings, host, |address| say::out(format!("http://{address}/ shows it; Ctrl-C ends this")))
}
