//! `freehold admin user`: users, their identities and their passwords.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;
use uuid::Uuid;

use super::{
    arguments::{
        DestructiveOptions, OrganizationArgument, Page, Password, UserArgument, WriteOptions,
    },
    operation::{Operation, fetch},
    transport::{Request, Transport, path},
};
use crate::cli::shared::{error::CommandError, input::first_line_of_file};

/// The sign-in method with an email address and a password.
pub(super) const PASSWORD_METHOD: &str = "email:password";

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Create a user with an organization, a workspace and a project.
    ///
    /// The user has no password: set one with `freehold admin user identity create`, or create
    /// everything at once with `freehold admin accounts create`.
    #[command(
        after_help = "Examples:\n  freehold admin user create ada@example.com --name Ada\n  \
                      freehold admin user create bo@example.com --user-only"
    )]
    Create {
        /// Email address of the user.
        email: String,
        /// Display name. Default: the part of the email address before the @.
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// Create only the user, without an organization.
        #[arg(long)]
        user_only: bool,
        #[command(flatten)]
        write_options: WriteOptions,
    },
    /// Show a user with their organizations, workspaces and projects.
    #[command(after_help = "Example:\n  freehold admin user show ada@example.com -o json")]
    Show {
        /// Email address or id of the user.
        #[arg(value_name = "EMAIL|ID")]
        user: UserArgument,
    },
    /// List users, optionally filtered.
    #[command(
        after_help = "Examples:\n  freehold admin user list --email ada\n  freehold admin user list --verified false --created-after 2026-11-01T00:00:00Z"
    )]
    List(List),
    /// Delete a user and the organizations they own.
    #[command(after_help = "Example:\n  freehold admin user delete ada@example.com --dry-run")]
    Delete {
        /// Email address or id of the user.
        #[arg(value_name = "EMAIL|ID")]
        user: UserArgument,
        #[command(flatten)]
        destructive_options: DestructiveOptions,
    },
    /// Set a new password for a user and end their sessions.
    #[command(
        after_help = "Examples:\n  pass show ada | freehold admin user reset-password ada@example.com --password-stdin\n  \
                      freehold admin user reset-password ada@example.com --password-file ada.txt"
    )]
    ResetPassword {
        /// Email address of the user.
        email: String,
        #[command(flatten)]
        password: Password,
        #[command(flatten)]
        write_options: WriteOptions,
    },
    /// Identities: the sign-in methods of a user.
    #[command(subcommand)]
    Identity(IdentityCommand),
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Only email addresses with this prefix.
    #[arg(long, value_name = "PREFIX")]
    email: Option<String>,
    /// Only members of this organization.
    #[arg(long, value_name = "ID|SLUG")]
    organization: Option<OrganizationArgument>,
    /// Only users with this sign-in method, such as email:password.
    #[arg(long, value_name = "METHOD")]
    method: Option<String>,
    /// Only users whose email address is verified (true) or not (false).
    #[arg(long, value_name = "true|false")]
    verified: Option<bool>,
    /// Only users created at or after this time.
    #[arg(long, value_name = "TIME")]
    created_after: Option<String>,
    /// Only users created before this time.
    #[arg(long, value_name = "TIME")]
    created_before: Option<String>,
    #[command(flatten)]
    page: Page,
}

#[derive(Debug, Subcommand)]
pub(super) enum IdentityCommand {
    /// Add an identity to a user.
    #[command(
        after_help = "Examples:\n  pass show ada | freehold admin user identity create ada@example.com --password-stdin\n  \
                      freehold admin user identity create ada@example.com --password-hash-file ada.bcrypt --verified"
    )]
    Create(NewIdentity),
    /// Delete an identity of a user.
    #[command(
        after_help = "Example:\n  freehold admin user identity delete ada@example.com 01a2082d-5df6-7a31-8c44-0123456789ab --yes"
    )]
    Delete {
        /// The user, by email address or id.
        #[arg(value_name = "EMAIL|ID")]
        user: UserArgument,
        /// Id of the identity, as listed by `freehold admin user show`.
        #[arg(value_name = "IDENTITY")]
        identity: Uuid,
        #[command(flatten)]
        destructive_options: DestructiveOptions,
    },
}

#[derive(Debug, Args)]
pub(super) struct NewIdentity {
    /// The user, by email address or id.
    #[arg(value_name = "EMAIL|ID")]
    user: UserArgument,
    /// The sign-in method.
    #[arg(long, value_name = "METHOD", default_value = PASSWORD_METHOD)]
    method: String,
    /// The subject: the user's name at the identity provider. Default: the email address.
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,
    /// Mark the email address as verified.
    #[arg(long)]
    verified: bool,
    #[command(flatten)]
    password: Password,
    /// Read an existing password hash from the first line of this file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["password_stdin", "password_file"])]
    password_hash_file: Option<PathBuf>,
    #[command(flatten)]
    write_options: WriteOptions,
}

impl UserCommand {
    /// Whether the command may create the database.
    pub(super) const fn may_create_database(&self) -> bool {
        match self {
            Self::Create { write_options, .. } => !write_options.is_dry_run(),
            _ => false,
        }
    }

    pub(super) async fn operation(self, transport: &Transport) -> Result<Operation, CommandError> {
        Ok(match self {
            Self::Create {
                email,
                name,
                user_only,
                write_options,
            } => {
                let mut user = json!({"email": email});
                if let Some(name) = name {
                    user["name"] = name.into();
                }
                let body = json!({"user": user, "options": {"seed_defaults": !user_only}});
                Operation::create(
                    path(&["admin", "simple", "accounts", "users"]),
                    body,
                    write_options,
                )
            }
            Self::Show { user } => show(&user),
            Self::List(list) => list.operation(),
            Self::Delete {
                user,
                destructive_options,
            } => {
                let id = resolve_user_id(&user, transport).await?;
                let path = path(&["admin", "simple", "accounts", "users", &id]);
                Operation::delete(path, destructive_options)
            }
            Self::ResetPassword {
                email,
                password,
                write_options,
            } => {
                let Some(password) = password.read()? else {
                    return Err(CommandError::InvalidArgument(
                        "pass the password with --password-stdin or --password-file".into(),
                    ));
                };
                let identity =
                    json!({"method": PASSWORD_METHOD, "subject": email, "password": password});
                let body = json!({"user_identities": [identity]});
                let path = path(&["admin", "simple", "accounts", "reset-password"]);
                Operation::create(path, body, write_options)
            }
            Self::Identity(identity) => identity.operation(transport).await?,
        })
    }
}

impl List {
    fn operation(self) -> Operation {
        let operation = Operation::read(path(&["admin", "users"]))
            .with_query("email", self.email)
            .with_query(
                "organization",
                self.organization.map(|organization| organization.text()),
            )
            .with_query("method", self.method)
            .with_query("verified", self.verified)
            .with_query("created_after", self.created_after)
            .with_query("created_before", self.created_before);
        operation.with_page(self.page)
    }
}

impl IdentityCommand {
    async fn operation(self, transport: &Transport) -> Result<Operation, CommandError> {
        match self {
            Self::Create(new) => new.operation(),
            Self::Delete {
                user,
                identity,
                destructive_options,
            } => {
                let id = resolve_user_id(&user, transport).await?;
                let identity = identity.to_string();
                let parts = [
                    "admin",
                    "simple",
                    "accounts",
                    "users",
                    &id,
                    "identities",
                    &identity,
                ];
                Ok(Operation::delete(path(&parts), destructive_options))
            }
        }
    }
}

impl NewIdentity {
    fn operation(self) -> Result<Operation, CommandError> {
        let subject = match (&self.subject, &self.user) {
            (Some(subject), _) => subject.clone(),
            (None, UserArgument::Email(email)) => email.clone(),
            (None, UserArgument::Id(_)) => {
                return Err(CommandError::InvalidArgument(
                    "identify the user by email address, or pass --subject".into(),
                ));
            }
        };
        let mut identity = json!({"method": self.method, "subject": subject});
        if let Some(password) = self.password.read()? {
            identity["password"] = password.into();
        }
        if let Some(file) = &self.password_hash_file {
            identity["password_hash"] = first_line_of_file(file)?.into();
        }
        if self.verified {
            identity["verified"] = true.into();
        }
        let body = json!({"user_ref": self.user.reference(), "user_identity": identity});
        let path = path(&["admin", "simple", "accounts", "users", "identities"]);
        Ok(Operation::create(path, body, self.write_options))
    }
}

/// Shows a user with what belongs to them.
pub(super) fn show(user: &UserArgument) -> Operation {
    Operation::read(user_path(user))
}

fn user_path(user: &UserArgument) -> String {
    path(&["admin", "users", &user.text()])
}

/// Returns the id of a user; fetches it if the argument is an email address.
async fn resolve_user_id(
    user: &UserArgument,
    transport: &Transport,
) -> Result<String, CommandError> {
    match user {
        UserArgument::Id(id) => Ok(id.to_string()),
        UserArgument::Email(_) => {
            let details = fetch(&Request::get(user_path(user)), transport).await?;
            let id = details["user"]["id"].as_str();
            id.map(str::to_owned)
                .ok_or_else(|| CommandError::Refused("the response contains no user id".to_owned()))
        }
    }
}
