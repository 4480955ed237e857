//! Arguments that several commands of operators take: names of people and
//! places, passwords, pages of a list, and what can be said of every change.

use std::{path::PathBuf, str::FromStr};

use clap::Args;
use freehold_app::TargetReference;
use freehold_domain::{Email, OrganizationSlug};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::cli::shared::{
    error::CommandError,
    input::{first_line_of_file, first_line_of_stdin},
};

/// A person, by address or id.
#[derive(Debug, Clone)]
pub(super) enum UserArgument {
    Id(Uuid),
    Email(String),
}

impl FromStr for UserArgument {
    type Err = String;

    fn from_str(argument: &str) -> Result<Self, String> {
        if let Ok(id) = argument.parse() {
            return Ok(Self::Id(id));
        }
        let email = Email::parse(argument)
            .map_err(|error| format!("neither an id nor an email address: {error}"))?;
        Ok(Self::Email(email.as_str().to_owned()))
    }
}

impl UserArgument {
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
pub(super) enum OrganizationArgument {
    Id(Uuid),
    Slug(String),
}

impl FromStr for OrganizationArgument {
    type Err = String;

    fn from_str(argument: &str) -> Result<Self, String> {
        if let Ok(id) = argument.parse() {
            return Ok(Self::Id(id));
        }
        let slug = OrganizationSlug::parse(argument)
            .map_err(|error| format!("neither an id nor a slug: {error}"))?;
        Ok(Self::Slug(slug.as_str().to_owned()))
    }
}

impl OrganizationArgument {
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
pub(super) fn parse_object(argument: &str) -> Result<TargetReference, String> {
    TargetReference::parse(argument)
        .ok_or_else(|| "not an id, an email address or a slug".to_owned())
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
    pub(super) fn read(&self) -> Result<Option<String>, CommandError> {
        match &self.password_file {
            Some(file) => first_line_of_file(file).map(Some),
            None => self.password_stdin.then(first_line_of_stdin).transpose(),
        }
    }
}

/// Which page of a list.
#[derive(Debug, Args)]
pub(super) struct Page {
    /// Maximum number of results.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=200))]
    pub(super) limit: Option<u32>,
    /// Continue after this cursor: the `next` of the previous page.
    #[arg(long, value_name = "NEXT")]
    pub(super) after: Option<String>,
}

/// What can be said of every command that changes something.
#[derive(Debug, Default, Args)]
pub(super) struct WriteOptions {
    /// Dry run: execute the command, print its result and roll it back.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Idempotency key: repeating the command with the same key executes it only once.
    #[arg(long, value_name = "KEY")]
    pub(super) idempotency_key: Option<String>,
}

impl WriteOptions {
    /// Whether nothing is to be kept.
    pub(super) const fn is_dry_run(&self) -> bool {
        self.dry_run
    }
}

/// What can be said of every command that takes something away.
#[derive(Debug, Default, Args)]
pub(super) struct DestructiveOptions {
    #[command(flatten)]
    pub(super) write_options: WriteOptions,
    /// Skip the confirmation prompt. Required without a terminal and when reading standard input (`-`).
    #[arg(short, long)]
    pub(super) yes: bool,
}
