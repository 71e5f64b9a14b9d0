//! The `packshot` program: parses arguments, dispatches, and turns an error's code into an exit status.

use std::process::ExitCode;

/// See Cargo.toml for the reason.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(packshot::cli::run(std::env::args_os()))
}
