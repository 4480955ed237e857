//! What is typed to name people and places, and what is read from files
//! instead: documents and passwords.

use std::{
    fs, io,
    io::Read as _,
    path::{Path, PathBuf},
    str::FromStr,
};

use clap::Args;
use freehold_app::WhichThing;
use freehold_domain::{Email, OrganizationSlug};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::{Failed, user};

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
            None => self.password_stdin.then(user::first_line).transpose(),
        }
    }
}

/// The first line of a file, which must say something.
pub(super) fn first_line_of(file: &Path) -> Result<String, Failed> {
    let text = text_of(file)?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(line.to_owned()),
        _ => Err(Failed::Typed(format!(
            "{}: the first line is empty",
            file.display()
        ))),
    }
}

fn text_of(file: &Path) -> Result<String, Failed> {
    fs::read_to_string(file)
        .map_err(|error| Failed::Typed(format!("cannot read {}: {error}", file.display())))
}

/// The JSON object in a file, or on standard input for `-`.
pub(super) fn document(file: &Path) -> Result<Value, Failed> {
    let is_stdin = file == Path::new("-");
    let text = if is_stdin {
        let mut text = String::new();
        io::stdin()
            .read_to_string(&mut text)
            .map_err(Failed::Input)?;
        text
    } else {
        text_of(file)?
    };
    let name = if is_stdin {
        "standard input".to_owned()
    } else {
        file.display().to_string()
    };
    match serde_json::from_str(&text) {
        Ok(document @ Value::Object(_)) => Ok(document),
        Ok(_) => Err(Failed::Typed(format!("{name}: expected a JSON object"))),
        Err(error) => Err(Failed::Typed(format!("{name}: {error}"))),
    }
}
