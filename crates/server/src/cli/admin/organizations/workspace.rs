//! `freehold admin workspace`.

use clap::Subcommand;
use serde_json::json;

use super::{
    super::{
        arguments::{Doing, Which},
        operation::Errand,
    },
    kind::{Delete, Kind, named},
    member::Member,
};

#[derive(Debug, Subcommand)]
pub(in crate::cli::admin) enum Workspace {
    /// Make a workspace with a project in it.
    #[command(
        after_help = "Example:\n  freehold admin workspace create Research --organization acme"
    )]
    Create {
        /// Its name.
        name: String,
        /// Where.
        #[arg(long, value_name = "ID|SLUG")]
        organization: Which,
        #[command(flatten)]
        doing: Doing,
    },
    /// Delete a workspace with everything in it.
    #[command(
        after_help = "Example:\n  freehold admin workspace delete 01a2082d-5df6-7a31-8c44-0123456789ab --dry-run"
    )]
    Delete(Delete),
    /// Who is in it.
    #[command(subcommand)]
    Member(Member),
}

impl Workspace {
    pub(in crate::cli::admin) fn errand(self) -> Errand {
        let kind = Kind::Workspace;
        match self {
            Self::Create {
                name,
                organization,
                doing,
            } => {
                let mut workspace = named(&name);
                workspace["organization_ref"] = organization.reference();
                let body = json!({"workspace": workspace});
                Errand::change(kind.path(&[]), body, doing)
            }
            Self::Delete(it) => kind.delete(it),
            Self::Member(member) => kind.member(member),
        }
    }
}
