//! The key that a remote server is asked with.

use std::{env, fs, path::Path};

use crate::{cli::shared::error::Failed, config::settings};

/// The key of a named operator, before the one that everybody shares.
const OPERATOR_KEY: &str = "FREEHOLD_OPERATOR_KEY";

/// The operator's key: never typed, because others on a machine can read what
/// was typed.
pub(super) fn key(file: Option<&Path>) -> Result<String, Failed> {
    let (text, origin) = match file {
        Some(file) => (read(file)?, file.display().to_string()),
        None => from_environment()?,
    };
    match text.trim() {
        "" => Err(Failed::Typed(format!("{origin}: there is no key in it"))),
        key => Ok(key.to_owned()),
    }
}

fn from_environment() -> Result<(String, String), Failed> {
    for name in [OPERATOR_KEY.to_owned(), settings::ADMIN_KEY.variable()] {
        if let Some(key) = env::var(&name).ok().filter(|key| !key.trim().is_empty()) {
            return Ok((key, name));
        }
        let name = format!("{name}_FILE");
        if let Some(file) = env::var_os(&name).filter(|file| !file.is_empty()) {
            return Ok((read(Path::new(&file))?, name));
        }
    }
    Err(Failed::Typed(format!(
        "--server needs a key: put it into {OPERATOR_KEY} or {}, or name a file with --key-file",
        settings::ADMIN_KEY.variable()
    )))
}

fn read(file: &Path) -> Result<String, Failed> {
    fs::read_to_string(file)
        .map_err(|error| Failed::Typed(format!("cannot read {}: {error}", file.display())))
}
