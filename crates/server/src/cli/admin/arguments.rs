//! Arguments that several admin commands take: references to users and
//! organizations, passwords, pages of a list, and options of write commands.

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

/// A user, by email address or id.
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
    /// Returns the reference for a request body.
    pub(super) fn reference(&self) -> Value {
        match self {
            Self::Id(id) => json!({"id": id}),
            Self::Email(email) => json!({"email": email}),
        }
    }

    /// Returns the text for a path or a query.
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
    /// Returns the reference for a request body.
    pub(super) fn reference(&self) -> Value {
        match self {
            Self::Id(id) => json!({"id": id}),
            Self::Slug(slug) => json!({"slug": slug}),
        }
    }

    /// Returns the text for a path or a query.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Id(id) => id.to_string(),
            Self::Slug(slug) => slug.clone(),
        }
    }
}

/// Parses a reference to any object: an id, a user's email address, or an
/// organization's slug.
pub(super) fn parse_object(argument: &str) -> Result<TargetReference, String> {
    TargetReference::parse(argument)
        .ok_or_else(|| "not an id, an email address or a slug".to_owned())
}

/// The source of a password. It cannot be passed on the command line, which other
/// users of the machine can read.
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
    /// Reads the password, if one of the options is given.
    pub(super) fn read(&self) -> Result<Option<String>, CommandError> {
        match &self.password_file {
            Some(file) => first_line_of_file(file).map(Some),
            None => self.password_stdin.then(first_line_of_stdin).transpose(),
        }
    }
}

/// Selects a page of a list.
#[derive(Debug, Args)]
pub(super) struct Page {
    /// Maximum number of results.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=200))]
    pub(super) limit: Option<u32>,
    /// Continue after this cursor: the `next` of the previous page.
    #[arg(long, value_name = "NEXT")]
    pub(super) after: Option<String>,
}

/// Options of every write command.
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
    /// Whether the command is a dry run.
    pub(super) const fn is_dry_run(&self) -> bool {
        self.dry_run
    }
}

/// Options of every destructive command.
#[derive(Debug, Default, Args)]
pub(super) struct DestructiveOptions {
    #[command(flatten)]
    pub(super) write_options: WriteOptions,
    /// Skip the confirmation prompt. Required without a terminal and when reading standard input (`-`).
    #[arg(short, long)]
    pub(super) yes: bool,
}
