//! What somebody wants to do with the content of a project.

use freehold_domain::{AuditAction, FreeText, IS_GUARDED, ResourceSlug, is_guarded};
use freehold_store::ResourceRecord;
use serde_json::{Map, Value};

use crate::command::FieldChange;

/// What an item is to hold.
#[derive(Clone, Debug, PartialEq)]
pub enum ResourceData {
    /// A testset: the content of its cases.
    Testcases(Vec<Map<String, Value>>),
    /// Anything else: as it is.
    Plain(Value),
}

/// An item that somebody wants to make.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewResource {
    /// Without one, nothing is made.
    pub slug: Option<ResourceSlug>,
    /// Its name.
    pub name: Option<FreeText>,
    /// What it is for.
    pub description: Option<FreeText>,
    /// Its switches.
    pub flags: Option<Map<String, Value>>,
    /// Labels.
    pub tags: Option<Value>,
    /// Notes.
    pub meta: Option<Value>,
    /// What it holds.
    pub data: Option<ResourceData>,
}

/// What somebody wants to change about an item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResourceUpdate {
    /// Its name.
    pub name: FieldChange<FreeText>,
    /// What it is for.
    pub description: FieldChange<FreeText>,
    /// Switches, put over those it has.
    pub flags: FieldChange<Map<String, Value>>,
    /// Labels.
    pub tags: FieldChange<Value>,
    /// Notes.
    pub meta: FieldChange<Value>,
    /// What it holds from now on: another revision.
    pub data: Option<ResourceData>,
}

impl ResourceUpdate {
    /// Whether it changes anything beside what the item holds.
    pub(super) fn changes_more_than_data(&self) -> bool {
        self.name != FieldChange::Keep
            || self.description != FieldChange::Keep
            || self.flags != FieldChange::Keep
            || self.tags != FieldChange::Keep
            || self.meta != FieldChange::Keep
    }
}

/// A step in the life of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceTransition {
    /// Put away; its slug stays taken.
    Archive,
    /// Fetched back.
    Unarchive,
    /// An environment that from now on only those may change who may deploy.
    Guard,
    /// Everybody who may edit environments may change it again.
    Unguard,
}

impl ResourceTransition {
    pub(super) const fn action(self) -> AuditAction {
        match self {
            Self::Archive => AuditAction::ContentArchived,
            Self::Unarchive => AuditAction::ContentUnarchived,
            Self::Guard => AuditAction::EnvironmentGuarded,
            Self::Unguard => AuditAction::EnvironmentUnguarded,
        }
    }

    /// Whether it leads anywhere from here.
    pub(super) fn has_effect(self, item: &ResourceRecord) -> bool {
        match self {
            Self::Archive => item.deleted_at.is_none(),
            Self::Unarchive => item.deleted_at.is_some(),
            // Unguarding one that was never guarded says so from then on.
            Self::Guard => !is_guarded(item.flags.as_ref()),
            Self::Unguard => {
                let flags = item.flags.as_ref();
                flags.and_then(|flags| flags.get(IS_GUARDED)) != Some(&Value::Bool(false))
            }
        }
    }
}
