//! The changes that a command can make to a project's content.

use freehold_domain::{AuditAction, FreeText, IS_GUARDED, ResourceSlug, is_guarded};
use freehold_store::ResourceRecord;
use serde_json::{Map, Value};

use crate::command::FieldChange;

/// New data of an item.
#[derive(Clone, Debug, PartialEq)]
pub enum ResourceData {
    /// The test cases of a testset.
    Testcases(Vec<Map<String, Value>>),
    /// The data of an item of another kind, stored as it is.
    Plain(Value),
}

/// A request to create an item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewResource {
    /// The slug; without one, no item is created.
    pub slug: Option<ResourceSlug>,
    /// The name.
    pub name: Option<FreeText>,
    /// The description.
    pub description: Option<FreeText>,
    /// The flags.
    pub flags: Option<Map<String, Value>>,
    /// The tags.
    pub tags: Option<Value>,
    /// The metadata.
    pub meta: Option<Value>,
    /// The data.
    pub data: Option<ResourceData>,
}

/// A request to update an item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResourceUpdate {
    /// The name.
    pub name: FieldChange<FreeText>,
    /// The description.
    pub description: FieldChange<FreeText>,
    /// Flags, merged into those of the item.
    pub flags: FieldChange<Map<String, Value>>,
    /// The tags.
    pub tags: FieldChange<Value>,
    /// The metadata.
    pub meta: FieldChange<Value>,
    /// New data, which becomes a new revision.
    pub data: Option<ResourceData>,
}

impl ResourceUpdate {
    /// Whether it changes anything besides the data.
    pub(super) fn changes_more_than_data(&self) -> bool {
        self.name != FieldChange::Keep
            || self.description != FieldChange::Keep
            || self.flags != FieldChange::Keep
            || self.tags != FieldChange::Keep
            || self.meta != FieldChange::Keep
    }
}

/// A change of an item's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceTransition {
    /// Archives the item; its slug stays taken.
    Archive,
    /// Restores an archived item.
    Unarchive,
    /// Restricts changes of an environment to users who may deploy to it.
    Guard,
    /// Lifts the restriction of `Guard`.
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

    /// Whether the change has an effect on this item.
    pub(super) fn has_effect(self, item: &ResourceRecord) -> bool {
        match self {
            Self::Archive => item.deleted_at.is_none(),
            Self::Unarchive => item.deleted_at.is_some(),
            // Unguarding an environment that was never guarded stores the flag.
            Self::Guard => !is_guarded(item.flags.as_ref()),
            Self::Unguard => {
                let flags = item.flags.as_ref();
                flags.and_then(|flags| flags.get(IS_GUARDED)) != Some(&Value::Bool(false))
            }
        }
    }
}
