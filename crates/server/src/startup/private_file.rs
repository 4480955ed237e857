//! Files that contain a secret: readable only by their owner, and created with
//! their whole content or not at all, even after a crash.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use freehold_domain::RandomSource;

/// Writes `text` to a new file. Returns `false` and changes nothing if the file
/// exists.
///
/// # Errors
/// If the file cannot be written.
pub fn create(file: &Path, text: &str, random: &dyn RandomSource) -> io::Result<bool> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    // Written under a temporary name and then linked: linking fails if the file
    // exists, and a crash never leaves part of a secret in it.
    let temporary = folder.join(format!(".{name}.{}", random_hex::<8>(random)));
    let written = write(&temporary, text).and_then(|()| fs::hard_link(&temporary, file));
    _ = fs::remove_file(&temporary);
    let is_new = match written {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
        Err(error) => return Err(error),
    };
    // The new name is durable only after its directory is synced.
    File::open(folder)?.sync_all()?;
    Ok(is_new)
}

/// Whether other users of this machine can read the file.
#[must_use]
pub fn is_readable_by_others(file: &Path) -> bool {
    let mode = fs::metadata(file).map(|meta| meta.permissions().mode());
    mode.is_ok_and(|mode| mode & 0o077 != 0)
}

fn write(file: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

/// Generates `BYTES` random bytes in hexadecimal.
pub(crate) fn random_hex<const BYTES: usize>(random: &dyn RandomSource) -> String {
    let mut bytes = [0; BYTES];
    random.fill(&mut bytes);
    hex::encode(bytes)
}
