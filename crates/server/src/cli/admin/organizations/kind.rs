//! Organization, workspace and project as parts of a request: paths, reference
//! fields, and deletion.

use clap::Args;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::{arguments::DestructiveOptions, operation::Operation, transport::path};

/// A kind of resource that has members.
#[derive(Debug, Clone, Copy)]
pub(super) enum EntityLevel {
    Organization,
    Workspace,
    Project,
}

impl EntityLevel {
    /// Returns the segment of its paths.
    const fn path_segment(self) -> &'static str {
        match self {
            Self::Organization => "organizations",
            Self::Workspace => "workspaces",
            Self::Project => "projects",
        }
    }

    /// Returns the field of a membership that refers to the resource.
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
    /// Id of the organization, workspace or project to delete.
    id: Uuid,
    #[command(flatten)]
    destructive_options: DestructiveOptions,
}

pub(super) fn object_with_name(name: &str) -> Value {
    json!({"name": name})
}
