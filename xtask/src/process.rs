//! Running other programs, and saying that we do.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

use crate::failure::Failure;

/// One line about what happens next.
pub(crate) fn log(what: &str) {
    println!("xtask: {what}");
}

/// Runs to the end, with its output on the terminal. Anything but a clean end
/// is a failure that carries the program's exit code.
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

/// What a program prints, if it ends well; `None` if it does not or is not
/// there.
pub(crate) fn output_of(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let printed = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| printed.trim().to_owned())
}

/// The cargo that is running us, at the root of the workspace.
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

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(elsewhere) => workspace().join(elsewhere),
        None => workspace().join("target"),
    }
}

/// The command as one would type it: the program's name without its path.
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
