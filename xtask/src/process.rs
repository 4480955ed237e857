//! Runs other programs and logs their command lines.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

use crate::failure::Failure;

/// Prints one line of progress.
pub(crate) fn log(what: &str) {
    println!("xtask: {what}");
}

/// Runs a program with its output on the terminal. An exit code other than 0 is a
/// failure.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let line = command_line(command);
    log(&line);
    let status = command
        .status()
        .map_err(Failure::io(format!("starting `{line}`")))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::Ended {
            line,
            code: status.code(),
        })
    }
}

/// Runs a program and returns its output; `None` if it fails or is not installed.
pub(crate) fn output_of(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let printed = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| printed.trim().to_owned())
}

/// Returns the command for the cargo that runs this program, at the root of the
/// workspace.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace());
    command
}

/// The root of the workspace.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_path_buf)
        .unwrap_or_default()
}

/// Cargo's target folder.
pub(crate) fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(elsewhere) => workspace().join(elsewhere),
        None => workspace().join("target"),
    }
}

/// The command line, with the program's name without its path.
fn command_line(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or(command.get_program());
    std::iter::once(program)
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}
