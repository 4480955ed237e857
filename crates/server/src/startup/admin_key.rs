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
const NAME: &str = "admin.key";
/// Bytes of a key; written in hexadecimal, twice as many characters.
const KEY_BYTES: usize = 32;
/// A key and where it lives.
#[derive(Debug)]
pub struct KeptKey {
    /// The key.
    pub key: SecretString,
    /// Its file.
    pub file: PathBuf,
    /// Whether it was made just now.
    pub is_new: bool,
    /// Whether others on this machine can read it.
    pub exposed: bool,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum NoKey {
    /// The file or its folder cannot be used.
    #[error("cannot use {}: {why}", file.display())]
    File {
        /// Which one.
        file: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// The file holds something else.
    #[error(
        "{} does not hold a random admin key of 32 bytes or more; \
         move it away and a new one is made at the next start",
        .0.display()
    )]
    Damaged(PathBuf),
}

/// Makes the data directory, readable by its owner only, if it is not there.
///
/// # Errors
/// When it cannot be made.
pub fn make_data_dir(data_dir: &Path) -> Result<(), NoKey> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data_dir)
        .map_err(|why| NoKey::File {
            file: data_dir.to_owned(),
            why,
        })
}

/// The key of this data directory, made now if there is none.
///
/// # Errors
/// When it can neither be read nor made.
pub fn load_or_make(data_dir: &Path, chance: &dyn RandomSource) -> Result<KeptKey, NoKey> {
    make_data_dir(data_dir)?;
    let file = data_dir.join(NAME);
    let blame = |why| NoKey::File {
        file: file.clone(),
        why,
    };
    match fs::read_to_string(&file) {
        Ok(text) => return kept(file, &text, false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(blame(error)),
    }
    let text = private_file::random_hex::<KEY_BYTES>(chance);
    let is_new = private_file::place(&file, &text, chance).map_err(blame)?;
    let text = fs::read_to_string(&file).map_err(blame)?;
    kept(file, &text, is_new)
}

fn kept(file: PathBuf, text: &str, is_new: bool) -> Result<KeptKey, NoKey> {
    let key = text.trim();
    if weakness(key).is_some() {
        return Err(NoKey::Damaged(file));
    }
    let exposed = private_file::is_exposed(&file);
    Ok(KeptKey {
        key: SecretString::from(key),
        file,
        is_new,
        exposed,
    })
}
