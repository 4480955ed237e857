//! `cargo xtask`: commands of maintainers.
//!
//! This file parses the command line. Each command has its own file; shared code
//! is in `cluster` (a temporary PostgreSQL), `install` (missing programs) and
//! `process` (running programs).
//!
//! The only dependency is the compiler's lexer (for `words`), so that the first
//! `cargo xtask` on a machine compiles in seconds.

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
mod test;
mod words;

use std::{env, process::ExitCode};

use failure::Failure;

const USAGE: &str = "\
Commands of maintainers.

Usage: cargo xtask <command>

  test [-- ARGS]        run all tests, on SQLite and on a temporary PostgreSQL;
                        install missing programs (Debian packages); ARGS are
                        arguments of `cargo test`
  postgres [--durable]  run the same PostgreSQL in the foreground, until Ctrl-C;
                        with --durable, commits are flushed to disk (fsync)
  bench [ARGS]          run the benchmarks; ARGS are arguments of freehold-bench
  openapi               regenerate crates/http/openapi.json
  words [PATHS]         report words that the project replaces with plain ones,
                        in names and text; --summary counts them
  help                  print this text
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
        ("test", forwarded) => test::run(after_separator(forwarded)),
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
