//! The filter of a list of items.

use freehold_domain::{Refusal, Timestamp};
use freehold_store::ResourceRecord;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::containment::ComparisonBudget;

/// A filter for items; without any condition, all items match.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResourceFilter {
    /// Only items with one of these ids or slugs.
    pub refs: Option<Vec<ResourceRef>>,
    /// Only items with exactly this name.
    pub name: Option<String>,
    /// Only items with exactly this description.
    pub description: Option<String>,
    /// Only items with these flags; other flags are ignored.
    pub flags: Option<Map<String, Value>>,
    /// Only items whose tags contain these.
    pub tags: Option<Value>,
    /// Only items whose metadata contain these.
    pub meta: Option<Value>,
    /// Archived items too.
    pub include_archived: bool,
    /// Only items created at this time or later.
    pub oldest: Option<Timestamp>,
    /// Only items created at this time or earlier.
    pub newest: Option<Timestamp>,
    /// The order of the list.
    pub order: ResourceOrder,
    /// Only items after the one with this id, which may be deleted by now.
    pub after: Option<Uuid>,
    /// The largest number of items.
    pub limit: Option<usize>,
}

/// A reference to one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceRef {
    /// The item's id.
    Id(Uuid),
    /// The item's slug.
    Slug(String),
}

/// The order of a list. Ids are ordered by creation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResourceOrder {
    /// Oldest first.
    #[default]
    Ascending,
    /// Newest first.
    Descending,
}

impl ResourceFilter {
    /// Whether an item matches.
    ///
    /// # Errors
    /// [`Refusal::InvalidField`] if `budget` does not suffice.
    pub(super) fn matches_item(
        &self,
        record: &ResourceRecord,
        budget: &mut ComparisonBudget,
    ) -> Result<bool, Refusal> {
        budget.next_item();
        Ok(self.matches_without_json(record)
            && budget.field_contains("tags", record.tags.as_ref(), self.tags.as_ref())?
            && budget.field_contains("meta", record.meta.as_ref(), self.meta.as_ref())?)
    }

    /// Whether an item matches the conditions other than labels and notes.
    fn matches_without_json(&self, record: &ResourceRecord) -> bool {
        let is_referenced = self.refs.as_ref().is_none_or(|refs| {
            refs.iter().any(|expected| match expected {
                ResourceRef::Id(id) => *id == record.id,
                ResourceRef::Slug(slug) => *slug == record.slug,
            })
        });
        is_referenced
            && equals_if_given(self.name.as_ref(), record.name.as_ref())
            && equals_if_given(self.description.as_ref(), record.description.as_ref())
            && self.flags.as_ref().is_none_or(|expected| {
                expected.iter().all(|(key, value)| {
                    let flag = record.flags.as_ref().and_then(|flags| flags.get(key));
                    flag == Some(value)
                })
            })
            && self
                .oldest
                .is_none_or(|oldest| record.created_at.is_some_and(|created| created >= oldest))
            && self
                .newest
                .is_none_or(|newest| record.created_at.is_some_and(|created| created <= newest))
    }

    /// The requested ids and slugs, if there is a list of them.
    pub(super) fn only(&self) -> Option<(Vec<Uuid>, Vec<String>)> {
        let mut only = (Vec::new(), Vec::new());
        for expected in self.refs.as_ref()? {
            match expected {
                ResourceRef::Id(id) => only.0.push(*id),
                ResourceRef::Slug(slug) => only.1.push(slug.clone()),
            }
        }
        Some(only)
    }
}

fn equals_if_given(expected: Option<&String>, actual: Option<&String>) -> bool {
    expected.is_none_or(|expected| actual == Some(expected))
}
