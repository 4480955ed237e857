//! The ways a maintainer's command can end badly.
//!
//! Written by hand rather than derived: a derive macro would be the only thing
//! to compile before the first `cargo xtask` can start.

use std::{error::Error, fmt, io, process::ExitCode};

#[derive(Debug)]
pub(crate) enum Failure {
    Usage {
        arguments: String,
    },
    /// A program we ran ended with something other than 0. It has already said
    /// why.
    Ended {
        line: String,
        code: Option<i32>,
    },
    /// A program could not be started, or a file not be read or written.
    Io {
        doing: String,
        source: io::Error,
    },
    /// A program is not here, and we have no way of fetching it.
    Missing {
        program: &'static str,
    },
    /// PostgreSQL did not come up; its log was printed by `cluster.sh`.
    ClusterDidNotStart {
        attempts: u32,
    },
    /// `xtask words` printed this many places.
    Words {
        count: usize,
    },
}

impl Failure {
    /// `doing` completes the sentence "while …".
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }

    /// The code of the program that failed, so that `cargo xtask test` ends the
    /// way `cargo test` did.
    pub(crate) fn exit_code(&self) -> ExitCode {
        let code = match self {
            Self::Usage { .. } => Some(2),
            Self::Ended { code, .. } => code.and_then(|code| u8::try_from(code).ok()),
            _ => None,
        };
        ExitCode::from(code.unwrap_or(1))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage { arguments } => {
                write!(
                    f,
                    "there is no command `{arguments}`; `cargo xtask help` lists those there are"
                )
            }
            Self::Ended {
                line,
                code: Some(code),
            } => write!(f, "`{line}` ended with {code}"),
            Self::Ended { line, code: None } => write!(f, "`{line}` was killed"),
            Self::Io { doing, source } => write!(f, "while {doing}: {source}"),
            Self::Missing { program } => write!(
                f,
                "`{program}` was not found, and there is no apt-get to install it with; \
                 install it and try again"
            ),
            Self::ClusterDidNotStart { attempts } => {
                write!(
                    f,
                    "PostgreSQL did not start in {attempts} attempts; its log is above"
                )
            }
            Self::Words { count } => write!(
                f,
                "{count} uses of words that the project replaces with plain ones; \
                 the table is xtask/src/words/table.rs"
            ),
        }
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
