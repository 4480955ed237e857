//! How the content of a project looks to clients.

use freehold_app::ResourceRecord;
use freehold_domain::{Id, ResourceKind, Timestamp, User};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::query::NextWindow;

/// One item of a project. What is null is left out.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ResourceView<'a> {
    id: Uuid,
    slug: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    created_by_id: Option<Id<User>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    updated_by_id: Option<Id<User>>,
    /// Since when it is archived.
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    deleted_by_id: Option<Id<User>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    flags: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    tags: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    meta: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    data: Option<&'a Value>,
    /// Testsets have none; nor have evaluators that nobody has changed since the project began.
    #[serde(skip_serializing_if = "Option::is_none")]
    variant_id: Option<Uuid>,
    /// Another one each time the data is replaced. Testsets and evaluators that nobody has changed
    /// since the project began have none.
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
        // Clients that keep the ids of the richer shape get some that stay: an item has one
        // variant. An environment that nobody has changed yet is at its first revision.
        let part = |name: &str| Uuid::new_v5(id, name.as_bytes());
        let (variant, revision) = match kind {
            ResourceKind::Testset => (None, *revision),
            ResourceKind::Evaluator => (revision.map(|_| part("variant")), *revision),
            ResourceKind::Environment => {
                let revision = revision.unwrap_or_else(|| part("revision"));
                (Some(part("variant")), Some(revision))
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

/// At most one item, under the name of its kind; none is `{"count":0}`.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct OneResource<'a> {
    count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    testset: Option<ResourceView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evaluator: Option<ResourceView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<ResourceView<'a>>,
}

/// Items under the name of their kind.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct ManyResources<'a> {
    count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    testsets: Option<Vec<ResourceView<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evaluators: Option<Vec<ResourceView<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    environments: Option<Vec<ResourceView<'a>>>,
    /// What to send as `windowing` to get what comes after; not there when nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    windowing: Option<NextWindow>,
}

impl<'a> OneResource<'a> {
    pub(super) fn of(kind: ResourceKind, found: Option<&'a ResourceRecord>) -> Self {
        let view = found.map(|found| ResourceView::of(kind, found));
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
        found: &'a [ResourceRecord],
        next_window: Option<NextWindow>,
    ) -> Self {
        let views = found.iter().map(|item| ResourceView::of(kind, item));
        let mut many = Self {
            count: found.len(),
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
        let shown = |kind, record: &ResourceRecord| {
            let view = serde_json::to_value(ResourceView::of(kind, record)).unwrap();
            let part = |name: &str| view.get(name).cloned();
            (part("variant_id"), part("revision_id"))
        };
        let environment = shown(ResourceKind::Environment, &record);
        assert!(environment.0.is_some() && environment.1.is_some());
        assert_ne!(environment.0, environment.1);
        assert_eq!(shown(ResourceKind::Testset, &record), (None, None));
        assert_eq!(shown(ResourceKind::Evaluator, &record), (None, None));
        let revision = Uuid::from_u128(8);
        record.revision = Some(revision);
        let revision = Some(Value::from(revision.to_string()));
        let variant = environment.0;
        let changed = (variant, revision.clone());
        assert_eq!(shown(ResourceKind::Environment, &record), changed);
        assert_eq!(shown(ResourceKind::Evaluator, &record), changed);
        assert_eq!(shown(ResourceKind::Testset, &record), (None, revision));
    }
}
