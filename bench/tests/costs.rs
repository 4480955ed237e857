//! The costs of commands are those in `costs.snapshot`: one statement, row or index
//! entry more is a failure until the snapshot is written again.

use std::{
    env,
    path::Path,
    process::{Command, Output},
};

#[test]
fn commands_cost_what_the_snapshot_says() {
    let bench = Path::new(env!("CARGO_BIN_EXE_freehold-bench"));
    let cluster = env::var("FREEHOLD_TEST_POSTGRES")
        .expect("no PostgreSQL to test on: run the tests by `cargo xtask test`");
    let what = match env::var_os("FREEHOLD_TEST_BLESS") {
        Some(_) => "--bless",
        None => "--check",
    };
    let Output { status, stdout, .. } = Command::new(bench)
        .arg(what)
        // A debug build writes what a release build writes. `cargo test --workspace`
        // puts it beside this program.
        .arg("--server")
        .arg(bench.with_file_name("freehold"))
        .env("FREEHOLD_BENCH_POSTGRES", cluster)
        .output()
        .expect("freehold-bench");
    let output = String::from_utf8_lossy(&stdout);
    assert!(
        status.success(),
        "{output}\nIf the costs are meant to change: FREEHOLD_TEST_BLESS=1 cargo xtask test -- --test costs"
    );
}
