//! The open edition: the core, and nothing added to it.

use std::process::ExitCode;

use freehold_app::Extensions;

// Requests make many small values on many threads, which mimalloc is good at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    freehold_server::run(&Extensions::none())
}
