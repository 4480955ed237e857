//! `cargo xtask postgres`: runs a PostgreSQL for development, until Ctrl-C.

use std::thread;

use crate::{
    cluster::{Cluster, Durability},
    failure::Failure,
    install,
    process::log,
};

/// Runs the cluster and returns only if it fails to start. Ctrl-C ends this process
/// and thereby the cluster.
pub(crate) fn run(durability: Durability) -> Result<(), Failure> {
    let bin = install::postgresql()?;
    let cluster = Cluster::start(&bin, durability)?;
    log(&format!("export FREEHOLD_TEST_POSTGRES={}", cluster.url()));
    if durability == Durability::Volatile {
        let authority = cluster.certificate_authority();
        log(&format!(
            "export FREEHOLD_TEST_POSTGRES_CA={}",
            authority.display()
        ));
    }
    log("running until Ctrl-C");
    loop {
        thread::park();
    }
}
