//! `freehold admin workspace`.

use clap::Subcommand;
use serde_json::json;

use super::{
    super::{
        arguments::{OrganizationArgument, WriteOptions},
        operation::Operation,
    },
    kind::{Delete, EntityLevel, object_with_name},
    member::MemberCommand,
};

#[derive(Debug, Subcommand)]
pub(in crate::cli::admin) enum WorkspaceCommand {
    /// Create a workspace with a project.
    #[command(
        after_help = "Example:\n  freehold admin workspace create Research --organization acme"
    )]
    Create {
        /// Name of the workspace.
        name: String,
        /// The organization.
        #[arg(long, value_name = "ID|SLUG")]
        organization: OrganizationArgument,
        #[command(flatten)]
        write_options: WriteOptions,
    },
    /// Delete a workspace with everything in it.
    #[command(
        after_help = "Example:\n  freehold admin workspace delete 01a2082d-5df6-7a31-8c44-0123456789ab --dry-run"
    )]
    Delete(Delete),
    /// Add and remove members.
    #[command(subcommand)]
    Member(MemberCommand),
}

impl WorkspaceCommand {
    pub(in crate::cli::admin) fn operation(self) -> Operation {
        let kind = EntityLevel::Workspace;
        match self {
            Self::Create {
                name,
                organization,
                write_options,
            } => {
                let mut workspace = object_with_name(&name);
                workspace["organization_ref"] = organization.reference();
                let body = json!({"workspace": workspace});
                Operation::create(kind.path(&[]), body, write_options)
            }
            Self::Delete(arguments) => kind.delete(arguments),
            Self::Member(member) => kind.member(member),
        }
    }
}
