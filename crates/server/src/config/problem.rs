//! What can be wrong with a configuration, said so that the person who wrote
//! it knows where to look and what would be right. No problem ever repeats the
//! value of a secret.

use std::{fmt, path::PathBuf};

/// One thing that is wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A variable of ours that no setting has.
    #[error("{name} is not a setting{}", meant(nearest.as_deref()))]
    UnknownVariable {
        /// As it was written.
        name: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// A key of the file that no setting has.
    #[error("{}: `{key}` is not a setting{}", file.display(), meant(nearest.as_deref()))]
    UnknownKey {
        /// The file it stands in.
        file: PathBuf,
        /// As it was written, sections joined by `_`.
        key: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// A value that cannot be read.
    #[error("{name}: expected {expects}{}", instead(found.as_deref()))]
    Invalid {
        /// The variable, key or flag that holds it.
        name: String,
        /// What would be right.
        expects: String,
        /// What stands there, unless it is a secret.
        found: Option<String>,
    },
    /// An item of a list that could never match anybody.
    #[error("{name}: {why}")]
    Item {
        /// The variable or key that holds the list.
        name: String,
        /// What is wrong with which item.
        why: String,
    },
    /// A role catalogue that cannot be meant so.
    #[error("{name}: {why}")]
    Roles {
        /// The variable or key that holds it.
        name: String,
        /// What is wrong where in it, and what would be right.
        why: String,
    },
    /// A seed catalogue that cannot be meant so.
    #[error("{}: {why}", file.display())]
    Seeds {
        /// Which one.
        file: PathBuf,
        /// What is wrong with which item, and what would be right.
        why: String,
    },
    /// A variable that is not UTF-8.
    #[error("{name} is not valid UTF-8")]
    NotText {
        /// The variable.
        name: String,
    },
    /// A secret given directly and by file.
    #[error("{one} and {other} are both set: keep one of them")]
    Both {
        /// The value itself.
        one: String,
        /// The file's path.
        other: String,
    },
    /// A file that cannot be read: the configuration's own or a secret's.
    #[error("{name}: cannot read {}: {why}", file.display())]
    Unreadable {
        /// Who asked for it.
        name: String,
        /// Which one.
        file: PathBuf,
        /// What the system said.
        why: String,
    },
    /// A file that is not TOML.
    #[error("{}, line {line}: {why}", file.display())]
    Syntax {
        /// Which one.
        file: PathBuf,
        /// Where in it, from 1.
        line: usize,
        /// What the parser said.
        why: String,
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
    #[error("{name} is set, but not {needed}, which it needs")]
    Alone {
        /// What somebody did set.
        name: String,
        /// What belongs to it.
        needed: String,
    },
    /// The shortest allowed password is longer than the longest.
    #[error("password_min_length ({least}) is more than password_max_length ({most})")]
    PasswordLengths {
        /// The minimum.
        least: usize,
        /// The maximum.
        most: usize,
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
    #[error("{name} is set, but not {}: no letter could be sent", missing.join(", "))]
    HalfSet {
        /// What somebody did set.
        name: String,
        /// What belongs to it.
        missing: Vec<String>,
    },
    /// TLS from the first byte, and later.
    #[error("{one} and {other} are both on: port 587 usually wants the first, port 465 the second")]
    TwoKindsOfTls {
        /// STARTTLS.
        one: String,
        /// TLS from the first byte.
        other: String,
    },
    /// No way to sign in would be left.
    #[error("{name} turns off e-mail and password, the only way to sign in that this version has")]
    NoSignIn {
        /// The variable or key that says so.
        name: String,
    },
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map_or_else(
        || " (`freehold config print` lists all of them)".to_owned(),
        |name| format!("; did you mean {name}?"),
    )
}

fn instead(found: Option<&str>) -> String {
    found
        .map(|found| format!(", not `{found}`"))
        .unwrap_or_default()
}

/// Everything that is wrong, so that one start tells all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration cannot be used:")?;
        self.0
            .iter()
            .try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for Problems {}
