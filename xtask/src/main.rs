//! `cargo xtask`: what a maintainer types.
//!
//! Here: which command was asked for. Each command has a file of its own, and
//! what several of them need is in `cluster` (a PostgreSQL for the occasion),
//! `install` (programs this machine may lack) and `process` (running things).
//!
//! Not here: anything the server needs to run. The standard library and the
//! compiler's lexer (for `words`) only, so that the first `cargo xtask` on a
//! machine compiles in seconds.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool prints to the terminal"
)]

mod bench;
mod cluster;
mod failure;
mod install;
mod openapi;
mod postgres;
mod process;
mod suite;
mod words;

use std::{env, process::ExitCode};

use failure::Failure;

const USAGE: &str = "\
What a maintainer types.

Usage: cargo xtask <command>

  test [-- ARGS]        every test, on SQLite and on a PostgreSQL started for the
                        purpose; installs what is missing (Debian packages).
                        ARGS go to `cargo test`
  postgres [--durable]  the same PostgreSQL in the foreground, until Ctrl-C;
                        --durable keeps what was committed, at the price of fsync
  bench [ARGS]          the benchmarks; ARGS go to freehold-bench
  openapi               writes crates/http/openapi.json anew
  words [PATHS]         reports words that the project replaces with plain ones,
                        in names and text; --summary counts them
  help                  this text
";

fn main() -> ExitCode {
    match dispatch(env::args().skip(1).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            failure.exit_code()
        }
    }
}

fn dispatch(mut arguments: Vec<String>) -> Result<(), Failure> {
    if arguments.is_empty() {
        print!("{USAGE}");
        return Ok(());
    }
    let command = arguments.remove(0);
    match (command.as_str(), arguments.as_slice()) {
        ("test", forwarded) => suite::run(after_separator(forwarded)),
        ("postgres", []) => postgres::run(cluster::Durability::Volatile),
        ("postgres", [flag]) if flag == "--durable" => postgres::run(cluster::Durability::Durable),
        ("bench", forwarded) => bench::run(after_separator(forwarded)),
        ("openapi", []) => openapi::run(),
        ("words", arguments) => words::run(arguments),
        ("help" | "--help" | "-h", _) => {
            print!("{USAGE}");
            Ok(())
        }
        (_, rest) => Err(Failure::Usage {
            arguments: [command.as_str(), &rest.join(" ")]
                .join(" ")
                .trim()
                .to_owned(),
        }),
    }
}

/// `cargo xtask test -- ARGS` and `cargo xtask test ARGS` mean the same.
fn after_separator(arguments: &[String]) -> &[String] {
    match arguments {
        [separator, rest @ ..] if separator == "--" => rest,
        all => all,
    }
}

#[cfg(test)]
mod tests {
    use super::{after_separator, dispatch};
    use crate::failure::Failure;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn only_the_first_separator_is_removed() {
        assert_eq!(
            after_separator(&words("-- -p x -- --nocapture")),
            words("-p x -- --nocapture")
        );
        assert_eq!(
            after_separator(&words("-p x -- --nocapture")),
            words("-p x -- --nocapture")
        );
    }

    #[test]
    fn an_unknown_command_or_flag_is_refused() {
        for line in ["tset", "postgres --durabel", "openapi now"] {
            let refused = dispatch(words(line));
            assert!(matches!(refused, Err(Failure::Usage { arguments }) if arguments == line));
        }
    }
}
