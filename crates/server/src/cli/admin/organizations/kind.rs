//! What one can be a member of: how requests name it, and its deletion.

use clap::Args;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::{arguments::DestructiveOptions, operation::Operation, transport::path};

/// What one can be a member of.
#[derive(Debug, Clone, Copy)]
pub(super) enum ResourceKind {
    Organization,
    Workspace,
    Project,
}

impl ResourceKind {
    /// In paths.
    const fn path_segment(self) -> &'static str {
        match self {
            Self::Organization => "organizations",
            Self::Workspace => "workspaces",
            Self::Project => "projects",
        }
    }

    /// Where a membership says what it is of.
    pub(super) const fn reference_field(self) -> &'static str {
        match self {
            Self::Organization => "organization_ref",
            Self::Workspace => "workspace_ref",
            Self::Project => "project_ref",
        }
    }

    pub(super) fn path(self, segments: &[&str]) -> String {
        path(
            &[
                &["admin", "simple", "accounts", self.path_segment()],
                segments,
            ]
            .concat(),
        )
    }

    pub(super) fn delete(self, arguments: Delete) -> Operation {
        Operation::delete(
            self.path(&[&arguments.id.to_string()]),
            arguments.destructive_options,
        )
    }
}

#[derive(Debug, Args)]
pub(in crate::cli::admin) struct Delete {
    /// The id.
    id: Uuid,
    #[command(flatten)]
    destructive_options: DestructiveOptions,
}

pub(super) fn object_with_name(name: &str) -> Value {
    json!({"name": name})
}
