//! `member` of `freehold admin organization`, `workspace` and `project`.

use clap::Subcommand;
use serde_json::json;
use uuid::Uuid;

use super::{
    super::{
        arguments::{DestructiveOptions, OrganizationArgument, UserArgument, WriteOptions},
        operation::Operation,
    },
    kind::EntityLevel,
};

#[derive(Debug, Subcommand)]
pub(in crate::cli::admin) enum MemberCommand {
    /// Add an existing user as a member, or change a member's role.
    #[command(
        after_help = "Examples:\n  freehold admin organization member add acme bo@example.com --role viewer\n  \
                      freehold admin project member add 01a2082d-5df6-7a31-8c44-0123456789ab bo@example.com --role editor"
    )]
    Add {
        /// The organization (id or slug), workspace or project (id).
        #[arg(value_name = "ID|SLUG")]
        resource: OrganizationArgument,
        /// The user, by email address or id.
        #[arg(value_name = "EMAIL|ID")]
        user: UserArgument,
        /// The role: viewer in an organization; viewer, annotator, editor, developer, admin or a
        /// custom role in a workspace or a project.
        #[arg(long)]
        role: String,
        #[command(flatten)]
        write_options: WriteOptions,
    },
    /// Remove a membership, including those in the workspaces and projects below it.
    #[command(
        after_help = "Examples:\n  freehold admin organization member remove 01a2082d-5df6-7a31-8c44-0123456789ab 01a2082d-6e10-7c52-9b1f-ba9876543210 --yes\n  \
                      freehold admin project member remove 01a2082d-6f21-7d63-8c2a-cb0987654321 01a2082d-7032-7e74-9d3b-dc1098765432 --yes"
    )]
    Remove {
        /// Id of the organization, workspace or project.
        #[arg(value_name = "ID")]
        resource: Uuid,
        /// Id of the membership, as printed by `member add`.
        #[arg(value_name = "MEMBERSHIP")]
        membership: Uuid,
        #[command(flatten)]
        destructive_options: DestructiveOptions,
    },
}

impl EntityLevel {
    pub(super) fn member(self, member: MemberCommand) -> Operation {
        match member {
            MemberCommand::Add {
                resource,
                user,
                role,
                write_options,
            } => {
                let mut membership = json!({"user_ref": user.reference(), "role": role});
                membership[self.reference_field()] = resource.reference();
                let body = json!({"membership": membership});
                Operation::create(self.path(&["memberships"]), body, write_options)
            }
            MemberCommand::Remove {
                resource,
                membership,
                destructive_options,
            } => {
                let (resource, membership) = (resource.to_string(), membership.to_string());
                Operation::delete(
                    self.path(&[&resource, "memberships", &membership]),
                    destructive_options,
                )
            }
        }
    }
}
