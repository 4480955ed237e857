//! What one can be a member of: how requests name it, and its deletion.

use clap::Args;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::{arguments::Removing, operation::Errand, transport::path};

/// What one can be a member of.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Organization,
    Workspace,
    Project,
}

impl Kind {
    /// In paths.
    const fn many(self) -> &'static str {
        match self {
            Self::Organization => "organizations",
            Self::Workspace => "workspaces",
            Self::Project => "projects",
        }
    }

    /// Where a membership says what it is of.
    pub(super) const fn reference(self) -> &'static str {
        match self {
            Self::Organization => "organization_ref",
            Self::Workspace => "workspace_ref",
            Self::Project => "project_ref",
        }
    }

    pub(super) fn path(self, more: &[&str]) -> String {
        path(&[&["admin", "simple", "accounts", self.many()], more].concat())
    }

    pub(super) fn delete(self, it: Delete) -> Errand {
        Errand::removal(self.path(&[&it.id.to_string()]), it.removing)
    }
}

#[derive(Debug, Args)]
pub(in crate::cli::admin) struct Delete {
    /// Its id.
    id: Uuid,
    #[command(flatten)]
    removing: Removing,
}

pub(super) fn named(name: &str) -> Value {
    json!({"name": name})
}
