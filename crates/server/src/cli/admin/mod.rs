//! `freehold admin` and `freehold explain`: what operators do by program, at
//! the command line. A command is words for one request of the admin API; it
//! is answered by the same routes whether it goes to the database of this
//! machine or to a running server.
//!
//! Not here: `freehold user` and `freehold organization`, a few shortcuts for
//! whoever sits at the server.

mod accounts;
mod arguments;
mod common;
mod events;
mod explain;
mod key;
mod operation;
mod operator;
mod organizations;
mod outbox;
mod transport;
mod user;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use freehold_app::Extensions;

use super::shared::error::Failed;
use crate::{config::Sources, startup::Missing};
use common::Common;
use operation::Errand;
use transport::Wire;

pub(super) use explain::Explain;

#[derive(Debug, Args)]
pub(super) struct Admin {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
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
    Organization(organizations::Organization),
    /// Workspaces, and who is in them.
    #[command(subcommand)]
    Workspace(organizations::Workspace),
    /// Projects, and who is in them.
    #[command(subcommand)]
    Project(organizations::Project),
    /// API keys of people.
    #[command(subcommand)]
    Key(key::Key),
    /// Operators: their keys, and what these are good for.
    #[command(subcommand)]
    Operator(operator::Operators),
    /// What happened, the latest first.
    #[command(
        after_help = "Examples:\n  freehold admin events --organization acme --target ada@example.com --limit 20\n  \
                      freehold admin events --refused true --since 2026-11-23T09:00:00Z"
    )]
    Events(events::AllEvents),
    /// What waits to be told to the outside.
    #[command(after_help = "Example:\n  freehold admin outbox -o json")]
    Outbox(outbox::Outbox),
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
