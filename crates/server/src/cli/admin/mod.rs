//! `freehold admin` and `freehold explain`: what operators do by program, at
//! the command line. A command is words for one request of the admin API; it
//! is answered by the same routes whether it goes to the database of this
//! machine or to a running server.
//!
//! Not here: `freehold user` and `freehold organization`, a few shortcuts for
//! whoever sits at the server.

mod accounts;
mod credentials;
mod errand;
mod looking;
mod organization;
mod page;
mod preview;
mod refused;
mod told;
mod typed;
mod user;
mod wire;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};
use freehold_app::Extensions;
use url::Url;

use super::{Failed, Format, Log, to_its_end, with};
use crate::{
    config::{Config, Sources},
    start::Missing,
};
use errand::Errand;
use wire::Wire;

pub(super) use looking::Explain;

#[derive(Debug, Args)]
pub(super) struct Admin {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

/// What every command of operators takes.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Where and how")]
pub(super) struct Common {
    /// Ask the server at this address instead of opening the database.
    ///
    /// The key is read from FREEHOLD_OPERATOR_KEY, else FREEHOLD_ADMIN_KEY (or from the file that
    /// either names with _FILE behind it), or --key-file.
    #[arg(long, global = true, value_name = "URL", value_parser = server)]
    server: Option<Url>,
    /// Read the key for --server from this file.
    #[arg(long, global = true, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Why, for the audit trail.
    #[arg(long, global = true, value_name = "TEXT")]
    reason: Option<String>,
    /// How to write the answer: json is the API's own.
    #[arg(
        short,
        long,
        global = true,
        value_name = "FORMAT",
        default_value = "table"
    )]
    output: Format,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// People together with what they own, one or thousands at once.
    #[command(subcommand)]
    Accounts(accounts::Accounts),
    /// People, their logins and their passwords.
    #[command(subcommand)]
    User(user::User),
    /// Organizations, and who is in them.
    #[command(subcommand)]
    Organization(organization::Organization),
    /// Workspaces, and who is in them.
    #[command(subcommand)]
    Workspace(organization::Workspace),
    /// Projects, and who is in them.
    #[command(subcommand)]
    Project(organization::Project),
    /// API keys of people.
    #[command(subcommand)]
    Key(credentials::Key),
    /// Operators: their keys, and what these are good for.
    #[command(subcommand)]
    Operator(credentials::Operators),
    /// What happened, the latest first.
    #[command(
        after_help = "Examples:\n  freehold admin events --organization acme --target ada@example.com --limit 20\n  \
                      freehold admin events --refused true --since 2026-11-23T09:00:00Z"
    )]
    Events(looking::AllEvents),
    /// What waits to be told to the outside.
    #[command(after_help = "Example:\n  freehold admin outbox -o json")]
    Outbox(looking::Outbox),
}

impl Admin {
    pub(super) fn run(
        self,
        sources: &Sources,
        extensions: &Extensions,
    ) -> Result<ExitCode, Failed> {
        let Self { command, common } = self;
        let missing = if command.may_be_first() {
            Missing::Make
        } else {
            Missing::Leave
        };
        common.run(sources, extensions, missing, async |wire| {
            command.errand(wire).await
        })
    }
}

impl Explain {
    pub(super) fn run(
        mut self,
        sources: &Sources,
        extensions: &Extensions,
    ) -> Result<ExitCode, Failed> {
        let common = std::mem::take(&mut self.common);
        common.run(sources, extensions, Missing::Leave, async |_| {
            Ok(self.errand())
        })
    }
}

impl Command {
    /// Whether it may be the first thing that is done with a database: then it
    /// makes the database, as serving would.
    const fn may_be_first(&self) -> bool {
        match self {
            Self::Accounts(accounts) => accounts.may_be_first(),
            Self::User(user) => user.may_be_first(),
            Self::Operator(operators) => operators.may_be_first(),
            Self::Organization(_)
            | Self::Workspace(_)
            | Self::Project(_)
            | Self::Key(_)
            | Self::Events(_)
            | Self::Outbox(_) => false,
        }
    }

    async fn errand(self, wire: &Wire) -> Result<Errand, Failed> {
        Ok(match self {
            Self::Accounts(accounts) => accounts.errand()?,
            Self::User(user) => user.errand(wire).await?,
            Self::Organization(organization) => organization.errand(),
            Self::Workspace(workspace) => workspace.errand(),
            Self::Project(project) => project.errand(),
            Self::Key(key) => key.errand(),
            Self::Operator(operators) => operators.errand(),
            Self::Events(events) => events.errand(),
            Self::Outbox(outbox) => outbox.errand(),
        })
    }
}

impl Common {
    /// Opens the way, asks, and closes it.
    fn run(
        self,
        sources: &Sources,
        extensions: &Extensions,
        missing: Missing,
        errand: impl AsyncFnOnce(&Wire) -> Result<Errand, Failed>,
    ) -> Result<ExitCode, Failed> {
        let Self {
            server,
            key_file,
            reason,
            output,
        } = self;
        let go = async |wire: Wire| {
            let done = match errand(&wire).await {
                Ok(errand) => errand.run(&wire, reason, output).await,
                Err(failed) => Err(failed),
            };
            wire.close().await;
            done.map(|()| ExitCode::SUCCESS)
        };
        let Some(server) = server else {
            if key_file.is_some() {
                return Err(Failed::Typed("--key-file is for --server".to_owned()));
            }
            return with(sources, Log::Quiet, async |config: &Config| {
                go(Wire::here(config, extensions.clone(), missing).await?).await
            });
        };
        // What is configured here says nothing of a server elsewhere.
        if !sources.flags.is_empty() {
            let flags: Vec<&str> = sources.flags.iter().map(|(_, flag, _)| *flag).collect();
            let flags = flags.join(", ");
            return Err(Failed::Typed(format!(
                "{flags}: not together with --server"
            )));
        }
        to_its_end(go(Wire::there(server, key_file.as_deref())?))
    }
}

/// An address of a server, without anything secret in it.
fn server(typed: &str) -> Result<Url, String> {
    let url = Url::parse(typed).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err("expected an address that begins with http:// or https://".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the key is read from the environment or a file".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("an address ends before ? and #".to_owned());
    }
    Ok(url)
}
