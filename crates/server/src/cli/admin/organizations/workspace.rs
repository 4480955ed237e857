//! `freehold admin workspace`.

use clap::Subcommand;
use freehold_domain::Level;
use serde_json::json;

use super::{
    super::{
        arguments::{OrganizationArgument, WriteOptions},
        operation::Operation,
    },
    level::{Delete, delete, level_path, object_with_name},
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
        mut_arg("id", |id| id.help("Id of the workspace")),
        after_help = "Example:\n  freehold admin workspace delete 01a2082d-5df6-7a31-8c44-0123456789ab --dry-run"
    )]
    Delete(Delete),
    /// Add and remove members.
    #[command(
        subcommand,
        mut_subcommand("add", |add| add.after_help("Example:\n  freehold admin workspace member add 01a2082d-5df6-7a31-8c44-0123456789ab bo@example.com --role editor")),
        mut_subcommand("remove", |remove| remove.after_help("Example:\n  freehold admin workspace member remove 01a2082d-5df6-7a31-8c44-0123456789ab 01a2082d-6e10-7c52-9b1f-ba9876543210 --yes"))
    )]
    Member(MemberCommand),
}

impl WorkspaceCommand {
    pub(in crate::cli::admin) fn operation(self) -> Operation {
        let level = Level::Workspace;
        match self {
            Self::Create {
                name,
                organization,
                write_options,
            } => {
                let mut workspace = object_with_name(&name);
                workspace["organization_ref"] = organization.reference();
                let body = json!({"workspace": workspace});
                Operation::create(level_path(level, &[]), body, write_options)
            }
            Self::Delete(arguments) => delete(level, arguments),
            Self::Member(member) => member.operation(level),
        }
    }
}
