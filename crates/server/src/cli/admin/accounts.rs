//! `freehold admin accounts`: users with their organizations, one or thousands at
//! once.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    arguments::{DestructiveOptions, OrganizationArgument, Password, UserArgument, WriteOptions},
    operation::{Operation, preview::OwnershipTransfer},
    transport::path,
    user,
};
use crate::{
    admin_api::{SIMPLE_ACCOUNTS_PATH, path_for_document},
    cli::shared::{error::CommandError, input::read_json_document},
};

/// Reference of the account in a request that creates one account.
const ACCOUNT_REF: &str = "account";

#[derive(Debug, Subcommand)]
pub(super) enum AccountsCommand {
    /// Create accounts: those of a JSON document, or one account from flags.
    ///
    /// A document with a member `accounts` contains complete accounts, each with its own organization,
    /// workspace, project and API key. Any other document is a graph of users, organizations and what
    /// they contain, which refer to each other by `ref`. Everything is created, or nothing.
    /// For more than a few thousand accounts use `freehold import`.
    #[command(
        after_help = "Examples:\n  freehold admin accounts create --email ada@example.com --organization Engines\n  \
                      freehold admin accounts create accounts.json --dry-run\n  \
                      generate-accounts | freehold admin accounts create - -o json --idempotency-key import-7"
    )]
    Create(Create),
    /// Delete users with the organizations they own, or specific organizations, workspaces and
    /// projects.
    ///
    /// If organizations, workspaces or projects are given, exactly these and the given users are
    /// deleted. A document can replace the flags: one that `create` accepts, or one with a `target`.
    #[command(
        after_help = "Examples:\n  freehold admin accounts delete --user ada@example.com --dry-run\n  \
                      freehold admin accounts delete --organization 01a2082d-5df6-7a31-8c44-0123456789ab --yes\n  \
                      freehold admin accounts delete accounts.json --yes"
    )]
    Delete(Delete),
    /// Transfer ownership of organizations from one user to another.
    ///
    /// All organizations the user owns, or only the given ones.
    #[command(
        after_help = "Examples:\n  freehold admin accounts transfer --from ada@example.com --to bo@example.com\n  \
                      freehold admin accounts transfer --from ada@example.com --to bo@example.com --organization acme"
    )]
    Transfer(Transfer),
    /// Show a user with their organizations, workspaces and projects.
    #[command(after_help = "Example:\n  freehold admin accounts show ada@example.com -o json")]
    Show {
        /// Email address or id of the user.
        #[arg(value_name = "EMAIL|ID")]
        user: UserArgument,
    },
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// A JSON document, or - for standard input.
    #[arg(
        value_name = "FILE|-",
        required_unless_present = "email",
        conflicts_with_all = ["email", "name", "organization", "password_stdin", "password_file", "no_key", "no_seeds"]
    )]
    file: Option<PathBuf>,
    /// Email address of the user.
    #[arg(long, value_name = "EMAIL")]
    email: Option<String>,
    /// Display name. Default: the part of the email address before the @.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Name of the user's organization.
    #[arg(long, value_name = "NAME")]
    organization: Option<String>,
    #[command(flatten)]
    password: Password,
    /// Do not create an API key.
    #[arg(long)]
    no_key: bool,
    /// Create the project without initial content.
    #[arg(long)]
    no_seeds: bool,
    #[command(flatten)]
    write_options: WriteOptions,
}

#[derive(Debug, Args)]
pub(super) struct Delete {
    /// A JSON document, or - for standard input.
    #[arg(
        value_name = "FILE|-",
        required_unless_present_any = ["user", "organization", "workspace", "project"],
        conflicts_with_all = ["user", "organization", "workspace", "project"]
    )]
    file: Option<PathBuf>,
    /// A user, by email address or id. Repeatable, like the following options.
    #[arg(long, value_name = "EMAIL|ID")]
    user: Vec<UserArgument>,
    /// An organization.
    #[arg(long, value_name = "ID")]
    organization: Vec<Uuid>,
    /// A workspace.
    #[arg(long, value_name = "ID")]
    workspace: Vec<Uuid>,
    /// A project.
    #[arg(long, value_name = "ID")]
    project: Vec<Uuid>,
    #[command(flatten)]
    destructive_options: DestructiveOptions,
}

#[derive(Debug, Args)]
pub(super) struct Transfer {
    /// The current owner, by email address or id.
    #[arg(long, value_name = "EMAIL|ID")]
    from: UserArgument,
    /// The new owner, by email address or id.
    #[arg(long, value_name = "EMAIL|ID")]
    to: UserArgument,
    /// Only this organization. Repeatable.
    #[arg(long, value_name = "ID|SLUG")]
    organization: Vec<OrganizationArgument>,
    /// Exchange roles in this workspace only. Repeatable.
    #[arg(long, value_name = "ID")]
    workspace: Vec<Uuid>,
    /// Exchange roles in this project only. Repeatable.
    #[arg(long, value_name = "ID")]
    project: Vec<Uuid>,
    #[command(flatten)]
    destructive_options: DestructiveOptions,
}

impl AccountsCommand {
    /// Whether the command may create the database.
    pub(super) const fn may_create_database(&self) -> bool {
        match self {
            Self::Create(create) => !create.write_options.is_dry_run(),
            Self::Delete(_) | Self::Transfer(_) | Self::Show { .. } => false,
        }
    }

    pub(super) fn operation(self) -> Result<Operation, CommandError> {
        Ok(match self {
            Self::Create(create) => return create.operation(),
            Self::Delete(delete) => return delete.operation(),
            Self::Transfer(transfer) => transfer.operation(),
            Self::Show { user } => user::show(&user),
        })
    }
}

impl Create {
    fn operation(self) -> Result<Operation, CommandError> {
        if let Some(file) = &self.file {
            let document = read_json_document(file)?;
            return Ok(Operation::create(
                path_for_document(&document),
                document,
                self.write_options,
            ));
        }
        let password = self.password.read()?;
        let mut account = json!({"user": {"email": self.email}});
        if let Some(name) = self.name {
            account["user"]["name"] = name.into();
        }
        if let Some(name) = self.organization {
            account["organization"] = json!({"name": name});
        }
        if let Some(password) = password {
            account["user_identities"] = json!([{"method": user::PASSWORD_METHOD, "subject": self.email, "password": password}]);
        }
        let document = json!({
            "options": {"create_api_keys": !self.no_key, "seed_defaults": !self.no_seeds},
            "accounts": {ACCOUNT_REF: account},
        });
        Ok(Operation::create(
            SIMPLE_ACCOUNTS_PATH,
            document,
            self.write_options,
        ))
    }
}

impl Delete {
    fn operation(self) -> Result<Operation, CommandError> {
        let mut body = match &self.file {
            Some(file) => read_json_document(file)?,
            None => self.target(),
        };
        let path = path_for_document(&body);
        if let Value::Object(body) = &mut body {
            // The endpoint's default is a dry run; the command was confirmed.
            body.entry("dry_run").or_insert(false.into());
            // The document may be the one that created the accounts: its
            // idempotency key belongs to that request.
            if let Some(Value::Object(options)) = body.get_mut("options") {
                options.remove("idempotency_key");
            }
        }
        Ok(Operation::delete(path, self.destructive_options).with_body(body))
    }

    fn target(&self) -> Value {
        let mut target = Map::new();
        let (mut ids, mut emails) = (Vec::new(), Vec::new());
        for user in &self.user {
            match user {
                UserArgument::Id(id) => ids.push(*id),
                UserArgument::Email(email) => emails.push(email),
            }
        }
        target.insert("user_ids".into(), json!(ids));
        target.insert("user_emails".into(), json!(emails));
        target.insert("organization_ids".into(), json!(self.organization));
        target.insert("workspace_ids".into(), json!(self.workspace));
        target.insert("project_ids".into(), json!(self.project));
        json!({"target": target})
    }
}

impl Transfer {
    fn operation(self) -> Operation {
        let mut body = json!({
            "users": {"source": self.from.reference(), "target": self.to.reference()},
        });
        if !self.organization.is_empty() {
            let organizations = self.organization.iter();
            body["organizations"] = organizations
                .map(|organization| (organization.text(), organization.reference()))
                .collect::<Map<_, _>>()
                .into();
        }
        if !self.workspace.is_empty() {
            body["include_workspaces"] = json!(self.workspace);
        }
        if !self.project.is_empty() {
            body["include_projects"] = json!(self.project);
        }
        Operation::transfer(
            path(&["admin", "simple", "accounts", "transfer-ownership"]),
            body,
            self.destructive_options,
        )
        .with_transfer_preview(OwnershipTransfer {
            from: self.from,
            to: self.to,
            organizations: self.organization,
        })
    }
}
