//! `freehold admin accounts`: people together with what they own, one or
//! thousands at once.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    arguments::{Doing, Password, Removing, Which, Who},
    operation::{Errand, preview::OwnershipTransfer},
    transport::path,
    user,
};
use crate::{
    admin_api::{SIMPLE_ACCOUNTS, route_of},
    cli::shared::{error::Failed, input::document},
};

/// What the account is called in a request that makes one.
const REF: &str = "account";

#[derive(Debug, Subcommand)]
pub(super) enum Accounts {
    /// Make accounts: everything that a document says, or one account by flags.
    ///
    /// A document with a member `accounts` holds complete accounts, each with an organization, a
    /// workspace, a project and an API key of its own. Any other is a graph: people,
    /// organizations and what is in them, by names of your choice. All of it is made, or nothing.
    /// For more than some thousands there is `freehold provision`.
    #[command(
        after_help = "Examples:\n  freehold admin accounts create --email ada@example.com --organization Engines\n  \
                      freehold admin accounts create accounts.json --dry-run\n  \
                      generate-accounts | freehold admin accounts create - -o json --idempotency-key import-7"
    )]
    Create(Create),
    /// Delete people with every organization that they own, or certain organizations, workspaces
    /// and projects.
    ///
    /// With organizations, workspaces or projects, exactly these are deleted, and the people.
    /// Instead of flags, a document: of accounts as `create` takes them, or with a `target`.
    #[command(
        after_help = "Examples:\n  freehold admin accounts delete --user ada@example.com --dry-run\n  \
                      freehold admin accounts delete --organization 01a2082d-5df6-7a31-8c44-0123456789ab --yes\n  \
                      freehold admin accounts delete accounts.json --yes"
    )]
    Delete(Delete),
    /// Hand over somebody's organizations to somebody else.
    ///
    /// All that they own, or those that are named.
    #[command(
        after_help = "Examples:\n  freehold admin accounts transfer --from ada@example.com --to bo@example.com\n  \
                      freehold admin accounts transfer --from ada@example.com --to bo@example.com --organization acme"
    )]
    Transfer(Transfer),
    /// Show a person with everything that they are in.
    #[command(after_help = "Example:\n  freehold admin accounts show ada@example.com -o json")]
    Show {
        /// Their e-mail address or id.
        #[arg(value_name = "EMAIL|ID")]
        user: Who,
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
    /// The e-mail address of one account.
    #[arg(long, value_name = "EMAIL")]
    email: Option<String>,
    /// What others see; the part before the @ if nothing is said.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// What their organization is called.
    #[arg(long, value_name = "NAME")]
    organization: Option<String>,
    #[command(flatten)]
    password: Password,
    /// Make no API key.
    #[arg(long)]
    no_key: bool,
    /// Let the project begin empty.
    #[arg(long)]
    no_seeds: bool,
    #[command(flatten)]
    doing: Doing,
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
    /// A person, by e-mail address or id. Can be given several times, as the others can.
    #[arg(long, value_name = "EMAIL|ID")]
    user: Vec<Who>,
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
    removing: Removing,
}

#[derive(Debug, Args)]
pub(super) struct Transfer {
    /// Who owns them now, by e-mail address or id.
    #[arg(long, value_name = "EMAIL|ID")]
    from: Who,
    /// Who shall own them.
    #[arg(long, value_name = "EMAIL|ID")]
    to: Who,
    /// Only this organization. Can be given several times.
    #[arg(long, value_name = "ID|SLUG")]
    organization: Vec<Which>,
    /// Exchange roles in these workspaces only. Can be given several times.
    #[arg(long, value_name = "ID")]
    workspace: Vec<Uuid>,
    /// Exchange roles in these projects only. Can be given several times.
    #[arg(long, value_name = "ID")]
    project: Vec<Uuid>,
    #[command(flatten)]
    removing: Removing,
}

impl Accounts {
    /// Whether it may be the first thing that is done with a database.
    pub(super) const fn may_be_first(&self) -> bool {
        match self {
            Self::Create(create) => !create.doing.is_rehearsal(),
            Self::Delete(_) | Self::Transfer(_) | Self::Show { .. } => false,
        }
    }

    pub(super) fn errand(self) -> Result<Errand, Failed> {
        Ok(match self {
            Self::Create(create) => return create.errand(),
            Self::Delete(delete) => return delete.errand(),
            Self::Transfer(transfer) => transfer.errand(),
            Self::Show { user } => user::show(&user),
        })
    }
}

impl Create {
    fn errand(self) -> Result<Errand, Failed> {
        if let Some(file) = &self.file {
            let document = document(file)?;
            return Ok(Errand::change(route_of(&document), document, self.doing));
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
            account["user_identities"] =
                json!([{"method": user::PASSWORD, "subject": self.email, "password": password}]);
        }
        let document = json!({
            "options": {"create_api_keys": !self.no_key, "seed_defaults": !self.no_seeds},
            "accounts": {REF: account},
        });
        Ok(Errand::change(SIMPLE_ACCOUNTS, document, self.doing))
    }
}

impl Delete {
    fn errand(self) -> Result<Errand, Failed> {
        let mut body = match &self.file {
            Some(file) => document(file)?,
            None => self.named(),
        };
        let to = route_of(&body);
        if let Value::Object(body) = &mut body {
            // The endpoint rehearses unless it is told not to. A command that
            // was typed, and confirmed, says that it is meant.
            body.entry("dry_run").or_insert(false.into());
            // A document may be the one that made the accounts: its key names
            // that request, not this one.
            if let Some(Value::Object(options)) = body.get_mut("options") {
                options.remove("idempotency_key");
            }
        }
        Ok(Errand::removal(to, self.removing).with(body))
    }

    fn named(&self) -> Value {
        let mut target = Map::new();
        let (mut ids, mut emails) = (Vec::new(), Vec::new());
        for user in &self.user {
            match user {
                Who::Id(id) => ids.push(*id),
                Who::Email(email) => emails.push(email),
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
    fn errand(self) -> Errand {
        let mut body = json!({
            "users": {"source": self.from.reference(), "target": self.to.reference()},
        });
        if !self.organization.is_empty() {
            let named = self.organization.iter();
            body["organizations"] = named
                .map(|which| (which.text(), which.reference()))
                .collect::<Map<_, _>>()
                .into();
        }
        if !self.workspace.is_empty() {
            body["include_workspaces"] = json!(self.workspace);
        }
        if !self.project.is_empty() {
            body["include_projects"] = json!(self.project);
        }
        Errand::handover(
            path(&["admin", "simple", "accounts", "transfer-ownership"]),
            body,
            self.removing,
        )
        .moving(OwnershipTransfer {
            from: self.from,
            to: self.to,
            named: self.organization,
        })
    }
}
