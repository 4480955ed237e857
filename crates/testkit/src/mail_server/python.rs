//! A Python environment in cargo's target folder with the packages that some
//! scenarios need; created if it is missing.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The packages with their exact versions.
const REQUIREMENTS: &str = include_str!("../../mail/requirements.txt");

/// Returns the interpreter that has the packages.
///
/// # Panics
/// If the environment cannot be created: without `python3`, its `venv` module,
/// or a package registry.
pub(crate) fn python() -> PathBuf {
    let environment = target_dir().join("testkit-python");
    fs::create_dir_all(&environment).expect("a folder for Python");
    // Tests run in several processes at a time: one creates it, all others wait.
    let lock = File::create(environment.join("lock")).expect("a lock file");
    lock.lock().expect("the lock");
    let venv = environment.join("venv");
    let marker = environment.join("made");
    // Written last: with it, the environment is complete.
    if fs::read_to_string(&marker).is_ok_and(|marker| marker == REQUIREMENTS) {
        return venv.join("bin/python");
    }
    let requirements = environment.join("requirements.txt");
    fs::write(&requirements, REQUIREMENTS).expect("the list of packages");
    run_command(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&venv),
    );
    run_command(
        Command::new(venv.join("bin/python"))
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ])
            .arg("--requirement")
            .arg(&requirements),
    );
    fs::write(&marker, REQUIREMENTS).expect("a marker of completion");
    venv.join("bin/python")
}

fn run_command(command: &mut Command) {
    let output = command.output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {stderr}");
}

/// Cargo's target folder, above `debug/deps` with the test program.
fn target_dir() -> PathBuf {
    let test = std::env::current_exe().expect("a test program");
    let folder = test.ancestors().nth(3).map(Path::to_path_buf);
    folder.expect("cargo's folder")
}
