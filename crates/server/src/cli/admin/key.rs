//! `freehold admin key`: API keys of users.

use clap::Subcommand;
use serde_json::json;
use uuid::Uuid;

use super::{
    arguments::{DestructiveOptions, UserArgument, WriteOptions},
    operation::Operation,
    transport::path,
};

#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// Create an API key for a user in a project. The key is printed only once.
    #[command(
        after_help = "Example:\n  freehold admin key create --project 01a2082d-5df6-7a31-8c44-0123456789ab --user ada@example.com --name ci"
    )]
    Create {
        /// The project.
        #[arg(long, value_name = "ID")]
        project: Uuid,
        /// The user, by email address or id.
        #[arg(long, value_name = "EMAIL|ID")]
        user: UserArgument,
        /// Name of the key.
        #[arg(long)]
        name: Option<String>,
        /// Expiry time, such as 2027-01-31T00:00:00Z.
        #[arg(long, value_name = "TIME")]
        expires_at: Option<String>,
        #[command(flatten)]
        write_options: WriteOptions,
    },
    /// Delete an API key, effective immediately.
    #[command(
        after_help = "Example:\n  freehold admin key delete 01a2082d-5df6-7a31-8c44-0123456789ab --yes"
    )]
    Delete {
        /// Id of the key, as listed by `freehold admin user show`.
        id: Uuid,
        #[command(flatten)]
        destructive_options: DestructiveOptions,
    },
}

impl KeyCommand {
    pub(super) fn operation(self) -> Operation {
        match self {
            Self::Create {
                project,
                user,
                name,
                expires_at,
                write_options,
            } => {
                let mut key = json!({"project_ref": {"id": project}, "user_ref": user.reference()});
                if let Some(name) = name {
                    key["name"] = name.into();
                }
                if let Some(time) = expires_at {
                    key["expires_at"] = time.into();
                }
                let body = json!({"api_key": key, "options": {"return_api_keys": true}});
                Operation::create(
                    path(&["admin", "simple", "accounts", "api-keys"]),
                    body,
                    write_options,
                )
            }
            Self::Delete {
                id,
                destructive_options,
            } => {
                let path = path(&["admin", "simple", "accounts", "api-keys", &id.to_string()]);
                Operation::delete(path, destructive_options)
            }
        }
    }
}
