use std::fs;
use std::path::Path;

use efm::config::Gap;
use efm::learning::write_atomically;
use efm::{Examined, examine};

use super::settings::configuration;
use crate::args::DoctorArgs;
use crate::failure::{Exit, Failure};
use crate::say;
use crate::terminal::Terminal;

/// `efm doctor`: a look at two data sets before training.
pub fn run(args: &DoctorArgs, host: &Terminal) -> Result<(), Failure> {
    let config = configuration(&args.experiment, args.method, host)?;
    let device = host.device()?;
    if let Some(path) = &args.write {
        make_room(path, args.force)?;
    }
    let examined = examine(&config, &device, host)?;
    if args.json {
        let json = serde_json::json!({ "checkup": examined.checkup, "training": examined.pace });
        say::out(serde_json::to_string_pretty(&json).expect("plain data"));
    } else {
        say::out(page(&examined));
    }
    if let Some(path) = &args.write {
        write_experiment(path, &examined, config.plates.gap == Gap::Auto)?;
        say::note(format!("wrote {0}; `efm run {0}` trains it", path.display()));
    }
    Ok(())
}

/// An experiment that is there already is not written over unasked.
fn make_room(path: &Path, force: bool) -> Result<(), Failure> {
    if path.is_dir() {
        return Err(Failure::new(Exit::Io, format!("{}: is a folder", path.display()), "name a file, e.g. mine.toml"));
    }
    if path.exists() && !force {
        return Err(Failure::usage(format!("{} is there already", path.display()), "--force writes over it"));
    }
    Ok(())
}

fn page(examined: &Examined) -> String {
    let Examined { checkup, pace, config, .. } = examined;
    let minutes = pace.training_seconds / 60.0;
    let time = if minutes < 2.0 { format!("{:.0} s", pace.training_seconds) } else { format!("{minutes:.0} min") };
    let memory = pace.memory_bytes / f64::from(1 << 20);
    format!(
        "{checkup}\ntraining takes about {time} here ({} steps of {:.1} ms, pools of {:.2} s) and {memory:.0} MiB for {} weights",
        config.train.steps,
        1e3 * pace.step_seconds,
        pace.pool_seconds,
        pace.parameters,
    )
}

/// The keys that differ from the defaults, with the recommended gap where none is set.
fn write_experiment(path: &Path, examined: &Examined, automatic: bool) -> Result<(), Failure> {
    let mut text = "# Written by `efm doctor`; `efm presets NAME` prints every key there is.\n".to_owned();
    if automatic {
        text.push_str("# plates.gap is the automatic one for these data, to two digits.\n");
    }
    text.push_str(&examined.recommended.to_short_toml()?);
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
        fs::create_dir_all(folder).map_err(|error| {
            Failure::new(Exit::Io, format!("{}: {error}", folder.display()), "check that the folder is writable")
        })?;
    }
    Ok(write_atomically(path, text.as_bytes())?)
}
