//! `cargo xtask bench`: builds the server and the benchmarks, starts PostgreSQL, and
//! runs `freehold-bench`.

use std::process::Command;

use crate::{
    cluster::{Cluster, Durability},
    failure::Failure,
    install,
    process::{self, cargo, target, workspace},
};

/// Runs the benchmarks. `forwarded` are the arguments of `freehold-bench`.
pub(crate) fn run(forwarded: &[String]) -> Result<(), Failure> {
    install::program("wrk", &["wrk"])?;
    let bin = install::postgresql()?;
    let pgbench = install::pgbench(&bin)?;
    let build = [
        "build",
        "--release",
        "-p",
        "freehold-server",
        "-p",
        "freehold-bench",
    ];
    process::run(cargo().args(build))?;

    let cluster = Cluster::start(&bin, Durability::Durable)?;
    let release = target().join("release");
    let mut command = Command::new(release.join("freehold-bench"));
    command
        .args(forwarded)
        .current_dir(workspace())
        .env("FREEHOLD_BENCH_POSTGRES", cluster.url())
        .env("FREEHOLD_BENCH_POSTGRES_PID", cluster.pid().to_string())
        .env("FREEHOLD_BENCH_PGBENCH", pgbench)
        .env("FREEHOLD_BIN", release.join("freehold"));
    process::run(&mut command)
}
