//! JSON views of the content of projects.

use freehold_app::ResourceRecord;
use freehold_domain::{Id, ResourceKind, Timestamp, User};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::query::NextWindow;

/// An item of a project. Null values are left out.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ResourceView<'a> {
    /// The item's id.
    id: Uuid,
    /// The item's name for URLs, unique in the project.
    slug: &'a str,
    /// The display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    /// What the item is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    /// When the item was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
    /// The user who created the item.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    created_by_id: Option<Id<User>>,
    /// When the item was last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<String>,
    /// The user who last changed the item.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    updated_by_id: Option<Id<User>>,
    /// When the item was archived.
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_at: Option<String>,
    /// The user who archived the item.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    deleted_by_id: Option<Id<User>>,
    /// Switches by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    flags: Option<&'a Value>,
    /// Labels of client programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    tags: Option<&'a Value>,
    /// Notes of client programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    meta: Option<&'a Value>,
    /// The testcases of a testset, the definition of an evaluator, or the references of an
    /// environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    data: Option<&'a Value>,
    /// The id of the item's variant. Testsets have none, and evaluators of the initial content
    /// have none until they are changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    variant_id: Option<Uuid>,
    /// The id of the revision: a new one each time the data is replaced. Testsets and evaluators
    /// of the initial content have none until they are changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision_id: Option<Uuid>,
}

impl<'a> ResourceView<'a> {
    pub(super) fn of(kind: ResourceKind, resource: &'a ResourceRecord) -> Self {
        let ResourceRecord {
            id,
            slug,
            name,
            description,
            flags,
            tags,
            meta,
            data,
            revision,
            created_at,
            updated_at,
            deleted_at,
            created_by,
            updated_by,
            deleted_by,
        } = resource;
        // Clients of the reference API store these ids. They are derived from the item's id, so
        // that they are stable: an item has one variant, and an environment that was never changed
        // has a first revision.
        let derived = |name: &str| Uuid::new_v5(id, name.as_bytes());
        let (variant, revision) = match kind {
            ResourceKind::Testset => (None, *revision),
            ResourceKind::Evaluator => (revision.map(|_| derived("variant")), *revision),
            ResourceKind::Environment => {
                let revision = revision.unwrap_or_else(|| derived("revision"));
                (Some(derived("variant")), Some(revision))
            }
        };
        Self {
            id: *id,
            slug,
            name: name.as_deref(),
            description: description.as_deref(),
            created_at: created_at.map(Timestamp::iso_z),
            created_by_id: *created_by,
            updated_at: updated_at.map(Timestamp::iso_z),
            updated_by_id: *updated_by,
            deleted_at: deleted_at.map(Timestamp::iso_z),
            deleted_by_id: *deleted_by,
            flags: flags.as_ref(),
            tags: tags.as_ref(),
            meta: meta.as_ref(),
            data: data.as_ref(),
            variant_id: variant,
            revision_id: revision,
        }
    }
}

/// One item as a member with the name of its kind; `{"count":0}` if there is none.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct OneResource<'a> {
    /// The number of items: 0 or 1.
    count: usize,
    /// The testset.
    #[serde(skip_serializing_if = "Option::is_none")]
    testset: Option<ResourceView<'a>>,
    /// The evaluator.
    #[serde(skip_serializing_if = "Option::is_none")]
    evaluator: Option<ResourceView<'a>>,
    /// The environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<ResourceView<'a>>,
}

/// Items as a member with the name of their kind.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct ManyResources<'a> {
    /// The number of items in this response.
    count: usize,
    /// The testsets.
    #[serde(skip_serializing_if = "Option::is_none")]
    testsets: Option<Vec<ResourceView<'a>>>,
    /// The evaluators.
    #[serde(skip_serializing_if = "Option::is_none")]
    evaluators: Option<Vec<ResourceView<'a>>>,
    /// The environments.
    #[serde(skip_serializing_if = "Option::is_none")]
    environments: Option<Vec<ResourceView<'a>>>,
    /// The `windowing` of a query for the items that follow; missing if none follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    windowing: Option<NextWindow>,
}

impl<'a> OneResource<'a> {
    pub(super) fn of(kind: ResourceKind, item: Option<&'a ResourceRecord>) -> Self {
        let view = item.map(|item| ResourceView::of(kind, item));
        let mut one = Self {
            count: usize::from(view.is_some()),
            ..Self::default()
        };
        match kind {
            ResourceKind::Testset => one.testset = view,
            ResourceKind::Evaluator => one.evaluator = view,
            ResourceKind::Environment => one.environment = view,
        }
        one
    }
}

impl<'a> ManyResources<'a> {
    pub(super) fn of(
        kind: ResourceKind,
        items: &'a [ResourceRecord],
        next_window: Option<NextWindow>,
    ) -> Self {
        let views = items.iter().map(|item| ResourceView::of(kind, item));
        let mut many = Self {
            count: items.len(),
            windowing: next_window,
            ..Self::default()
        };
        match kind {
            ResourceKind::Testset => many.testsets = Some(views.collect()),
            ResourceKind::Evaluator => many.evaluators = Some(views.collect()),
            ResourceKind::Environment => many.environments = Some(views.collect()),
        }
        many
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variant_and_revision_ids_are_stable() {
        let mut record = ResourceRecord {
            id: Uuid::from_u128(7),
            slug: "production".into(),
            name: None,
            description: None,
            flags: None,
            tags: None,
            meta: None,
            data: None,
            revision: None,
            created_at: None,
            updated_at: None,
            deleted_at: None,
            created_by: None,
            updated_by: None,
            deleted_by: None,
        };
        let ids = |kind, record: &ResourceRecord| {
            let view = serde_json::to_value(ResourceView::of(kind, record)).unwrap();
            let id = |name: &str| view.get(name).cloned();
            (id("variant_id"), id("revision_id"))
        };
        let environment = ids(ResourceKind::Environment, &record);
        assert!(environment.0.is_some() && environment.1.is_some());
        assert_ne!(environment.0, environment.1);
        assert_eq!(ids(ResourceKind::Testset, &record), (None, None));
        assert_eq!(ids(ResourceKind::Evaluator, &record), (None, None));
        let revision = Uuid::from_u128(8);
        record.revision = Some(revision);
        let revision = Some(Value::from(revision.to_string()));
        let variant = environment.0;
        let changed = (variant, revision.clone());
        assert_eq!(ids(ResourceKind::Environment, &record), changed);
        assert_eq!(ids(ResourceKind::Evaluator, &record), changed);
        assert_eq!(ids(ResourceKind::Testset, &record), (None, revision));
    }
}
