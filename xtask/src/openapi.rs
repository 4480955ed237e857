//! `cargo xtask openapi`: regenerates the OpenAPI document in the repository.
//!
//! Not here: generating it. The test that refuses an outdated file also writes it,
//! so the two cannot disagree.

use crate::{
    failure::Failure,
    process::{self, cargo},
};

pub(crate) fn run() -> Result<(), Failure> {
    let test = ["test", "-p", "freehold-http", "openapi_is_current"];
    process::run(cargo().args(test).env("UPDATE_OPENAPI", "1"))
}
