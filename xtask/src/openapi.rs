//! `cargo xtask openapi`: writes the checked-in description of the API anew.
//!
//! Not here: how it is made. The test that refuses a stale file is also the
//! one that writes it, so the two cannot disagree.

use crate::{
    failure::Failure,
    process::{self, cargo},
};

pub(crate) fn run() -> Result<(), Failure> {
    let test = ["test", "-p", "freehold-http", "openapi_is_current"];
    process::run(cargo().args(test).env("UPDATE_OPENAPI", "1"))
}
