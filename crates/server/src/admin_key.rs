//! The admin key of a server that was given none: made once, kept in a file
//! that only its owner can read, and never said aloud.
//!
//! Two processes that start at the same time agree: the file appears with its
//! whole content or not at all, and whoever comes second reads the first's.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use freehold_domain::Chance;
use secrecy::SecretString;

/// The file's name in the data directory.
const NAME: &str = "admin.key";
/// Bytes of a key; written in hexadecimal, twice as many characters.
const KEY_BYTES: usize = 32;
/// The fewest characters of a key that somebody put there by hand.
const LEAST: usize = 32;

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
        "{} does not hold an admin key of 32 characters or more; \
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
pub fn load_or_make(data_dir: &Path, chance: &dyn Chance) -> Result<KeptKey, NoKey> {
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
    // Written under a name of its own and then linked: linking fails if
    // somebody was faster, and a crash never leaves half a key behind.
    let draft = data_dir.join(format!(".{NAME}.{}", random_hex::<8>(chance)));
    let made = write_key(&draft, &random_hex::<KEY_BYTES>(chance))
        .and_then(|()| fs::hard_link(&draft, &file));
    _ = fs::remove_file(&draft);
    let is_new = match made {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
        Err(error) => return Err(blame(error)),
    };
    // A new name is only as durable as the folder that holds it.
    File::open(data_dir)
        .and_then(|folder| folder.sync_all())
        .map_err(blame)?;
    let text = fs::read_to_string(&file).map_err(blame)?;
    kept(file, &text, is_new)
}

fn kept(file: PathBuf, text: &str, is_new: bool) -> Result<KeptKey, NoKey> {
    let key = text.trim();
    if key.len() < LEAST {
        return Err(NoKey::Damaged(file));
    }
    let mode = fs::metadata(&file).map(|meta| meta.permissions().mode());
    let exposed = mode.is_ok_and(|mode| mode & 0o077 != 0);
    Ok(KeptKey {
        key: SecretString::from(key),
        file,
        is_new,
        exposed,
    })
}

fn write_key(file: &Path, key: &str) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)?;
    file.write_all(key.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

fn random_hex<const BYTES: usize>(chance: &dyn Chance) -> String {
    let mut bytes = [0; BYTES];
    chance.fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
