//! `member` of `freehold admin organization`, `workspace` and `project`. These add the
//! examples to the help.

use clap::Subcommand;
use freehold_domain::Level;
use serde_json::json;
use uuid::Uuid;

use super::{
    super::{
        arguments::{DestructiveOptions, OrganizationArgument, UserArgument, WriteOptions},
        operation::Operation,
    },
    level::{level_path, reference_field},
};

#[derive(Debug, Subcommand)]
pub(in crate::cli::admin) enum MemberCommand {
    /// Add an existing user as a member, or change a member's role.
    Add {
        /// The organization (id or slug), workspace or project (id).
        #[arg(value_name = "ID|SLUG")]
        scope: OrganizationArgument,
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
    Remove {
        /// Id of the organization, workspace or project.
        #[arg(value_name = "ID")]
        scope: Uuid,
        /// Id of the membership, as printed by `member add`.
        #[arg(value_name = "MEMBERSHIP")]
        membership: Uuid,
        #[command(flatten)]
        destructive_options: DestructiveOptions,
    },
}

impl MemberCommand {
    pub(super) fn operation(self, level: Level) -> Operation {
        match self {
            Self::Add {
                scope,
                user,
                role,
                write_options,
            } => {
                let mut membership = json!({"user_ref": user.reference(), "role": role});
                membership[reference_field(level)] = scope.reference();
                let body = json!({"membership": membership});
                Operation::create(level_path(level, &["memberships"]), body, write_options)
            }
            Self::Remove {
                scope,
                membership,
                destructive_options,
            } => {
                let (scope, membership) = (scope.to_string(), membership.to_string());
                Operation::delete(
                    level_path(level, &[&scope, "memberships", &membership]),
                    destructive_options,
                )
            }
        }
    }
}
