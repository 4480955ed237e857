//! The folder for databases, which must be on a disk.

use std::path::Path;

use crate::error::{BenchError, Result, io};

/// Creates a folder for databases that is removed on drop. It is in `target`, which
/// is on a disk; `/tmp` often is not.
pub(crate) fn disk_folder() -> Result<tempfile::TempDir> {
    let parent = Path::new("target/bench-data");
    io("target/bench-data", std::fs::create_dir_all(parent))?;
    let parent = io("target/bench-data", parent.canonicalize())?;
    if in_memory(&parent)? {
        let output = format!(
            "{} is in memory, where an fsync costs nothing",
            parent.display()
        );
        return Err(BenchError::Program {
            program: "freehold-bench",
            output,
        });
    }
    io(
        "target/bench-data",
        tempfile::Builder::new().prefix("run-").tempdir_in(parent),
    )
}

fn in_memory(path: &Path) -> Result<bool> {
    let mounts = io("/proc/mounts", std::fs::read_to_string("/proc/mounts"))?;
    // The mount of the path is the longest mount point that is a prefix of it.
    let nearest = mounts
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ').skip(1);
            Some((Path::new(words.next()?), words.next()?))
        })
        .filter(|(at, _)| path.starts_with(at))
        .max_by_key(|(at, _)| at.components().count());
    Ok(matches!(nearest, Some((_, "tmpfs" | "ramfs"))))
}
