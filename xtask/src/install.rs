//! Finds programs, and installs missing ones with Debian's package manager.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    failure::Failure,
    process::{log, output_of, run},
};

/// Debian's folder of servers, with a folder for each major version; not on the
/// `PATH`.
const DEBIAN_POSTGRESQL: &str = "/usr/lib/postgresql";
const POSTGRESQL_PACKAGES: &[&str] = &["postgresql", "postgresql-contrib"];

/// Returns the folder with `initdb` and `postgres`, installed if necessary.
pub(crate) fn postgresql() -> Result<PathBuf, Failure> {
    if let Some(bin) = postgresql_bin() {
        return Ok(bin);
    }
    packages("postgres", POSTGRESQL_PACKAGES)?;
    postgresql_bin().ok_or(Failure::Missing {
        program: "postgres",
    })
}

/// Returns a program on the `PATH`, installed if necessary.
pub(crate) fn program(name: &'static str, from: &[&str]) -> Result<PathBuf, Failure> {
    if let Some(path) = on_path(name) {
        return Ok(path);
    }
    packages(name, from)?;
    on_path(name).ok_or(Failure::Missing { program: name })
}

/// Installs `python3` with support for virtual environments, which tests create.
pub(crate) fn python() -> Result<(), Failure> {
    program("python3", &["python3", "python3-venv"])?;
    // Debian's python3 does not include it.
    if output_of("python3", &["-c", "import ensurepip"]).is_none() {
        packages("python3-venv", &["python3-venv"])?;
    }
    Ok(())
}

/// Returns the `pgbench` in the server's folder `bin`, or the one on the `PATH`,
/// where some distributions have it.
pub(crate) fn pgbench(bin: &Path) -> Result<PathBuf, Failure> {
    let beside = bin.join("pgbench");
    if beside.is_file() {
        Ok(beside)
    } else {
        program("pgbench", POSTGRESQL_PACKAGES)
    }
}

fn on_path(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|at| at.is_file())
}

fn postgresql_bin() -> Option<PathBuf> {
    let has_programs = |bin: &Path| {
        ["initdb", "postgres"]
            .iter()
            .all(|name| bin.join(name).is_file())
    };
    // The program on the PATH may be a link into the folder with the other ones.
    let linked = on_path("postgres")
        .and_then(|at| fs::canonicalize(at).ok())
        .and_then(|at| at.parent().map(Path::to_path_buf));
    linked.filter(|bin| has_programs(bin)).or_else(|| {
        let versions = fs::read_dir(DEBIAN_POSTGRESQL)
            .ok()?
            .flatten()
            .map(|entry| entry.path());
        newest(versions.filter(|version| has_programs(&version.join("bin"))))
            .map(|version| version.join("bin"))
    })
}

/// Returns the folder with the highest major version as its name.
fn newest(versions: impl Iterator<Item = PathBuf>) -> Option<PathBuf> {
    versions
        .filter_map(|path| {
            let major: u32 = path.file_name()?.to_str()?.parse().ok()?;
            Some((major, path))
        })
        .max()
        .map(|(_, path)| path)
}

fn packages(program_name: &'static str, names: &[&str]) -> Result<(), Failure> {
    if on_path("apt-get").is_none() {
        return Err(Failure::Missing {
            program: program_name,
        });
    }
    log(&format!(
        "`{program_name}` is missing: installing {}",
        names.join(", ")
    ));
    run(apt().arg("update").arg("--quiet=2"))?;
    run(apt()
        .args(["install", "--yes", "--quiet=2", "--no-install-recommends"])
        .args(names))
}

/// Returns the command for `apt-get` as root, without prompts.
fn apt() -> Command {
    let mut command = if is_root() {
        Command::new("env")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.arg("env");
        sudo
    };
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    command
}

/// Whether this process runs as root, as which PostgreSQL does not start.
pub(crate) fn is_root() -> bool {
    output_of("id", &["-u"]).is_some_and(|uid| uid == "0")
}

#[cfg(test)]
mod tests {
    use super::newest;
    use std::path::PathBuf;

    #[test]
    fn versions_are_compared_as_numbers() {
        let folders = ["/pg/9", "/pg/15", "/pg/lost+found", "/pg/8"].map(PathBuf::from);
        assert_eq!(newest(folders.into_iter()), Some(PathBuf::from("/pg/15")));
    }
}
