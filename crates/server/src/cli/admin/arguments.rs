//! Arguments that several commands of operators take: names of people and
//! places, passwords, pages of a list, and what can be said of every change.

use std::{path::PathBuf, str::FromStr};

use clap::Args;
use freehold_app::WhichThing;
use freehold_domain::{Email, OrganizationSlug};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::cli::shared::{
    error::Failed,
    input::{first_line, first_line_of},
};

/// A person, by address or id.
#[derive(Debug, Clone)]
pub(super) enum Who {
    Id(Uuid),
    Email(String),
}

impl FromStr for Who {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, String> {
        if let Ok(id) = typed.parse() {
            return Ok(Self::Id(id));
        }
        let email = Email::parse(typed)
            .map_err(|error| format!("neither an id nor an address: {error}"))?;
        Ok(Self::Email(email.as_str().to_owned()))
    }
}

impl Who {
    /// As a request names them.
    pub(super) fn reference(&self) -> Value {
        match self {
            Self::Id(id) => json!({"id": id}),
            Self::Email(email) => json!({"email": email}),
        }
    }

    /// As a path or a query names them.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Id(id) => id.to_string(),
            Self::Email(email) => email.clone(),
        }
    }
}

/// An organization, by id or slug.
#[derive(Debug, Clone)]
pub(super) enum Which {
    Id(Uuid),
    Slug(String),
}

impl FromStr for Which {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, String> {
        if let Ok(id) = typed.parse() {
            return Ok(Self::Id(id));
        }
        let slug = OrganizationSlug::parse(typed)
            .map_err(|error| format!("neither an id nor a slug: {error}"))?;
        Ok(Self::Slug(slug.as_str().to_owned()))
    }
}

impl Which {
    /// As a request names it.
    pub(super) fn reference(&self) -> Value {
        match self {
            Self::Id(id) => json!({"id": id}),
            Self::Slug(slug) => json!({"slug": slug}),
        }
    }

    /// As a path or a query names it.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Id(id) => id.to_string(),
            Self::Slug(slug) => slug.clone(),
        }
    }
}

/// Anything, by id; a person also by address, an organization also by slug.
pub(super) fn thing(typed: &str) -> Result<WhichThing, String> {
    WhichThing::parse(typed).ok_or_else(|| "neither an id nor an address nor a slug".to_owned())
}

/// Where a password comes from: never from the command line, which others on
/// the machine can read.
#[derive(Debug, Default, Args)]
#[group(multiple = false)]
pub(super) struct Password {
    /// Read the password from the first line of standard input.
    #[arg(long)]
    password_stdin: bool,
    /// Read the password from the first line of this file.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl Password {
    /// The password, if one was offered.
    pub(super) fn read(&self) -> Result<Option<String>, Failed> {
        match &self.password_file {
            Some(file) => first_line_of(file).map(Some),
            None => self.password_stdin.then(first_line).transpose(),
        }
    }
}

/// Which page of a list.
#[derive(Debug, Args)]
pub(super) struct Page {
    /// How many.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=200))]
    pub(super) limit: Option<u32>,
    /// Only those behind this: the `next` that the page before ended with.
    #[arg(long, value_name = "NEXT")]
    pub(super) after: Option<String>,
}

/// What can be said of every command that changes something.
#[derive(Debug, Default, Args)]
pub(super) struct Doing {
    /// Go through all of it and answer as if it were done, but keep nothing.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Do it once, however often this is typed with the same key.
    #[arg(long, value_name = "KEY")]
    pub(super) idempotency_key: Option<String>,
}

impl Doing {
    /// Whether nothing is to be kept.
    pub(super) const fn is_rehearsal(&self) -> bool {
        self.dry_run
    }
}

/// What can be said of every command that takes something away.
#[derive(Debug, Default, Args)]
pub(super) struct Removing {
    #[command(flatten)]
    pub(super) doing: Doing,
    /// Do not ask. Needed where nobody can be asked: in scripts, and with `-`.
    #[arg(short, long)]
    pub(super) yes: bool,
}
