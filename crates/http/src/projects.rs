//! The projects that the caller is in.

use axum::extract::State;
use axum::response::Response;
use freehold_app::{Caller, ProjectRecord};
use freehold_domain::{Id, Organization, Project, Refusal, Workspace};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::House;
use crate::call::show;
use crate::caller::Scoped;
use crate::in_path::InPath;
use crate::problem::Problem;

pub(crate) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new()
        .routes(routes!(list_projects))
        .routes(routes!(current_project))
        .routes(routes!(read_project))
}

/// A project as a member sees it.
#[derive(Debug, Serialize, ToSchema)]
struct ProjectView<'a> {
    #[schema(value_type = String, format = "uuid")]
    organization_id: Id<Organization>,
    organization_name: Option<&'a str>,
    #[schema(value_type = String, format = "uuid")]
    workspace_id: Id<Workspace>,
    workspace_name: Option<&'a str>,
    #[schema(value_type = String, format = "uuid")]
    project_id: Id<Project>,
    project_name: &'a str,
    is_default_project: bool,
    user_role: &'a str,
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
            user_role: role,
            is_demo: *is_demo,
        }
    }
}

/// Every project that the caller is a member of, in all organizations.
#[utoipa::path(
    get, path = "/projects", tag = "Projects",
    responses((status = 200, description = "The projects, oldest first", body = Vec<ProjectView<'_>>)),
    extensions(("x-scope" = json!("user")), ("x-permission" = json!("none"))),
)]
async fn list_projects(State(house): State<House>, caller: Caller) -> Result<Response, Problem> {
    let projects = house.app().list_projects(&caller).await?;
    show(&projects.iter().map(ProjectView::from).collect::<Vec<_>>())
}

/// The project that this request is in.
#[utoipa::path(
    get, path = "/projects/current", tag = "Projects",
    responses(
        (status = 200, description = "The project", body = ProjectView<'_>),
        (status = 404, description = "It is gone"),
    ),
    extensions(("x-scope" = json!("project")), ("x-permission" = json!("none"))),
)]
async fn current_project(
    State(house): State<House>,
    Scoped(caller): Scoped,
) -> Result<Response, Problem> {
    let project = house.app().current_project(&caller).await?;
    show(&ProjectView::from(&project))
}

/// A project that the caller is a member of.
#[utoipa::path(
    get, path = "/projects/{project_id}", tag = "Projects",
    params(("project_id" = String, Path, description = "The project's id")),
    responses(
        (status = 200, description = "The project", body = ProjectView<'_>),
        (status = 404, description = "No such project, or the caller is not in it"),
    ),
    extensions(("x-scope" = json!("user")), ("x-permission" = json!("none"))),
)]
async fn read_project(
    State(house): State<House>,
    caller: Caller,
    path: InPath<1>,
) -> Result<Response, Problem> {
    let InPath([id]) = path;
    let id = id.parse().map_err(|_| Refusal::ProjectNotFound)?;
    let project = house.app().project(&caller, id).await?;
    show(&ProjectView::from(&project))
}
