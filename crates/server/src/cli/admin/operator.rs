//! `freehold admin operator`: operators and their keys.

use clap::Subcommand;
use serde_json::json;

use super::{
    arguments::{Doing, Removing},
    operation::Errand,
    transport::path,
};

#[derive(Debug, Subcommand)]
pub(super) enum Operators {
    /// Make a key for an operator or a program of theirs. It is shown this once.
    #[command(
        after_help = "Scopes: accounts:read, accounts:write, accounts:delete, credentials:write, audit:read,\n\
                      operators:write.\n\n\
                      Example:\n  freehold admin operator create ci --scope accounts:read,accounts:write --expires-at 2027-01-31T00:00:00Z"
    )]
    Create {
        /// What the audit trail calls them.
        name: String,
        /// What they may do; several with commas.
        #[arg(long, value_name = "SCOPE", value_delimiter = ',', required = true)]
        scope: Vec<String>,
        /// When the key stops working.
        #[arg(long, value_name = "TIME")]
        expires_at: Option<String>,
        #[command(flatten)]
        doing: Doing,
    },
    /// List the operators that have a key, and had one.
    #[command(after_help = "Example:\n  freehold admin operator list -o json")]
    List,
    /// Take an operator's key away. It stops working at once.
    #[command(after_help = "Example:\n  freehold admin operator revoke ci --yes")]
    Revoke {
        /// Whose.
        name: String,
        #[command(flatten)]
        removing: Removing,
    },
}

impl Operators {
    /// Whether it may be the first thing that is done with a database.
    pub(super) const fn may_be_first(&self) -> bool {
        match self {
            Self::Create { doing, .. } => !doing.is_rehearsal(),
            Self::List | Self::Revoke { .. } => false,
        }
    }

    pub(super) fn errand(self) -> Errand {
        match self {
            Self::Create {
                name,
                scope,
                expires_at,
                doing,
            } => {
                let mut body = json!({"name": name, "scopes": scope});
                if let Some(time) = expires_at {
                    body["expires_at"] = time.into();
                }
                Errand::change(path(&["admin", "operators"]), body, doing)
            }
            Self::List => Errand::look(path(&["admin", "operators"])),
            Self::Revoke { name, removing } => {
                Errand::removal(path(&["admin", "operators", &name]), removing)
            }
        }
    }
}
