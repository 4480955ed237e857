//! The admin key of a server that was given none: made once, kept in a file
//! that only its owner can read, and never said aloud.
//!
//! Two processes that start at the same time agree: the file appears with its
//! whole content or not at all, and whoever comes second reads the first's.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use freehold_domain::RandomSource;
use secrecy::SecretString;

use super::private_file;
use crate::config::values::weakness;

/// The file's name in the data directory.
const FILE_NAME: &str = "admin.key";
/// Bytes of a key; written in hexadecimal, twice as many characters.
const KEY_BYTES: usize = 32;

/// A key and where it lives.
#[derive(Debug)]
pub struct AdminKeyFile {
    /// The key.
    pub key: SecretString,
    /// Its file.
    pub file: PathBuf,
    /// Whether it was made just now.
    pub is_new: bool,
    /// Whether others on this machine can read it.
    pub readable_by_others: bool,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum AdminKeyError {
    /// The file or its folder cannot be used.
    #[error("cannot use {}: {reason}", file.display())]
    File {
        /// Which one.
        file: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// The file holds something else.
    #[error(
        "{} does not contain a random admin key of at least 32 bytes; \
         move the file away to have a new key generated at the next start",
        .0.display()
    )]
    InvalidKey(PathBuf),
}

/// Makes the data directory, readable by its owner only, if it is not there.
///
/// # Errors
/// When it cannot be made.
pub fn create_data_dir(data_dir: &Path) -> Result<(), AdminKeyError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data_dir)
        .map_err(|reason| AdminKeyError::File {
            file: data_dir.to_owned(),
            reason,
        })
}

/// The key of this data directory, made now if there is none.
///
/// # Errors
/// When it can neither be read nor made.
pub fn load_or_create(
    data_dir: &Path,
    random: &dyn RandomSource,
) -> Result<AdminKeyFile, AdminKeyError> {
    create_data_dir(data_dir)?;
    let file = data_dir.join(FILE_NAME);
    let io_error = |reason| AdminKeyError::File {
        file: file.clone(),
        reason,
    };
    match fs::read_to_string(&file) {
        Ok(text) => return validated_key_file(file, &text, false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(io_error(error)),
    }
    let text = private_file::random_hex::<KEY_BYTES>(random);
    let is_new = private_file::create(&file, &text, random).map_err(io_error)?;
    let text = fs::read_to_string(&file).map_err(io_error)?;
    validated_key_file(file, &text, is_new)
}

fn validated_key_file(
    file: PathBuf,
    text: &str,
    is_new: bool,
) -> Result<AdminKeyFile, AdminKeyError> {
    let key = text.trim();
    if weakness(key).is_some() {
        return Err(AdminKeyError::InvalidKey(file));
    }
    let readable_by_others = private_file::is_readable_by_others(&file);
    Ok(AdminKeyFile {
        key: SecretString::from(key),
        file,
        is_new,
        readable_by_others,
    })
}
