//! `freehold admin operator`: operators and their keys.

use clap::Subcommand;
use serde_json::json;

use super::{
    arguments::{DestructiveOptions, WriteOptions},
    operation::Operation,
    transport::path,
};

#[derive(Debug, Subcommand)]
pub(super) enum OperatorCommand {
    /// Create an operator key. The key is printed only once.
    #[command(
        after_help = "Scopes: accounts:read, accounts:write, accounts:delete, credentials:write, audit:read,\n\
                      operators:write.\n\n\
                      Example:\n  freehold admin operator create ci --scope accounts:read,accounts:write --expires-at 2027-01-31T00:00:00Z"
    )]
    Create {
        /// Name of the operator, as recorded in the audit log.
        name: String,
        /// Scopes, separated by commas.
        #[arg(long, value_name = "SCOPE", value_delimiter = ',', required = true)]
        scope: Vec<String>,
        /// Expiry time of the key.
        #[arg(long, value_name = "TIME")]
        expires_at: Option<String>,
        #[command(flatten)]
        write_options: WriteOptions,
    },
    /// List operator keys, including revoked ones.
    #[command(after_help = "Example:\n  freehold admin operator list -o json")]
    List,
    /// Revoke an operator key, effective immediately.
    #[command(after_help = "Example:\n  freehold admin operator revoke ci --yes")]
    Revoke {
        /// Name of the operator.
        name: String,
        #[command(flatten)]
        destructive_options: DestructiveOptions,
    },
}

impl OperatorCommand {
    /// Whether the command may create the database.
    pub(super) const fn may_create_database(&self) -> bool {
        match self {
            Self::Create { write_options, .. } => !write_options.is_dry_run(),
            Self::List | Self::Revoke { .. } => false,
        }
    }

    pub(super) fn operation(self) -> Operation {
        match self {
            Self::Create {
                name,
                scope,
                expires_at,
                write_options,
            } => {
                let mut body = json!({"name": name, "scopes": scope});
                if let Some(time) = expires_at {
                    body["expires_at"] = time.into();
                }
                Operation::create(path(&["admin", "operators"]), body, write_options)
            }
            Self::List => Operation::read(path(&["admin", "operators"])),
            Self::Revoke {
                name,
                destructive_options,
            } => Operation::delete(path(&["admin", "operators", &name]), destructive_options),
        }
    }
}
