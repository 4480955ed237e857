//! Reads documents and passwords from files and from standard input.

use std::{fs, io, io::Read as _, path::Path};

use serde_json::Value;

use super::error::CommandError;

/// Reads the first line of standard input, which must not be empty.
pub(crate) fn first_line_of_stdin() -> Result<String, CommandError> {
    let mut line = String::new();
    io::stdin()
        .read_line(&mut line)
        .map_err(CommandError::StandardInput)?;
    let password = line.strip_suffix('\n').unwrap_or(&line);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() {
        return Err(CommandError::InvalidArgument(
            "--password-stdin: the first line is empty".to_owned(),
        ));
    }
    Ok(password.to_owned())
}

/// Reads the first line of a file, which must not be empty.
pub(crate) fn first_line_of_file(file: &Path) -> Result<String, CommandError> {
    let text = read_text(file)?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(line.to_owned()),
        _ => Err(CommandError::InvalidArgument(format!(
            "{}: the first line is empty",
            file.display()
        ))),
    }
}

fn read_text(file: &Path) -> Result<String, CommandError> {
    fs::read_to_string(file).map_err(|error| {
        CommandError::InvalidArgument(format!("cannot read {}: {error}", file.display()))
    })
}

/// Reads the JSON object in a file, or on standard input for `-`.
pub(crate) fn read_json_document(file: &Path) -> Result<Value, CommandError> {
    let is_stdin = file == Path::new("-");
    let text = if is_stdin {
        let mut text = String::new();
        io::stdin()
            .read_to_string(&mut text)
            .map_err(CommandError::StandardInput)?;
        text
    } else {
        read_text(file)?
    };
    let name = if is_stdin {
        "standard input".to_owned()
    } else {
        file.display().to_string()
    };
    match serde_json::from_str(&text) {
        Ok(document @ Value::Object(_)) => Ok(document),
        Ok(_) => Err(CommandError::InvalidArgument(format!(
            "{name}: expected a JSON object"
        ))),
        Err(error) => Err(CommandError::InvalidArgument(format!("{name}: {error}"))),
    }
}
