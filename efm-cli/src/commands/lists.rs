use clap::CommandFactory;
use efm::config::{Method, load};
use efm::models::device;
use efm::presets::ALL;

use super::settings::named;
use crate::args::{Args, PresetsArgs};
use crate::failure::Failure;
use crate::say;

/// `efm presets`.
pub fn presets(args: &PresetsArgs) -> Result<(), Failure> {
    if let Some(name) = &args.name {
        let config = load(&named(name)?)?;
        say::out(config.to_toml());
        return Ok(());
    }
    for preset in ALL {
        let config = load(&preset.source())?;
        say::out(format!("{:<30} {}", preset.name, config.about));
    }
    say::out("");
    for method in Method::ALL {
        say::out(format!("--method {:<21} {}", method.name(), method.about()));
    }
    Ok(())
}

/// `efm devices`.
pub fn devices() -> Result<(), Failure> {
    for backend in device::available() {
        say::out(format!("{:<6} {}", backend.name, backend.description));
    }
    Ok(())
}

/// `efm completions`.
pub fn completions(shell: clap_complete::Shell) -> Result<(), Failure> {
    // Into memory first: the generator panics where a pipe is closed or a disk is full.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "efm", &mut script);
    say::out(String::from_utf8_lossy(&script).trim_end());
    Ok(())
}
