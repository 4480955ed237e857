//! `freehold admin project`.

use clap::Subcommand;
use serde_json::json;
use uuid::Uuid;

use super::{
    super::{
        arguments::{Doing, Which},
        operation::Errand,
    },
    kind::{Delete, Kind, named},
    member::Member,
};

#[derive(Debug, Subcommand)]
pub(in crate::cli::admin) enum Project {
    /// Make a project.
    #[command(
        after_help = "Example:\n  freehold admin project create Loom --organization acme --workspace 01a2082d-5df6-7a31-8c44-0123456789ab"
    )]
    Create {
        /// Its name.
        name: String,
        /// Where.
        #[arg(long, value_name = "ID|SLUG")]
        organization: Which,
        /// Where in it.
        #[arg(long, value_name = "ID")]
        workspace: Uuid,
        /// Make it the workspace's default.
        #[arg(long)]
        default: bool,
        #[command(flatten)]
        doing: Doing,
    },
    /// Delete a project with everything in it.
    #[command(
        after_help = "Example:\n  freehold admin project delete 01a2082d-5df6-7a31-8c44-0123456789ab --dry-run"
    )]
    Delete(Delete),
    /// Who is in it.
    #[command(subcommand)]
    Member(Member),
}

impl Project {
    pub(in crate::cli::admin) fn errand(self) -> Errand {
        let kind = Kind::Project;
        match self {
            Self::Create {
                name,
                organization,
                workspace,
                default,
                doing,
            } => {
                let mut project = named(&name);
                project["organization_ref"] = organization.reference();
                project["workspace_ref"] = json!({"id": workspace});
                if default {
                    project["is_default"] = true.into();
                }
                let body = json!({"project": project});
                Errand::change(kind.path(&[]), body, doing)
            }
            Self::Delete(it) => kind.delete(it),
            Self::Member(member) => kind.member(member),
        }
    }
}
