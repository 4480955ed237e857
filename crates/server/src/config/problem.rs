//! What can be wrong with a configuration, said so that the person who wrote
//! it knows where to look and what would be right. No problem ever repeats the
//! value of a secret.

use std::{fmt, path::PathBuf};

/// One thing that is wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A variable of ours that no setting has.
    #[error("{name} is not a setting{}", suggestion(closest_name.as_deref()))]
    UnknownVariable {
        /// As it was written.
        name: String,
        /// What was probably meant.
        closest_name: Option<String>,
    },
    /// A key of the file that no setting has.
    #[error("{}: `{key}` is not a setting{}", file.display(), suggestion(closest_name.as_deref()))]
    UnknownKey {
        /// The file it stands in.
        file: PathBuf,
        /// As it was written, sections joined by `_`.
        key: String,
        /// What was probably meant.
        closest_name: Option<String>,
    },
    /// A value that cannot be read.
    #[error("{name}: expected {expected}{}", actual_value(actual.as_deref()))]
    Invalid {
        /// The variable, key or flag that holds it.
        name: String,
        /// What would be right.
        expected: String,
        /// What stands there, unless it is a secret.
        actual: Option<String>,
    },
    /// An item of a list that could never match anybody.
    #[error("{name}: {reason}")]
    InvalidItem {
        /// The variable or key that holds the list.
        name: String,
        /// What is wrong with which item.
        reason: String,
    },
    /// A role catalogue that cannot be meant so.
    #[error("{name}: {reason}")]
    Roles {
        /// The variable or key that holds it.
        name: String,
        /// What is wrong where in it, and what would be right.
        reason: String,
    },
    /// A seed catalogue that cannot be meant so.
    #[error("{}: {reason}", file.display())]
    Seeds {
        /// Which one.
        file: PathBuf,
        /// What is wrong with which item, and what would be right.
        reason: String,
    },
    /// A variable that is not UTF-8.
    #[error("{name} is not valid UTF-8")]
    NotText {
        /// The variable.
        name: String,
    },
    /// A secret given directly and by file.
    #[error("{first} and {second} are both set: remove one of them")]
    SetTwice {
        /// The value itself.
        first: String,
        /// The file's path.
        second: String,
    },
    /// A file that cannot be read: the configuration's own or a secret's.
    #[error("{name}: cannot read {}: {reason}", file.display())]
    Unreadable {
        /// Who asked for it.
        name: String,
        /// Which one.
        file: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A file that is not TOML.
    #[error("{}, line {line}: {reason}", file.display())]
    Syntax {
        /// Which one.
        file: PathBuf,
        /// Where in it, from 1.
        line: usize,
        /// What the parser said.
        reason: String,
    },
    /// An admin key that can be guessed.
    #[error(
        "{name} is {weakness}: use a long random key (openssl rand -hex 32), or unset it and one \
         is generated"
    )]
    WeakAdminKey {
        /// The variable or key that holds it.
        name: String,
        /// What is wrong with it.
        weakness: &'static str,
    },
    /// Something that comes to nothing by itself.
    #[error("{name} requires {requires}, which is not set")]
    MissingDependency {
        /// What somebody did set.
        name: String,
        /// What belongs to it.
        requires: String,
    },
    /// The shortest allowed password is longer than the longest.
    #[error("password_min_length ({minimum}) is more than password_max_length ({maximum})")]
    PasswordLengths {
        /// The minimum.
        minimum: usize,
        /// The maximum.
        maximum: usize,
    },
    /// A session that would end before its first access token does.
    #[error("refresh_token_seconds ({refresh}) is less than access_token_seconds ({access})")]
    TokenLifetimes {
        /// The session's.
        refresh: u32,
        /// The token's.
        access: u32,
    },
    /// A mailer that lacks something.
    #[error("{name} is set, but {} is missing: no email could be sent", missing.join(", "))]
    IncompleteMailer {
        /// What somebody did set.
        name: String,
        /// What belongs to it.
        missing: Vec<String>,
    },
    /// TLS from the first byte, and later.
    #[error(
        "{first} and {second} are both on: port 587 usually wants the first, port 465 the second"
    )]
    ConflictingTls {
        /// STARTTLS.
        first: String,
        /// TLS from the first byte.
        second: String,
    },
    /// No way to sign in would be left.
    #[error("{name} disables email and password, the only sign-in method of this version")]
    NoSignInMethod {
        /// The variable or key that says so.
        name: String,
    },
}

fn suggestion(closest_name: Option<&str>) -> String {
    closest_name.map_or_else(
        || " (`freehold config print` lists all of them)".to_owned(),
        |name| format!("; did you mean {name}?"),
    )
}

fn actual_value(actual: Option<&str>) -> String {
    actual
        .map(|actual| format!(", not `{actual}`"))
        .unwrap_or_default()
}

/// Everything that is wrong, so that one start tells all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid configuration:")?;
        self.0
            .iter()
            .try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for Problems {}
