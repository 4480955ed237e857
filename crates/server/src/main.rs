//! The open edition: the core without features.

use std::process::ExitCode;

use freehold_server::Edition;

// Requests allocate many small values on many threads; mimalloc is fast at that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    freehold_server::run(Edition::open())
}
