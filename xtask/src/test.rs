//! `cargo xtask test`: runs all tests on both databases.

use std::{fs, path::Path, process::Command};

use crate::{
    cluster::{Cluster, Durability},
    failure::Failure,
    install,
    process::{self, cargo, workspace},
};

/// Runs `cargo test` with a temporary PostgreSQL. `forwarded` are the arguments of
/// `cargo test`.
pub(crate) fn run(forwarded: &[String]) -> Result<(), Failure> {
    node_packages(&workspace().join("crates/testkit/js"))?;
    install::python()?;
    let bin = install::postgresql()?;
    let cluster = Cluster::start(&bin, Durability::Volatile)?;

    let mut command = cargo();
    command.arg("test");
    if names_a_package(forwarded) {
        // Tests start the server binary, which only `--workspace` builds.
        let binary = ["build", "-p", "freehold-server", "--features", "failpoints"];
        process::run(cargo().args(binary))?;
    } else {
        command.arg("--workspace");
    }
    command
        .arg("--no-fail-fast")
        .args(forwarded)
        .env("FREEHOLD_TEST_POSTGRES", cluster.url())
        .env("FREEHOLD_TEST_POSTGRES_CA", cluster.certificate_authority());
    process::run(&mut command)
}

/// Whether the arguments select a package. Those after `--` are the test program's.
fn names_a_package(forwarded: &[String]) -> bool {
    forwarded
        .iter()
        .take_while(|word| *word != "--")
        .any(|word| word.starts_with("-p") || word.starts_with("--package"))
}

/// Installs the JavaScript clients that some tests use, in the locked versions.
fn node_packages(folder: &Path) -> Result<(), Failure> {
    let changed = |file: &str| {
        fs::metadata(folder.join(file))
            .and_then(|file| file.modified())
            .ok()
    };
    let Some(locked) = changed("package-lock.json") else {
        return Ok(());
    };
    install::program("node", &["nodejs"])?;
    let npm = install::program("npm", &["npm"])?;
    // npm writes this file last, so its time is that of the whole installation.
    match changed("node_modules/.package-lock.json") {
        Some(installed) if installed >= locked => Ok(()),
        _ => process::run(
            Command::new(npm)
                .args(["ci", "--no-audit", "--no-fund"])
                .current_dir(folder),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::names_a_package;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn a_package_counts_only_before_the_separator() {
        assert!(names_a_package(&words("-p freehold-store")));
        assert!(names_a_package(&words("--package=freehold-store -- races")));
        assert!(!names_a_package(&words("races -- -p")));
    }
}
