//! What a project contains: testsets, evaluators, environments. What can be sent is in
//! [`bodies`], what a query can ask for in [`query`], how items look in [`views`].

mod bodies;
mod query;
mod views;

use axum::extract::State;
use axum::response::Response;
use freehold_app::{Caller, NewResource, ResourceStep};
use freehold_domain::ResourceKind;
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::Problem;
use crate::extract::body::NoBody;
use crate::extract::{Command, InPath, Scoped, path};
use crate::response::{done, show};
use crate::state::AppState;
use bodies::{
    Changed, CreateEnvironment, CreateEvaluator, CreateTestset, UpdateEnvironment, UpdateEvaluator,
    UpdateTestset,
};
use query::{QueryResources, Rest};
use views::{ManyResources, OneResource};

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
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
    house: &AppState,
    caller: &Caller,
    kind: ResourceKind,
    command: Command<NewResource>,
) -> Result<Response, Problem> {
    let Command { call, body } = command;
    let app = house.app();
    let created = app.create_resource(caller, &call, kind, body).await?;
    done(StatusCode::OK, &created, |item| {
        OneResource::of(kind, item.as_ref())
    })
}

async fn read(
    house: &AppState,
    caller: &Caller,
    kind: ResourceKind,
    (parameter, id): (&'static str, &str),
) -> Result<Response, Problem> {
    let id = path::uuid(parameter, id)?;
    let found = house.app().resource(caller, kind, id).await?;
    show(&OneResource::of(kind, found.as_ref()))
}

async fn update(
    house: &AppState,
    caller: &Caller,
    kind: ResourceKind,
    (parameter, id): (&'static str, &str),
    command: Command<Changed>,
) -> Result<Response, Problem> {
    let id = path::uuid(parameter, id)?;
    let Command { call, body } = command;
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
    let app = house.app();
    let updated = app
        .update_resource(caller, &call, kind, id, body.update)
        .await?;
    done(StatusCode::OK, &updated, |item| {
        OneResource::of(kind, item.as_ref())
    })
}

async fn step(
    house: &AppState,
    caller: &Caller,
    (kind, step): (ResourceKind, ResourceStep),
    (parameter, id): (&'static str, &str),
    command: Command<NoBody>,
) -> Result<Response, Problem> {
    let id = path::uuid(parameter, id)?;
    let call = command.call;
    let app = house.app();
    let moved = app.move_resource(caller, &call, kind, id, step).await?;
    done(StatusCode::OK, &moved, |item| {
        OneResource::of(kind, item.as_ref())
    })
}

async fn query(
    house: &AppState,
    caller: &Caller,
    kind: ResourceKind,
    query: QueryResources,
) -> Result<Response, Problem> {
    let filter = query.filter(kind);
    let page = house.app().resources(caller, kind, &filter).await?;
    let rest = Rest::after(&page, &filter);
    show(&ManyResources::of(kind, &page.items, rest))
}

/// The handlers of one kind.
macro_rules! content {
    (
        $kind:ident, $one:literal, $many:literal, $id:literal, $view:literal, $edit:literal,
        create $create:ident $new:ident, read $read:ident, update $update:ident $changed:ident,
        query $query:ident
        $(, step $name:ident $step:ident $word:literal $about:literal)* $(,)?
    ) => {
        #[doc = concat!("Makes an item (", $one, ").")]
        #[utoipa::path(
            summary = concat!("Makes an item (", $one, ")."),
            post, path = concat!("/simple/", $many), tag = "Content", request_body = $new,
            responses((status = 200, description = "The item, or a count of 0: no slug was given, or it is taken", body = OneResource<'_>)),
            extensions(("x-scope" = json!("project")), ("x-permission" = json!($edit))),
        )]
        async fn $create(
            State(house): State<AppState>,
            Scoped(caller): Scoped,
            Command { call, body }: Command<$new>,
        ) -> Result<Response, Problem> {
            let body = NewResource::from(body);
            create(&house, &caller, ResourceKind::$kind, Command { call, body }).await
        }

        #[doc = concat!("The ", $one, " with this id.")]
        #[utoipa::path(
            summary = concat!("The ", $one, " with this id."),
            get, path = concat!("/simple/", $many, "/{", $id, "}"), tag = "Content",
            params(($id = Uuid, Path, description = "The item's id")),
            responses((status = 200, description = "The item, or a count of 0", body = OneResource<'_>)),
            extensions(("x-scope" = json!("project")), ("x-permission" = json!($view))),
        )]
        async fn $read(
            State(house): State<AppState>,
            Scoped(caller): Scoped,
            path: InPath<1>,
        ) -> Result<Response, Problem> {
            let InPath([id]) = path;
            read(&house, &caller, ResourceKind::$kind, ($id, &id)).await
        }

        #[doc = concat!("Changes an item (", $one, "); what is left out stays.")]
        #[utoipa::path(
            summary = concat!("Changes an item (", $one, "); what is left out stays."),
            put, path = concat!("/simple/", $many, "/{", $id, "}"), tag = "Content",
            params(($id = Uuid, Path, description = "The item's id")),
            request_body = $changed,
            responses(
                (status = 200, description = "The changed item, or a count of 0", body = OneResource<'_>),
                (status = 400, description = "The body names another item"),
            ),
            extensions(("x-scope" = json!("project")), ("x-permission" = json!($edit))),
        )]
        async fn $update(
            State(house): State<AppState>,
            Scoped(caller): Scoped,
            path: InPath<1>,
            Command { call, body }: Command<$changed>,
        ) -> Result<Response, Problem> {
            let InPath([id]) = path;
            let body = Changed::from(body);
            let command = Command { call, body };
            update(&house, &caller, ResourceKind::$kind, ($id, &id), command).await
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
            State(house): State<AppState>,
            Scoped(caller): Scoped,
            Command { call: _, body }: Command<QueryResources>,
        ) -> Result<Response, Problem> {
            query(&house, &caller, ResourceKind::$kind, body).await
        }

        $(
            #[doc = $about]
            #[utoipa::path(
                summary = $about,
                post, path = concat!("/simple/", $many, "/{", $id, "}/", $word), tag = "Content",
                params(($id = Uuid, Path, description = "The item's id")),
                responses((status = 200, description = "The item without its data, or a count of 0", body = OneResource<'_>)),
                extensions(("x-scope" = json!("project")), ("x-permission" = json!($edit))),
            )]
            async fn $name(
                State(house): State<AppState>,
                Scoped(caller): Scoped,
                path: InPath<1>,
                command: Command<NoBody>,
            ) -> Result<Response, Problem> {
                let InPath([id]) = path;
                let what = (ResourceKind::$kind, ResourceStep::$step);
                step(&house, &caller, what, ($id, &id), command).await
            }
        )*
    };
}

content!(
    Testset, "testset", "testsets", "testset_id", "view_testsets", "edit_testsets",
    create create_testset CreateTestset, read read_testset, update update_testset UpdateTestset,
    query query_testsets,
    step archive_testset Archive "archive" "Puts a testset away; its slug stays taken.",
    step unarchive_testset Unarchive "unarchive" "Fetches a testset back.",
);
content!(
    Evaluator, "evaluator", "evaluators", "evaluator_id", "view_evaluators", "edit_evaluators",
    create create_evaluator CreateEvaluator, read read_evaluator, update update_evaluator UpdateEvaluator,
    query query_evaluators,
    step archive_evaluator Archive "archive" "Puts an evaluator away; its slug stays taken.",
    step unarchive_evaluator Unarchive "unarchive" "Fetches an evaluator back.",
);
content!(
    Environment, "environment", "environments", "environment_id", "view_environments", "edit_environments",
    create create_environment CreateEnvironment, read read_environment, update update_environment UpdateEnvironment,
    query query_environments,
    step archive_environment Archive "archive" "Puts an environment away; its slug stays taken.",
    step unarchive_environment Unarchive "unarchive" "Fetches an environment back.",
    step guard_environment Guard "guard" "Lets only those change an environment who may deploy.",
    step unguard_environment Unguard "unguard" "Lets everybody who edits environments change this one.",
);
