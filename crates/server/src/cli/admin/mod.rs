//! `freehold admin` and `freehold explain`: the admin API on the command line. Each
//! command is one request, which is answered by the same routes on the local
//! database and on a running server.
//!
//! Not here: `freehold user` and `freehold organization`, local commands that do not
//! use the admin API.

mod accounts;
mod arguments;
mod common_options;
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

use super::shared::error::CommandError;
use crate::{config::ConfigSources, startup::MissingDatabase};
use common_options::CommonOptions;
use operation::Operation;
use transport::Transport;

pub(super) use explain::Explain;

#[derive(Debug, Args)]
pub(super) struct Admin {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: CommonOptions,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Accounts: users with their organizations, one or thousands at once.
    #[command(subcommand)]
    Accounts(accounts::AccountsCommand),
    /// Users, their identities (logins) and passwords.
    #[command(subcommand)]
    User(user::UserCommand),
    /// Organizations and their members.
    #[command(subcommand)]
    Organization(organizations::OrganizationCommand),
    /// Workspaces and their members.
    #[command(subcommand)]
    Workspace(organizations::WorkspaceCommand),
    /// Projects and their members.
    #[command(subcommand)]
    Project(organizations::ProjectCommand),
    /// API keys of users.
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Operator keys and their scopes.
    #[command(subcommand)]
    Operator(operator::OperatorCommand),
    /// List audit events, newest first.
    #[command(
        after_help = "Examples:\n  freehold admin events --organization acme --target ada@example.com --limit 20\n  \
                      freehold admin events --refused true --since 2026-11-23T09:00:00Z"
    )]
    Events(events::AllEvents),
    /// List undelivered outbox events and email jobs.
    #[command(after_help = "Example:\n  freehold admin outbox -o json")]
    Outbox(outbox::Outbox),
}

impl Admin {
    pub(super) fn run(self, sources: &ConfigSources) -> Result<ExitCode, CommandError> {
        let Self { command, common } = self;
        let if_missing = if command.may_create_database() {
            MissingDatabase::Create
        } else {
            MissingDatabase::Fail
        };
        common.run(sources, if_missing, async |transport| {
            command.operation(transport).await
        })
    }
}

impl Command {
    /// Whether the command may create and migrate the database, as `serve` does.
    const fn may_create_database(&self) -> bool {
        match self {
            Self::Accounts(accounts) => accounts.may_create_database(),
            Self::User(user) => user.may_create_database(),
            Self::Operator(operators) => operators.may_create_database(),
            Self::Organization(_)
            | Self::Workspace(_)
            | Self::Project(_)
            | Self::Key(_)
            | Self::Events(_)
            | Self::Outbox(_) => false,
        }
    }

    async fn operation(self, transport: &Transport) -> Result<Operation, CommandError> {
        Ok(match self {
            Self::Accounts(accounts) => accounts.operation()?,
            Self::User(user) => user.operation(transport).await?,
            Self::Organization(organization) => organization.operation(),
            Self::Workspace(workspace) => workspace.operation(),
            Self::Project(project) => project.operation(),
            Self::Key(key) => key.operation(),
            Self::Operator(operators) => operators.operation(),
            Self::Events(events) => events.operation(),
            Self::Outbox(outbox) => outbox.operation(),
        })
    }
}
