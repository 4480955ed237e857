//! Errors in a configuration. Each message names the variable, key or file, and
//! what would be right. No message repeats the value of a secret.

use std::{fmt, path::PathBuf};

/// An error in the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A variable with our prefix that is not a setting.
    #[error("{name} is not a setting{}", suggestion(closest_name.as_deref()))]
    UnknownVariable {
        /// Name of the variable.
        name: String,
        /// The most similar known name.
        closest_name: Option<String>,
    },
    /// A key of the file that is not a setting.
    #[error("{}: `{key}` is not a setting{}", file.display(), suggestion(closest_name.as_deref()))]
    UnknownKey {
        /// The configuration file.
        file: PathBuf,
        /// Name of the key, with its sections joined by `_`.
        key: String,
        /// The most similar known key.
        closest_name: Option<String>,
    },
    /// A value with the wrong syntax.
    #[error("{name}: expected {expected}{}", actual_value(actual.as_deref()))]
    Invalid {
        /// The variable, key or flag.
        name: String,
        /// Description of a valid value.
        expected: String,
        /// The value, unless it is a secret.
        actual: Option<String>,
    },
    /// An invalid item of a list, or a password that the policy refuses.
    #[error("{name}: {reason}")]
    InvalidItem {
        /// The variable or key.
        name: String,
        /// The item and what is wrong with it.
        reason: String,
    },
    /// An extension of the edition is not usable.
    #[error("{reason}")]
    Extension {
        /// The extension and what is wrong with it.
        reason: String,
    },
    /// An invalid catalog of permissions or roles.
    #[error("{name}: {reason}")]
    Roles {
        /// The variable or key.
        name: String,
        /// The permission or role, what is wrong with it, and what would be right.
        reason: String,
    },
    /// An invalid seed catalog.
    #[error("{}: {reason}", file.display())]
    Seeds {
        /// Path of the catalog.
        file: PathBuf,
        /// The item, what is wrong with it, and what would be right.
        reason: String,
    },
    /// A variable that is not UTF-8.
    #[error("{name} is not valid UTF-8")]
    NotText {
        /// Name of the variable.
        name: String,
    },
    /// A setting that is set under two names, or a secret directly and by file.
    #[error("{first} and {second} are both set: remove one of them")]
    SetTwice {
        /// Name of the first variable or key.
        first: String,
        /// Name of the second variable or key.
        second: String,
    },
    /// A file that cannot be read.
    #[error("{name}: cannot read {}: {reason}", file.display())]
    Unreadable {
        /// The variable or key that names the file.
        name: String,
        /// Path of the file.
        file: PathBuf,
        /// What is wrong with the file.
        reason: String,
    },
    /// A file that is not TOML.
    #[error("{}, line {line}: {reason}", file.display())]
    Syntax {
        /// Path of the file.
        file: PathBuf,
        /// Line of the error, from 1.
        line: usize,
        /// Message of the parser.
        reason: String,
    },
    /// An admin key that can be guessed.
    #[error(
        "{name} is {weakness}: use a long random key (openssl rand -hex 32), or unset it and one \
         is generated"
    )]
    WeakAdminKey {
        /// The variable or key.
        name: String,
        /// Why the key is weak.
        weakness: &'static str,
    },
    /// A setting that has no effect without another one.
    #[error("{name} requires {requires}, which is not set")]
    MissingDependency {
        /// The variable or key that is set.
        name: String,
        /// The variable that is missing.
        requires: String,
    },
    /// The minimum length of a password is more than the maximum length.
    #[error("password_min_length ({minimum}) is more than password_max_length ({maximum})")]
    PasswordLengths {
        /// The minimum length.
        minimum: usize,
        /// The maximum length.
        maximum: usize,
    },
    /// A session that would end before its first access token expires.
    #[error("refresh_token_seconds ({refresh}) is less than access_token_seconds ({access})")]
    TokenLifetimes {
        /// Lifetime of a session in seconds.
        refresh: u32,
        /// Lifetime of an access token in seconds.
        access: u32,
    },
    /// A mailer with missing settings.
    #[error("{name} is set, but {} is missing: no email could be sent", missing.join(", "))]
    IncompleteMailer {
        /// The variable or key that is set.
        name: String,
        /// The settings that are missing.
        missing: Vec<String>,
    },
    /// Both STARTTLS and implicit TLS.
    #[error(
        "{first} and {second} are both on: use the first for port 587, the second for port 465"
    )]
    ConflictingTls {
        /// The variable or key for STARTTLS.
        first: String,
        /// The variable or key for implicit TLS.
        second: String,
    },
    /// No sign-in method would be left.
    #[error("{name} disables email and password, the only sign-in method of this version")]
    NoSignInMethod {
        /// The variable or key.
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
    match actual {
        // A URL can contain a password.
        Some(actual) if actual.contains("://") && actual.contains('@') => {
            ", not what was given (a URL with a user is not shown)".to_owned()
        }
        Some(actual) => format!(", not `{actual}`"),
        None => String::new(),
    }
}

/// All errors in the configuration, so that one start reports all of them.
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
