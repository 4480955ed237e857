//! The errors of maintainers' commands.
//!
//! Without a derive macro, which would make the first `cargo xtask` compile longer.

use std::{error::Error, fmt, io, process::ExitCode};

#[derive(Debug)]
pub(crate) enum Failure {
    Usage {
        arguments: String,
    },
    /// A program ended with an exit code other than 0. It has printed the reason.
    Ended {
        line: String,
        code: Option<i32>,
    },
    /// A program could not be started, or a file could not be read or written.
    Io {
        doing: String,
        source: io::Error,
    },
    /// A program is missing and cannot be installed.
    Missing {
        program: &'static str,
    },
    /// PostgreSQL did not start; `cluster.sh` printed its log.
    ClusterDidNotStart {
        attempts: u32,
    },
    /// `xtask words` reported this many uses.
    Words {
        count: usize,
    },
}

impl Failure {
    /// Creates an [`Failure::Io`]; the message is "while `doing`: …".
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }

    /// The exit code of the program that failed, so that `cargo xtask test` ends with
    /// that of `cargo test`.
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
                    "unknown command `{arguments}`; `cargo xtask help` lists all commands"
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
                "`{program}` was not found, and without apt-get it cannot be installed; \
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
