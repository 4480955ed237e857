//! Projects: requests, handlers and views.

use axum::extract::State;
use axum::response::Response;
use freehold_app::{Caller, NewProject, ProjectRecord, ProjectUpdate};
use freehold_domain::{FreeText, Id, Organization, Project, Refusal, Workspace};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::extract::body::{NoBody, request_body};
use crate::extract::path::parse_uuid;
use crate::extract::{Command, PathParams, ProjectCaller};
use crate::response::{command_response, ok_json};
use crate::state::AppState;

pub(crate) fn routes() -> ApiRoutes {
    ApiRoutes::new()
        .routes(routes!(list_projects, create_project))
        .routes(routes!(current_project))
        .routes(routes!(read_project, update_project, delete_project))
}

/// A project as a member sees it.
#[derive(Debug, Serialize, ToSchema)]
struct ProjectView<'a> {
    /// The organization's id.
    #[schema(value_type = String, format = "uuid")]
    organization_id: Id<Organization>,
    /// The organization's display name.
    organization_name: Option<&'a str>,
    /// The workspace's id.
    #[schema(value_type = String, format = "uuid")]
    workspace_id: Id<Workspace>,
    /// The workspace's display name.
    workspace_name: Option<&'a str>,
    /// The project's id.
    #[schema(value_type = String, format = "uuid")]
    project_id: Id<Project>,
    /// The project's display name.
    project_name: &'a str,
    /// Whether the project is the default of its workspace.
    is_default_project: bool,
    /// The caller's role in the project. Null for an owner of the organization who is not a member
    /// of the project.
    user_role: Option<&'a str>,
    /// Whether this is a demo project, which every new user can view.
    is_demo: Option<bool>,
}

impl<'a> From<&'a ProjectRecord> for ProjectView<'a> {
    fn from(project: &'a ProjectRecord) -> Self {
        let ProjectRecord {
            id,
            name,
            is_default,
            workspace,
            workspace_name,
            organization,
            organization_name,
            owner: _,
            role,
            is_demo,
        } = project;
        Self {
            organization_id: *organization,
            organization_name: organization_name.as_deref(),
            workspace_id: *workspace,
            workspace_name: workspace_name.as_deref(),
            project_id: *id,
            project_name: name,
            is_default_project: *is_default,
            user_role: role.as_deref(),
            is_demo: *is_demo,
        }
    }
}

/// The response to the deletion of a project.
#[derive(Debug, Serialize, ToSchema)]
struct DeletedProjectView {
    /// Always `Project deleted`.
    detail: &'static str,
}

request_body! {
    /// A new project.
    struct CreateProject {
        /// The display name; not blank. Blanks at both ends are removed.
        #[schema(value_type = String)]
        name: FreeText,
        /// Whether the project replaces the default project of its workspace.
        make_default: Option<bool>,
    }

    /// The changes of a project: at least one of the two.
    struct UpdateProject {
        /// The display name; not blank. Blanks at both ends are removed.
        #[schema(value_type = Option<String>)]
        name: Option<FreeText>,
        /// `true` makes the project the default of its workspace. `false` is refused: make another
        /// project the default instead.
        make_default: Option<bool>,
    }
}

/// Returns the projects that the caller is a member of, in all organizations.
#[utoipa::path(
    get, path = "/projects", tag = "Projects",
    responses((status = 200, description = "The projects, oldest first", body = Vec<ProjectView<'_>>)),
    extensions(("x-scope" = json!("user")), ("x-permission" = json!("none"))),
)]
async fn list_projects(State(state): State<AppState>, caller: Caller) -> Result<Response, Problem> {
    let projects = state.app().list_projects(&caller).await?;
    ok_json(&projects.iter().map(ProjectView::from).collect::<Vec<_>>())
}

/// Returns the project in which the request works.
#[utoipa::path(
    get, path = "/projects/current", tag = "Projects",
    responses(
        (status = 200, description = "The project", body = ProjectView<'_>),
        (status = 404, description = "The project was deleted"),
    ),
    extensions(("x-scope" = json!("project")), ("x-permission" = json!("none"))),
)]
async fn current_project(
    State(state): State<AppState>,
    ProjectCaller(caller): ProjectCaller,
) -> Result<Response, Problem> {
    let project = state.app().current_project(&caller).await?;
    ok_json(&ProjectView::from(&project))
}

/// Returns a project that the caller is a member of.
#[utoipa::path(
    get, path = "/projects/{project_id}", tag = "Projects",
    params(("project_id" = String, Path, description = "The project's id")),
    responses(
        (status = 200, description = "The project", body = ProjectView<'_>),
        (status = 404, description = "The project does not exist, or the caller is not a member"),
    ),
    extensions(("x-scope" = json!("user")), ("x-permission" = json!("none"))),
)]
async fn read_project(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParams<1>,
) -> Result<Response, Problem> {
    let PathParams([id]) = path;
    let id = id.parse().map_err(|_| Refusal::ProjectNotFound)?;
    let project = state.app().project(&caller, id).await?;
    ok_json(&ProjectView::from(&project))
}

/// Creates a project in the workspace in which the request works. All members of the workspace
/// become members of the project, with the same roles.
#[utoipa::path(
    post, path = "/projects", tag = "Projects", request_body = CreateProject,
    responses(
        (status = 201, description = "The new project", body = ProjectView<'_>),
        (status = 400, description = "The name is blank"),
        (status = 403, description = "The caller's role lacks the permission"),
    ),
    extensions(("x-scope" = json!("project")), ("x-permission" = json!("create_workspace"))),
)]
async fn create_project(
    State(state): State<AppState>,
    ProjectCaller(caller): ProjectCaller,
    Command { context, body }: Command<CreateProject>,
) -> Result<Response, Problem> {
    let CreateProject { name, make_default } = body;
    let new = NewProject {
        name,
        make_default: make_default.unwrap_or(false),
    };
    let created = state.app().create_project(&caller, &context, new).await?;
    command_response(StatusCode::CREATED, &created, |project| {
        ProjectView::from(project)
    })
}

/// Renames a project, or makes it the default of its workspace.
#[utoipa::path(
    patch, path = "/projects/{project_id}", tag = "Projects",
    params(("project_id" = String, Path, description = "The project's id")),
    request_body = UpdateProject,
    responses(
        (status = 200, description = "The changed project", body = ProjectView<'_>),
        (status = 400, description = "The request has nothing to change, or a value breaks a rule"),
        (status = 403, description = "The caller's role in the project lacks the permission"),
        (status = 404, description = "The project does not exist, or the caller is not a member"),
    ),
    extensions(("x-scope" = json!("project")), ("x-permission" = json!("edit_workspace"))),
)]
async fn update_project(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParams<1>,
    Command { context, body }: Command<UpdateProject>,
) -> Result<Response, Problem> {
    let PathParams([id]) = path;
    let id = Id::new(parse_uuid("project_id", &id)?);
    let UpdateProject { name, make_default } = body;
    let update = ProjectUpdate { name, make_default };
    let updated = state
        .app()
        .update_project(&caller, &context, id, update)
        .await?;
    command_response(StatusCode::OK, &updated, |project| {
        ProjectView::from(project)
    })
}

/// Deletes a project of the workspace in which the request works, with all its content and keys.
#[utoipa::path(
    delete, path = "/projects/{project_id}", tag = "Projects",
    params(("project_id" = String, Path, description = "The project's id")),
    responses(
        (status = 200, description = "The project was deleted", body = DeletedProjectView),
        (status = 400, description = "The project is the default of its workspace"),
        (status = 403, description = "The caller's role in the project lacks the permission"),
        (status = 404, description = "The workspace has no such project"),
    ),
    extensions(("x-scope" = json!("project")), ("x-permission" = json!("delete_workspace"))),
)]
async fn delete_project(
    State(state): State<AppState>,
    ProjectCaller(caller): ProjectCaller,
    path: PathParams<1>,
    Command {
        context,
        body: NoBody,
    }: Command<NoBody>,
) -> Result<Response, Problem> {
    let PathParams([id]) = path;
    let id = Id::new(parse_uuid("project_id", &id)?);
    let deleted = state.app().delete_project(&caller, &context, id).await?;
    command_response(StatusCode::OK, &deleted, |()| DeletedProjectView {
        detail: "Project deleted",
    })
}
