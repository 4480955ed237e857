//! `cargo xtask postgres`: a PostgreSQL to develop against, until Ctrl-C.

use std::thread;

use crate::{
    cluster::{Cluster, Promise},
    failure::Failure,
    install,
    process::say,
};

/// Returns only with a failure; Ctrl-C ends the process, and that the cluster.
pub(crate) fn run(promise: Promise) -> Result<(), Failure> {
    let bin = install::postgresql()?;
    let cluster = Cluster::start(&bin, promise)?;
    say(&format!("export FREEHOLD_TEST_POSTGRES={}", cluster.url()));
    if promise == Promise::Nothing {
        let authority = cluster.certificate_authority();
        say(&format!(
            "export FREEHOLD_TEST_POSTGRES_CA={}",
            authority.display()
        ));
    }
    say("running until Ctrl-C");
    loop {
        thread::park();
    }
}
