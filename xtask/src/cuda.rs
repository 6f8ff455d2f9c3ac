//! `cargo xtask cuda`: the binary for CUDA, packed to be carried to a machine with a GPU.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::shell;

/// Build efm with CUDA and pack it: target/efm-cuda.tar.gz
#[derive(clap::Args)]
pub struct Args {
    /// Check what the build needs, and do not build
    #[arg(long)]
    check: bool,
}

/// What burn's CUDA compiler looks for, in `$XDG_DATA_HOME/tracel`. Its build script downloads it from outside the package registries.
const BUNDLE: &str = "tracel-llvm-23.1.0-4";

/// Debian's LLVM, which can stand in for the bundle, and what else it is linked with.
const LLVM_CONFIG: &str = "llvm-config-22";
const PACKAGES: &str = "llvm-22-dev libpolly-22-dev zlib1g-dev libzstd-dev libxml2-dev libz3-dev";
const SYSTEM_LIBRARIES: &str = "-lrt -ldl -lm -lz3 -lz -lzstd -lxml2";

/// Lays out an LLVM if there is none, builds in a folder of its own (features of burn differ, and it would be built anew for every
/// other command), and packs the binary. Takes a quarter of an hour on two cores.
///
/// # Errors
/// Where there is no LLVM and none can be had, and where cargo or tar fail.
pub fn run(args: &Args) -> Result<()> {
    let bundle = data_home()?.join("tracel").join(BUNDLE);
    let stand_in = shell::output(shell::program(LLVM_CONFIG).arg("--version"));
    match (bundle.join(".tracel-llvm-installed").is_file(), &stand_in) {
        (true, _) => println!("LLVM: {}", bundle.display()),
        (false, Ok(version)) => {
            lay_out(&bundle)?;
            println!("LLVM: Debian's {} stands in, in {}", version.trim(), bundle.display());
        }
        (false, Err(_)) => println!(
            "LLVM: none here; the build will try to download {BUNDLE}. Where it cannot: apt-get install {PACKAGES}"
        ),
    }
    if args.check {
        return Ok(());
    }
    let target = shell::target_dir()?;
    let folder = target.join("cuda");
    let features = ["--no-default-features", "--features", "flex,cuda"];
    let mut build = shell::cargo(&["build", "--release", "--package", "efm-cli", "--bin", "efm"]);
    shell::run(build.args(features).arg("--target-dir").arg(&folder))?;
    let packed = target.join("efm-cuda.tar.gz");
    let mut tar = shell::program("tar");
    tar.arg("-czf").arg(&packed).arg("-C").arg(folder.join("release")).arg("efm");
    shell::run(tar.arg("-C").arg(shell::root()).args(["README.md", "LICENSE-APACHE", "LICENSE-MIT"]))?;
    let size = fs::metadata(&packed).with_context(|| format!("could not read {}", packed.display()))?.len();
    ensure!(size > 0, "{} is empty", packed.display());
    println!("{} ({} MiB); on the machine with the GPU: efm devices", packed.display(), size >> 20);
    Ok(())
}

/// `$XDG_DATA_HOME`, or what stands for it.
fn data_home() -> Result<PathBuf> {
    let named = |key| std::env::var_os(key).filter(|value| !value.is_empty()).map(PathBuf::from);
    named("XDG_DATA_HOME")
        .or_else(|| Some(named("HOME")?.join(".local/share")))
        .context("neither XDG_DATA_HOME nor HOME is set; set one of them")
}

/// A bundle whose llvm-config is Debian's.
fn lay_out(bundle: &Path) -> Result<()> {
    let program = bundle.join("bin/llvm-config");
    let script = format!(
        "#!/bin/sh\ncase \" $* \" in\n*\" --system-libs \"*) echo '{SYSTEM_LIBRARIES}' ;;\n*) exec {LLVM_CONFIG} \"$@\" ;;\nesac\n"
    );
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(bundle.join("bin"))?;
        fs::write(&program, script)?;
        #[cfg(unix)]
        fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
        fs::write(bundle.join(".tracel-llvm-installed"), "ok")
    };
    write().with_context(|| format!("could not write {}", bundle.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stand_in_answers_like_a_bundle() {
        let folder = std::env::temp_dir().join(format!("efm-xtask-cuda-{}", std::process::id()));
        lay_out(&folder).expect("a writable folder");
        let answer = shell::output(std::process::Command::new(folder.join("bin/llvm-config")).arg("--system-libs"));
        assert_eq!(fs::read_to_string(folder.join(".tracel-llvm-installed")).expect("written"), "ok");
        fs::remove_dir_all(&folder).expect("ours");
        assert_eq!(answer.expect("a script").trim(), SYSTEM_LIBRARIES);
    }
}
