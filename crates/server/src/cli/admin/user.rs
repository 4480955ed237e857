//! `freehold admin user`: people, their logins and their passwords.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;
use uuid::Uuid;

use super::{
    arguments::{Doing, Page, Password, Removing, Which, Who},
    operation::Errand,
    transport::{Wire, path},
};
use crate::cli::shared::{error::Failed, input::first_line_of};

/// The login that an address and a password make.
pub(super) const PASSWORD: &str = "email:password";

#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Make a person, with an organization, a workspace and a project of their own.
    ///
    /// They have no password yet: `freehold admin user identity create` gives them one, and
    /// `freehold admin accounts create` makes everything at once.
    #[command(
        after_help = "Examples:\n  freehold admin user create ada@example.com --name Ada\n  \
                      freehold admin user create bo@example.com --alone"
    )]
    Create {
        /// Their e-mail address.
        email: String,
        /// What others see; the part before the @ if nothing is said.
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// Make nothing but the person.
        #[arg(long)]
        alone: bool,
        #[command(flatten)]
        doing: Doing,
    },
    /// Show a person with everything that they are in.
    #[command(after_help = "Example:\n  freehold admin user show ada@example.com -o json")]
    Show {
        /// Their e-mail address or id.
        #[arg(value_name = "EMAIL|ID")]
        user: Who,
    },
    /// Search people.
    #[command(
        after_help = "Examples:\n  freehold admin user list --email ada\n  freehold admin user list --proven false --created-after 2026-11-01T00:00:00Z"
    )]
    List(List),
    /// Delete a person and every organization that they own.
    #[command(after_help = "Example:\n  freehold admin user delete ada@example.com --dry-run")]
    Delete {
        /// Their e-mail address or id.
        #[arg(value_name = "EMAIL|ID")]
        user: Who,
        #[command(flatten)]
        removing: Removing,
    },
    /// Give a person a new password. Their sessions end.
    #[command(
        after_help = "Examples:\n  pass show ada | freehold admin user reset-password ada@example.com --password-stdin\n  \
                      freehold admin user reset-password ada@example.com --password-file ada.txt"
    )]
    ResetPassword {
        /// Their e-mail address.
        email: String,
        #[command(flatten)]
        password: Password,
        #[command(flatten)]
        doing: Doing,
    },
    /// Logins: ways for a person to prove who they are.
    #[command(subcommand)]
    Identity(Identity),
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Only addresses that begin like this.
    #[arg(long, value_name = "PREFIX")]
    email: Option<String>,
    /// Only members of this organization.
    #[arg(long, value_name = "SLUG|ID")]
    organization: Option<Which>,
    /// Only who signs in like this, such as email:password.
    #[arg(long, value_name = "METHOD")]
    method: Option<String>,
    /// Only who has shown, or has not, that their address is theirs.
    #[arg(long, value_name = "true|false")]
    proven: Option<bool>,
    /// Only who was made after this time.
    #[arg(long, value_name = "TIME")]
    created_after: Option<String>,
    /// Only who was made before this time.
    #[arg(long, value_name = "TIME")]
    created_before: Option<String>,
    #[command(flatten)]
    page: Page,
}

#[derive(Debug, Subcommand)]
pub(super) enum Identity {
    /// Give a person a login.
    #[command(
        after_help = "Examples:\n  pass show ada | freehold admin user identity create ada@example.com --password-stdin\n  \
                      freehold admin user identity create ada@example.com --password-hash-file ada.bcrypt --verified"
    )]
    Create(NewIdentity),
    /// Take a login away from a person.
    #[command(
        after_help = "Example:\n  freehold admin user identity delete ada@example.com 01a2082d-5df6-7a31-8c44-0123456789ab --yes"
    )]
    Delete {
        /// Whose, by e-mail address or id.
        #[arg(value_name = "EMAIL|ID")]
        user: Who,
        /// Which login: `freehold admin user show` says its id.
        #[arg(value_name = "IDENTITY")]
        identity: Uuid,
        #[command(flatten)]
        removing: Removing,
    },
}

#[derive(Debug, Args)]
pub(super) struct NewIdentity {
    /// Whose, by e-mail address or id.
    #[arg(value_name = "EMAIL|ID")]
    user: Who,
    /// How they prove who they are.
    #[arg(long, value_name = "METHOD", default_value = PASSWORD)]
    method: String,
    /// What they are called there: the e-mail address, unless another is given.
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,
    /// The address is known to be theirs.
    #[arg(long)]
    verified: bool,
    #[command(flatten)]
    password: Password,
    /// Read a hash of their password, made elsewhere, from the first line of this file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["password_stdin", "password_file"])]
    password_hash_file: Option<PathBuf>,
    #[command(flatten)]
    doing: Doing,
}

impl User {
    /// Whether it may be the first thing that is done with a database.
    pub(super) const fn may_be_first(&self) -> bool {
        match self {
            Self::Create { doing, .. } => !doing.is_rehearsal(),
            _ => false,
        }
    }

    pub(super) async fn errand(self, wire: &Wire) -> Result<Errand, Failed> {
        Ok(match self {
            Self::Create {
                email,
                name,
                alone,
                doing,
            } => {
                let mut user = json!({"email": email});
                if let Some(name) = name {
                    user["name"] = name.into();
                }
                let body = json!({"user": user, "options": {"seed_defaults": !alone}});
                Errand::change(path(&["admin", "simple", "accounts", "users"]), body, doing)
            }
            Self::Show { user } => show(&user),
            Self::List(list) => list.errand(),
            Self::Delete { user, removing } => {
                let id = id_of(&user, wire).await?;
                let at = path(&["admin", "simple", "accounts", "users", &id]);
                Errand::removal(at, removing)
            }
            Self::ResetPassword {
                email,
                password,
                doing,
            } => {
                let Some(password) = password.read()? else {
                    return Err(Failed::Typed(
                        "a password is read, not typed: --password-stdin or --password-file".into(),
                    ));
                };
                let login = json!({"method": PASSWORD, "subject": email, "password": password});
                let body = json!({"user_identities": [login]});
                let at = path(&["admin", "simple", "accounts", "reset-password"]);
                Errand::change(at, body, doing)
            }
            Self::Identity(identity) => identity.errand(wire).await?,
        })
    }
}

impl List {
    fn errand(self) -> Errand {
        let errand = Errand::look(path(&["admin", "users"]))
            .asking("email", self.email)
            .asking("organization", self.organization.map(|it| it.text()))
            .asking("method", self.method)
            .asking("proven", self.proven)
            .asking("created_after", self.created_after)
            .asking("created_before", self.created_before);
        errand.paged(self.page)
    }
}

impl Identity {
    async fn errand(self, wire: &Wire) -> Result<Errand, Failed> {
        match self {
            Self::Create(new) => new.errand(),
            Self::Delete {
                user,
                identity,
                removing,
            } => {
                let id = id_of(&user, wire).await?;
                let identity = identity.to_string();
                let at = [
                    "admin",
                    "simple",
                    "accounts",
                    "users",
                    &id,
                    "identities",
                    &identity,
                ];
                Ok(Errand::removal(path(&at), removing))
            }
        }
    }
}

impl NewIdentity {
    fn errand(self) -> Result<Errand, Failed> {
        let subject = match (&self.subject, &self.user) {
            (Some(subject), _) => subject.clone(),
            (None, Who::Email(email)) => email.clone(),
            (None, Who::Id(_)) => {
                return Err(Failed::Typed(
                    "name the person by their address, or say --subject".into(),
                ));
            }
        };
        let mut login = json!({"method": self.method, "subject": subject});
        if let Some(password) = self.password.read()? {
            login["password"] = password.into();
        }
        if let Some(file) = &self.password_hash_file {
            login["password_hash"] = first_line_of(file)?.into();
        }
        if self.verified {
            login["verified"] = true.into();
        }
        let body = json!({"user_ref": self.user.reference(), "user_identity": login});
        let at = path(&["admin", "simple", "accounts", "users", "identities"]);
        Ok(Errand::change(at, body, self.doing))
    }
}

/// Everything about one person.
pub(super) fn show(user: &Who) -> Errand {
    Errand::look(path(&["admin", "users", &user.text()]))
}

/// The id of a person, asked for if it was not typed.
async fn id_of(user: &Who, wire: &Wire) -> Result<String, Failed> {
    match user {
        Who::Id(id) => Ok(id.to_string()),
        Who::Email(_) => {
            let found = show(user).found(wire).await?;
            let id = found["user"]["id"].as_str();
            id.map(str::to_owned)
                .ok_or_else(|| Failed::Refused("the answer names nobody".to_owned()))
        }
    }
}
