//! `freehold admin project`.

use clap::Subcommand;
use freehold_domain::Level;
use serde_json::json;
use uuid::Uuid;

use super::{
    super::{
        arguments::{OrganizationArgument, WriteOptions},
        operation::Operation,
    },
    level::{Delete, delete, level_path, object_with_name},
    member::MemberCommand,
};

#[derive(Debug, Subcommand)]
pub(in crate::cli::admin) enum ProjectCommand {
    /// Create a project.
    #[command(
        after_help = "Example:\n  freehold admin project create Loom --organization acme --workspace 01a2082d-5df6-7a31-8c44-0123456789ab"
    )]
    Create {
        /// Name of the project.
        name: String,
        /// The organization.
        #[arg(long, value_name = "ID|SLUG")]
        organization: OrganizationArgument,
        /// The workspace.
        #[arg(long, value_name = "ID")]
        workspace: Uuid,
        /// Make it the default project of the workspace.
        #[arg(long)]
        default: bool,
        #[command(flatten)]
        write_options: WriteOptions,
    },
    /// Delete a project with everything in it.
    #[command(
        mut_arg("id", |id| id.help("Id of the project")),
        after_help = "Example:\n  freehold admin project delete 01a2082d-5df6-7a31-8c44-0123456789ab --dry-run"
    )]
    Delete(Delete),
    /// Add and remove members.
    #[command(
        subcommand,
        mut_subcommand("add", |add| add.after_help("Example:\n  freehold admin project member add 01a2082d-5df6-7a31-8c44-0123456789ab bo@example.com --role editor")),
        mut_subcommand("remove", |remove| remove.after_help("Example:\n  freehold admin project member remove 01a2082d-5df6-7a31-8c44-0123456789ab 01a2082d-6e10-7c52-9b1f-ba9876543210 --yes"))
    )]
    Member(MemberCommand),
}

impl ProjectCommand {
    pub(in crate::cli::admin) fn operation(self) -> Operation {
        let level = Level::Project;
        match self {
            Self::Create {
                name,
                organization,
                workspace,
                default,
                write_options,
            } => {
                let mut project = object_with_name(&name);
                project["organization_ref"] = organization.reference();
                project["workspace_ref"] = json!({"id": workspace});
                if default {
                    project["is_default"] = true.into();
                }
                let body = json!({"project": project});
                Operation::create(level_path(level, &[]), body, write_options)
            }
            Self::Delete(arguments) => delete(level, arguments),
            Self::Member(member) => member.operation(level),
        }
    }
}
