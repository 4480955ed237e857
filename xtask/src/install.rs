//! Programs this machine may lack: looked for first, installed only when
//! missing, and only with Debian's package manager.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    failure::Failure,
    process::{log, output_of, run},
};

/// Where Debian keeps the servers, one folder a major version, off the `PATH`.
const DEBIAN_POSTGRESQL: &str = "/usr/lib/postgresql";
const POSTGRESQL_PACKAGES: &[&str] = &["postgresql", "postgresql-contrib"];

/// The folder with `initdb` and `postgres`, installed if need be.
pub(crate) fn postgresql() -> Result<PathBuf, Failure> {
    if let Some(bin) = postgresql_bin() {
        return Ok(bin);
    }
    packages("postgres", POSTGRESQL_PACKAGES)?;
    postgresql_bin().ok_or(Failure::Missing {
        program: "postgres",
    })
}

/// A program of the `PATH`, installed if need be.
pub(crate) fn program(name: &'static str, from: &[&str]) -> Result<PathBuf, Failure> {
    if let Some(found) = on_path(name) {
        return Ok(found);
    }
    packages(name, from)?;
    on_path(name).ok_or(Failure::Missing { program: name })
}

/// `python3`, and what it needs to make a virtual environment; the tests make
/// one themselves.
pub(crate) fn python() -> Result<(), Failure> {
    program("python3", &["python3", "python3-venv"])?;
    // Debian's interpreter comes without.
    if output_of("python3", &["-c", "import ensurepip"]).is_none() {
        packages("python3-venv", &["python3-venv"])?;
    }
    Ok(())
}

/// `pgbench` of the same version as the server whose folder is `bin`; some
/// distributions keep it apart.
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
    // What is on the PATH may be a link into the folder that holds the rest.
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

/// Of folders named after major versions, the one with the highest.
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

/// `apt-get` as root, without questions.
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

/// Whether we are the superuser, as whom PostgreSQL refuses to run.
pub(crate) fn is_root() -> bool {
    output_of("id", &["-u"]).is_some_and(|uid| uid == "0")
}

#[cfg(test)]
mod tests {
    use super::newest;
    use std::path::PathBuf;

    #[test]
    fn versions_are_compared_as_numbers() {
        let found = ["/pg/9", "/pg/15", "/pg/lost+found", "/pg/8"].map(PathBuf::from);
        assert_eq!(newest(found.into_iter()), Some(PathBuf::from("/pg/15")));
    }
}
