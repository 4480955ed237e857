//! Organization, workspace and project as parts of a request: paths, reference
//! fields, and deletion.

use clap::Args;
use freehold_domain::Level;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::{arguments::DestructiveOptions, operation::Operation, transport::path};

/// Returns the path of the level's entities, with `segments` behind it.
pub(super) fn level_path(level: Level, segments: &[&str]) -> String {
    let entities = match level {
        Level::Organization => "organizations",
        Level::Workspace => "workspaces",
        Level::Project => "projects",
    };
    path(&[&["admin", "simple", "accounts", entities], segments].concat())
}

/// Returns the field of a membership that refers to the organization, workspace or
/// project.
pub(super) const fn reference_field(level: Level) -> &'static str {
    match level {
        Level::Organization => "organization_ref",
        Level::Workspace => "workspace_ref",
        Level::Project => "project_ref",
    }
}

pub(super) fn delete(level: Level, arguments: Delete) -> Operation {
    Operation::delete(
        level_path(level, &[&arguments.id.to_string()]),
        arguments.destructive_options,
    )
}

#[derive(Debug, Args)]
pub(in crate::cli::admin) struct Delete {
    /// Id of the organization, workspace or project.
    id: Uuid,
    #[command(flatten)]
    destructive_options: DestructiveOptions,
}

pub(super) fn object_with_name(name: &str) -> Value {
    json!({"name": name})
}
