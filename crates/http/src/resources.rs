//! What a project contains: testsets, evaluators, environments. Reading them; the endpoints that
//! write come later.

use axum::extract::State;
use axum::response::Response;
use freehold_app::{Caller, ResourceFilter, ResourceRecord, ResourceRef};
use freehold_domain::{Id, ResourceKind, Timestamp, User};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::House;
use crate::body::request_body;
use crate::call::{Command, show};
use crate::caller::Scoped;
use crate::in_path::{self, InPath};
use crate::problem::Problem;

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
}

impl<'a> From<&'a ResourceRecord> for ResourceView<'a> {
    fn from(resource: &'a ResourceRecord) -> Self {
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
}

request_body! {
    /// Which items to list; `{}` lists all that are not archived.
    struct QueryResources {
        testset: Option<Likeness>,
        evaluator: Option<Likeness>,
        environment: Option<Likeness>,
        testset_refs: Option<Vec<Reference>>,
        evaluator_refs: Option<Vec<Reference>>,
        environment_refs: Option<Vec<Reference>>,
        include_archived: Option<bool>,
        windowing: Option<Windowing>,
    }

    /// What the items look like.
    struct Likeness {
        /// Exactly this name.
        name: Option<String>,
    }

    /// One item, by its id or its slug.
    struct Reference {
        id: Option<Uuid>,
        slug: Option<String>,
    }

    /// A part of the list.
    struct Windowing {
        /// At most so many items.
        limit: Option<i64>,
    }
}

impl Reference {
    /// What it refers by, the id before the slug; a reference to nothing finds nothing.
    fn target(self) -> Option<ResourceRef> {
        let Self { id, slug } = self;
        id.map(ResourceRef::Id).or(slug.map(ResourceRef::Slug))
    }
}

async fn read(
    house: &House,
    caller: &Caller,
    kind: ResourceKind,
    (parameter, id): (&'static str, &str),
) -> Result<Response, Problem> {
    let id = in_path::uuid(parameter, id)?;
    let found = house.app().resource(caller, kind, id).await?;
    let view = found.as_ref().map(ResourceView::from);
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
    let QueryResources {
        testset,
        evaluator,
        environment,
        testset_refs,
        evaluator_refs,
        environment_refs,
        include_archived,
        windowing,
    } = query;
    let (named, refs) = match kind {
        ResourceKind::Testset => (testset, testset_refs),
        ResourceKind::Evaluator => (evaluator, evaluator_refs),
        ResourceKind::Environment => (environment, environment_refs),
    };
    let limit = windowing.and_then(|windowing| windowing.limit);
    let filter = ResourceFilter {
        refs: refs.map(|refs| refs.into_iter().filter_map(Reference::target).collect()),
        name: named.and_then(|like| like.name),
        include_archived: include_archived.unwrap_or(false),
        limit: limit.map(|limit| usize::try_from(limit).unwrap_or(0)),
    };
    let found = house.app().resources(caller, kind, &filter).await?;
    let views: Vec<_> = found.iter().map(ResourceView::from).collect();
    let count = views.len();
    show(&match kind {
        ResourceKind::Testset => ManyResources {
            count,
            testsets: Some(views),
            ..Default::default()
        },
        ResourceKind::Evaluator => ManyResources {
            count,
            evaluators: Some(views),
            ..Default::default()
        },
        ResourceKind::Environment => ManyResources {
            count,
            environments: Some(views),
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
