//! `freehold admin key`: API keys of people.

use clap::Subcommand;
use serde_json::json;
use uuid::Uuid;

use super::{
    arguments::{Doing, Removing, Who},
    operation::Errand,
    transport::path,
};

#[derive(Debug, Subcommand)]
pub(super) enum Key {
    /// Make an API key for a project, in a person's name. It is shown this once.
    #[command(
        after_help = "Example:\n  freehold admin key create --project 01a2082d-5df6-7a31-8c44-0123456789ab --user ada@example.com --name ci"
    )]
    Create {
        /// For which project.
        #[arg(long, value_name = "ID")]
        project: Uuid,
        /// In whose name, by e-mail address or id.
        #[arg(long, value_name = "EMAIL|ID")]
        user: Who,
        /// What it is called.
        #[arg(long)]
        name: Option<String>,
        /// When it stops working, such as 2027-01-31T00:00:00Z.
        #[arg(long, value_name = "TIME")]
        expires_at: Option<String>,
        #[command(flatten)]
        doing: Doing,
    },
    /// Delete an API key. It stops working at once.
    #[command(
        after_help = "Example:\n  freehold admin key delete 01a2082d-5df6-7a31-8c44-0123456789ab --yes"
    )]
    Delete {
        /// Its id: `freehold admin user show` lists a person's keys.
        id: Uuid,
        #[command(flatten)]
        removing: Removing,
    },
}

impl Key {
    pub(super) fn errand(self) -> Errand {
        match self {
            Self::Create {
                project,
                user,
                name,
                expires_at,
                doing,
            } => {
                let mut key = json!({"project_ref": {"id": project}, "user_ref": user.reference()});
                if let Some(name) = name {
                    key["name"] = name.into();
                }
                if let Some(time) = expires_at {
                    key["expires_at"] = time.into();
                }
                let body = json!({"api_key": key, "options": {"return_api_keys": true}});
                Errand::change(
                    path(&["admin", "simple", "accounts", "api-keys"]),
                    body,
                    doing,
                )
            }
            Self::Delete { id, removing } => {
                let at = path(&["admin", "simple", "accounts", "api-keys", &id.to_string()]);
                Errand::removal(at, removing)
            }
        }
    }
}
