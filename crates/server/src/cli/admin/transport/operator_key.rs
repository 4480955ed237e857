//! Reads the key for requests to a remote server.

use std::{env, fs, path::Path};

use secrecy::{ExposeSecret as _, SecretString};

use crate::{cli::shared::error::CommandError, config::settings};

/// Variable of an operator key, which takes precedence over the admin key.
const OPERATOR_KEY_VARIABLE: &str = "FREEHOLD_OPERATOR_KEY";

/// Reads the key from `file` or from the environment. It cannot be passed on the
/// command line, which other users of the machine can read.
pub(super) fn read_operator_key(file: Option<&Path>) -> Result<SecretString, CommandError> {
    let (text, source) = match file {
        Some(file) => (read_file(file)?, file.display().to_string()),
        None => from_environment()?,
    };
    match text.expose_secret().trim() {
        "" => Err(CommandError::InvalidArgument(format!(
            "{source}: contains no key"
        ))),
        key => Ok(SecretString::from(key)),
    }
}

fn from_environment() -> Result<(SecretString, String), CommandError> {
    for name in [
        OPERATOR_KEY_VARIABLE.to_owned(),
        settings::ADMIN_KEY.variable(),
    ] {
        if let Some(key) = env::var(&name).ok().filter(|key| !key.trim().is_empty()) {
            return Ok((key.into(), name));
        }
        let name = format!("{name}_FILE");
        if let Some(file) = env::var_os(&name).filter(|file| !file.is_empty()) {
            return Ok((read_file(Path::new(&file))?, name));
        }
    }
    Err(CommandError::InvalidArgument(format!(
        "--server requires a key: set {OPERATOR_KEY_VARIABLE} or {}, or pass --key-file",
        settings::ADMIN_KEY.variable()
    )))
}

fn read_file(file: &Path) -> Result<SecretString, CommandError> {
    fs::read_to_string(file)
        .map(SecretString::from)
        .map_err(|error| {
            CommandError::InvalidArgument(format!("cannot read {}: {error}", file.display()))
        })
}
