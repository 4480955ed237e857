//! A Python of our own, with the packages that some stories drive the server
//! with, in cargo's folder; made when it is not there.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Exactly these, so that a test means the same everywhere.
const PACKAGES: &str = include_str!("../../mail/requirements.txt");

/// The interpreter that has the packages.
///
/// # Panics
/// When it cannot be made: without `python3`, or its `venv` module, or a
/// package registry.
pub(crate) fn python() -> PathBuf {
    let home = target().join("testkit-python");
    fs::create_dir_all(&home).expect("a folder for Python");
    // Tests run side by side, in several processes: one makes it, all wait.
    let lock = File::create(home.join("lock")).expect("a lock file");
    lock.lock().expect("the lock");
    let venv = home.join("venv");
    let made = home.join("made");
    // Written last, so it says that the whole is there.
    if fs::read_to_string(&made).is_ok_and(|made| made == PACKAGES) {
        return venv.join("bin/python");
    }
    let wanted = home.join("requirements.txt");
    fs::write(&wanted, PACKAGES).expect("the list of packages");
    run(Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(&venv));
    run(Command::new(venv.join("bin/python"))
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .arg("--requirement")
        .arg(&wanted));
    fs::write(&made, PACKAGES).expect("a mark that it is done");
    venv.join("bin/python")
}

fn run(command: &mut Command) {
    let done = command.output();
    let done = done.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?}: {said}");
}

/// Where cargo builds: the folder above `debug/deps` with the test program.
fn target() -> PathBuf {
    let test = std::env::current_exe().expect("a test program");
    let folder = test.ancestors().nth(3).map(Path::to_path_buf);
    folder.expect("cargo's folder")
}
