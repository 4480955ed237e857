//! What a project contains: testsets, evaluators, environments. Reading them; the endpoints that
//! write come later. What a query can ask for is in [`query`].

mod query;

use axum::extract::State;
use axum::response::Response;
use freehold_app::{Caller, ResourceRecord};
use freehold_domain::{Id, ResourceKind, Timestamp, User};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::House;
use crate::call::{Command, show};
use crate::caller::Scoped;
use crate::in_path::{self, InPath};
use crate::problem::Problem;
use query::{QueryResources, Rest};

pub(crate) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new()
        .routes(routes!(query_testsets))
        .routes(routes!(read_testset))
        .routes(routes!(query_evaluators))
        .routes(routes!(read_evaluator))
        .routes(routes!(query_environments))
        .routes(routes!(read_environment))
}

/// One item of a project. What is null is left out.
#[derive(Debug, Serialize, ToSchema)]
struct ResourceView<'a> {
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
    /// Only environments have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    variant_id: Option<Uuid>,
    /// Only environments have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision_id: Option<Uuid>,
}

impl<'a> ResourceView<'a> {
    fn of(kind: ResourceKind, resource: &'a ResourceRecord) -> Self {
        let ResourceRecord {
            id,
            slug,
            name,
            description,
            flags,
            tags,
            meta,
            data,
            created_at,
            updated_at,
            deleted_at,
            created_by,
            updated_by,
            deleted_by,
        } = resource;
        // An environment is one row with one state; clients that keep the two ids of the richer
        // shape get some that stay.
        let part = |name: &str| {
            (kind == ResourceKind::Environment).then(|| Uuid::new_v5(id, name.as_bytes()))
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
            variant_id: part("variant"),
            revision_id: part("revision"),
        }
    }
}

/// At most one item, under the name of its kind; none is `{"count":0}`.
#[derive(Debug, Default, Serialize, ToSchema)]
struct OneResource<'a> {
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
struct ManyResources<'a> {
    count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    testsets: Option<Vec<ResourceView<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evaluators: Option<Vec<ResourceView<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    environments: Option<Vec<ResourceView<'a>>>,
    /// What to send as `windowing` to get what comes after; not there when nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    windowing: Option<Rest>,
}

async fn read(
    house: &House,
    caller: &Caller,
    kind: ResourceKind,
    (parameter, id): (&'static str, &str),
) -> Result<Response, Problem> {
    let id = in_path::uuid(parameter, id)?;
    let found = house.app().resource(caller, kind, id).await?;
    let view = found.as_ref().map(|found| ResourceView::of(kind, found));
    let count = usize::from(view.is_some());
    show(&match kind {
        ResourceKind::Testset => OneResource {
            count,
            testset: view,
            ..Default::default()
        },
        ResourceKind::Evaluator => OneResource {
            count,
            evaluator: view,
            ..Default::default()
        },
        ResourceKind::Environment => OneResource {
            count,
            environment: view,
            ..Default::default()
        },
    })
}

async fn query(
    house: &House,
    caller: &Caller,
    kind: ResourceKind,
    query: QueryResources,
) -> Result<Response, Problem> {
    let filter = query.filter(kind);
    let page = house.app().resources(caller, kind, &filter).await?;
    let windowing = Rest::after(&page, &filter);
    let found = page.items.iter();
    let views: Vec<_> = found.map(|item| ResourceView::of(kind, item)).collect();
    let count = views.len();
    show(&match kind {
        ResourceKind::Testset => ManyResources {
            count,
            testsets: Some(views),
            windowing,
            ..Default::default()
        },
        ResourceKind::Evaluator => ManyResources {
            count,
            evaluators: Some(views),
            windowing,
            ..Default::default()
        },
        ResourceKind::Environment => ManyResources {
            count,
            environments: Some(views),
            windowing,
            ..Default::default()
        },
    })
}

/// The two handlers of one kind.
macro_rules! resource_routes {
    ($kind:ident, $one:literal, $many:literal, $id:literal, $view:literal, $read:ident, $query:ident) => {
        #[doc = concat!("The ", $one, " with this id.")]
        #[utoipa::path(
            summary = concat!("The ", $one, " with this id."),
            get, path = concat!("/simple/", $many, "/{", $id, "}"), tag = "Content",
            params(($id = Uuid, Path, description = "The item's id")),
            responses((status = 200, description = "The item, or a count of 0", body = OneResource<'_>)),
            extensions(("x-scope" = json!("project")), ("x-permission" = json!($view))),
        )]
        async fn $read(
            State(house): State<House>,
            Scoped(caller): Scoped,
            path: InPath<1>,
        ) -> Result<Response, Problem> {
            let InPath([id]) = path;
            read(&house, &caller, ResourceKind::$kind, ($id, &id)).await
        }

        #[doc = concat!("The ", $many, " of the project.")]
        #[utoipa::path(
            summary = concat!("The ", $many, " of the project."),
            post, path = concat!("/simple/", $many, "/query"), tag = "Content",
            request_body = QueryResources,
            responses((status = 200, description = "The items", body = ManyResources<'_>)),
            extensions(("x-scope" = json!("project")), ("x-permission" = json!($view))),
        )]
        async fn $query(
            State(house): State<House>,
            Scoped(caller): Scoped,
            Command { call: _, body }: Command<QueryResources>,
        ) -> Result<Response, Problem> {
            query(&house, &caller, ResourceKind::$kind, body).await
        }
    };
}

resource_routes!(
    Testset,
    "testset",
    "testsets",
    "testset_id",
    "view_testsets",
    read_testset,
    query_testsets
);
resource_routes!(
    Evaluator,
    "evaluator",
    "evaluators",
    "evaluator_id",
    "view_evaluators",
    read_evaluator,
    query_evaluators
);
resource_routes!(
    Environment,
    "environment",
    "environments",
    "environment_id",
    "view_environments",
    read_environment,
    query_environments
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environments_have_ids_that_stay_for_what_they_are_made_of() {
        let record = ResourceRecord {
            id: Uuid::from_u128(7),
            slug: "production".into(),
            name: None,
            description: None,
            flags: None,
            tags: None,
            meta: None,
            data: None,
            created_at: None,
            updated_at: None,
            deleted_at: None,
            created_by: None,
            updated_by: None,
            deleted_by: None,
        };
        let shown = |kind| serde_json::to_value(ResourceView::of(kind, &record)).unwrap();
        let environment = shown(ResourceKind::Environment);
        assert_eq!(environment, shown(ResourceKind::Environment));
        let (variant, revision) = (&environment["variant_id"], &environment["revision_id"]);
        assert!(variant.is_string() && revision.is_string() && variant != revision);
        assert_eq!(shown(ResourceKind::Testset).get("variant_id"), None);
    }
}
