//! The content of projects: testsets, evaluators and environments. Request bodies are in
//! [`bodies`], queries in [`query`], views in [`views`].

mod bodies;
mod query;
mod views;

use axum::extract::State;
use axum::response::Response;
use freehold_app::{Caller, NewResource, ResourceTransition};
use freehold_domain::ResourceKind;
use http::StatusCode;

use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::extract::body::NoBody;
use crate::extract::{Command, PathParams, ProjectCaller, path};
use crate::response::{command_response, ok_json};
use crate::state::AppState;
use bodies::{
    CreateEnvironment, CreateEvaluator, CreateTestset, ResourceChange, UpdateEnvironment,
    UpdateEvaluator, UpdateTestset,
};
use query::{NextWindow, QueryResources};
use views::{ManyResources, OneResource};

pub(crate) fn routes() -> ApiRoutes {
    ApiRoutes::new()
        .routes(routes!(create_testset))
        .routes(routes!(query_testsets))
        .routes(routes!(read_testset, update_testset))
        .routes(routes!(archive_testset))
        .routes(routes!(unarchive_testset))
        .routes(routes!(create_evaluator))
        .routes(routes!(query_evaluators))
        .routes(routes!(read_evaluator, update_evaluator))
        .routes(routes!(archive_evaluator))
        .routes(routes!(unarchive_evaluator))
        .routes(routes!(create_environment))
        .routes(routes!(query_environments))
        .routes(routes!(read_environment, update_environment))
        .routes(routes!(archive_environment))
        .routes(routes!(unarchive_environment))
        .routes(routes!(guard_environment))
        .routes(routes!(unguard_environment))
}

async fn create(
    state: &AppState,
    caller: &Caller,
    kind: ResourceKind,
    command: Command<NewResource>,
) -> Result<Response, Problem> {
    let Command { context, body } = command;
    let app = state.app();
    let created = app.create_resource(caller, &context, kind, body).await?;
    command_response(StatusCode::OK, &created, |item| {
        OneResource::of(kind, item.as_ref())
    })
}

async fn read(
    state: &AppState,
    caller: &Caller,
    kind: ResourceKind,
    (parameter, id): (&'static str, &str),
) -> Result<Response, Problem> {
    let id = path::parse_uuid(parameter, id)?;
    let item = state.app().resource(caller, kind, id).await?;
    ok_json(&OneResource::of(kind, item.as_ref()))
}

async fn update(
    state: &AppState,
    caller: &Caller,
    kind: ResourceKind,
    (parameter, id): (&'static str, &str),
    command: Command<ResourceChange>,
) -> Result<Response, Problem> {
    let id = path::parse_uuid(parameter, id)?;
    let Command { context, body } = command;
    if body.id != Some(id) {
        return Err(Problem::id_mismatch(match kind {
            ResourceKind::Testset => {
                "Testset ID in path does not match testset ID in request body."
            }
            ResourceKind::Evaluator => {
                "Evaluator ID in path does not match evaluator ID in request body."
            }
            ResourceKind::Environment => {
                "Environment ID in path does not match environment ID in request body."
            }
        }));
    }
    let app = state.app();
    let updated = app
        .update_resource(caller, &context, kind, id, body.update)
        .await?;
    command_response(StatusCode::OK, &updated, |item| {
        OneResource::of(kind, item.as_ref())
    })
}

async fn transition(
    state: &AppState,
    caller: &Caller,
    (kind, transition): (ResourceKind, ResourceTransition),
    (parameter, id): (&'static str, &str),
    command: Command<NoBody>,
) -> Result<Response, Problem> {
    let id = path::parse_uuid(parameter, id)?;
    let context = command.context;
    let app = state.app();
    let changed = app
        .transition_resource(caller, &context, kind, id, transition)
        .await?;
    command_response(StatusCode::OK, &changed, |item| {
        OneResource::of(kind, item.as_ref())
    })
}

async fn query(
    state: &AppState,
    caller: &Caller,
    kind: ResourceKind,
    query: QueryResources,
) -> Result<Response, Problem> {
    let filter = query.filter(kind);
    let page = state.app().resources(caller, kind, &filter).await?;
    let rest = NextWindow::after(&page, &filter);
    ok_json(&ManyResources::of(kind, &page.items, rest))
}

/// Defines the handlers of one kind of content.
macro_rules! resource_handlers {
    (
        $kind:ident, $one:literal, $many:literal, $id:literal, $view:literal, $edit:literal,
        create $create:ident $new:ident, read $read:ident, update $update:ident $changed:ident,
        query $query:ident
        $(, transition $name:ident $transition:ident $word:literal $about:literal)* $(,)?
    ) => {
        #[doc = concat!("Creates an item (", $one, ").")]
        #[utoipa::path(
            summary = concat!("Creates an item (", $one, ")."),
            post, path = concat!("/simple/", $many), tag = "Content", request_body = $new,
            responses((status = 200, description = "The new item; or a `count` of 0 if the slug is missing or taken", body = OneResource<'_>)),
            extensions(("x-scope" = json!("project")), ("x-permission" = json!($edit))),
        )]
        async fn $create(
            State(state): State<AppState>,
            ProjectCaller(caller): ProjectCaller,
            Command { context, body }: Command<$new>,
        ) -> Result<Response, Problem> {
            let body = NewResource::from(body);
            create(&state, &caller, ResourceKind::$kind, Command { context, body }).await
        }

        #[doc = concat!("Returns an item (", $one, ").")]
        #[utoipa::path(
            summary = concat!("Returns an item (", $one, ")."),
            get, path = concat!("/simple/", $many, "/{", $id, "}"), tag = "Content",
            params(($id = Uuid, Path, description = "The item's id")),
            responses((status = 200, description = "The item; or a `count` of 0 if it does not exist", body = OneResource<'_>)),
            extensions(("x-scope" = json!("project")), ("x-permission" = json!($view))),
        )]
        async fn $read(
            State(state): State<AppState>,
            ProjectCaller(caller): ProjectCaller,
            path: PathParams<1>,
        ) -> Result<Response, Problem> {
            let PathParams([id]) = path;
            read(&state, &caller, ResourceKind::$kind, ($id, &id)).await
        }

        #[doc = concat!("Changes an item (", $one, "). Missing members are not changed.")]
        #[utoipa::path(
            summary = concat!("Changes an item (", $one, "). Missing members are not changed."),
            put, path = concat!("/simple/", $many, "/{", $id, "}"), tag = "Content",
            params(($id = Uuid, Path, description = "The item's id")),
            request_body = $changed,
            responses(
                (status = 200, description = "The changed item; or a `count` of 0 if it does not exist", body = OneResource<'_>),
                (status = 400, description = "The body has another id than the path"),
            ),
            extensions(("x-scope" = json!("project")), ("x-permission" = json!($edit))),
        )]
        async fn $update(
            State(state): State<AppState>,
            ProjectCaller(caller): ProjectCaller,
            path: PathParams<1>,
            Command { context, body }: Command<$changed>,
        ) -> Result<Response, Problem> {
            let PathParams([id]) = path;
            let body = ResourceChange::from(body);
            let command = Command { context, body };
            update(&state, &caller, ResourceKind::$kind, ($id, &id), command).await
        }

        #[doc = concat!("Returns the ", $many, " of the project that match a query.")]
        #[utoipa::path(
            summary = concat!("Returns the ", $many, " of the project that match a query."),
            post, path = concat!("/simple/", $many, "/query"), tag = "Content",
            request_body = QueryResources,
            responses((status = 200, description = "The items", body = ManyResources<'_>)),
            extensions(("x-scope" = json!("project")), ("x-permission" = json!($view))),
        )]
        async fn $query(
            State(state): State<AppState>,
            ProjectCaller(caller): ProjectCaller,
            Command { context: _, body }: Command<QueryResources>,
        ) -> Result<Response, Problem> {
            query(&state, &caller, ResourceKind::$kind, body).await
        }

        $(
            #[doc = $about]
            #[utoipa::path(
                summary = $about,
                post, path = concat!("/simple/", $many, "/{", $id, "}/", $word), tag = "Content",
                params(($id = Uuid, Path, description = "The item's id")),
                responses((status = 200, description = "The item without its data; or a `count` of 0 if it does not exist", body = OneResource<'_>)),
                extensions(("x-scope" = json!("project")), ("x-permission" = json!($edit))),
            )]
            async fn $name(
                State(state): State<AppState>,
                ProjectCaller(caller): ProjectCaller,
                path: PathParams<1>,
                command: Command<NoBody>,
            ) -> Result<Response, Problem> {
                let PathParams([id]) = path;
                let what = (ResourceKind::$kind, ResourceTransition::$transition);
                transition(&state, &caller, what, ($id, &id), command).await
            }
        )*
    };
}

resource_handlers!(
    Testset, "testset", "testsets", "testset_id", "view_testsets", "edit_testsets",
    create create_testset CreateTestset, read read_testset, update update_testset UpdateTestset,
    query query_testsets,
    transition archive_testset Archive "archive" "Archives a testset. Its slug stays taken.",
    transition unarchive_testset Unarchive "unarchive" "Unarchives a testset.",
);
resource_handlers!(
    Evaluator, "evaluator", "evaluators", "evaluator_id", "view_evaluators", "edit_evaluators",
    create create_evaluator CreateEvaluator, read read_evaluator, update update_evaluator UpdateEvaluator,
    query query_evaluators,
    transition archive_evaluator Archive "archive" "Archives an evaluator. Its slug stays taken.",
    transition unarchive_evaluator Unarchive "unarchive" "Unarchives an evaluator.",
);
resource_handlers!(
    Environment, "environment", "environments", "environment_id", "view_environments", "edit_environments",
    create create_environment CreateEnvironment, read read_environment, update update_environment UpdateEnvironment,
    query query_environments,
    transition archive_environment Archive "archive" "Archives an environment. Its slug stays taken.",
    transition unarchive_environment Unarchive "unarchive" "Unarchives an environment.",
    transition guard_environment Guard "guard" "Guards an environment: only members who may deploy can change it.",
    transition unguard_environment Unguard "unguard" "Unguards an environment: all members who may edit environments can change it.",
);
