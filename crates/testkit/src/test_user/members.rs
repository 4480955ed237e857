//! Requests about workspaces, projects and members.

use serde_json::{Value, json};

use super::{TestUser, list};
use crate::client::Response;

/// A workspace with its organization and its default project.
#[derive(Clone, Debug)]
pub struct TestScope {
    /// The organization's id.
    pub organization: String,
    /// The workspace's id.
    pub workspace: String,
    /// The default project's id.
    pub project: String,
}

impl TestScope {
    #[track_caller]
    fn of(project: &Value) -> Self {
        let id = |name: &str| project[name].as_str().expect("an id").to_owned();
        Self {
            organization: id("organization_id"),
            workspace: id("workspace_id"),
            project: id("project_id"),
        }
    }
}

/// Encodes an address for a query.
fn encoded(email: &str) -> String {
    email.replace('%', "%25").replace('+', "%2B")
}

impl TestUser {
    /// The scope of the user's requests that name none.
    pub async fn default_scope(&self) -> TestScope {
        TestScope::of(
            self.get("/projects/current")
                .await
                .expect_status(200)
                .json(),
        )
    }

    /// The user's first default project in an organization, with its workspace.
    pub async fn default_scope_in(&self, organization: &str) -> TestScope {
        let projects = self.projects().await;
        let project = projects.iter().find(|project| {
            project["organization_id"] == organization && project["is_default_project"] == true
        });
        TestScope::of(project.unwrap_or_else(|| panic!("{organization} is not among {projects:?}")))
    }

    /// The user's workspaces.
    pub async fn workspaces(&self) -> Vec<Value> {
        list(self.get("/workspaces").await)
    }

    /// Creates a workspace; has to succeed.
    pub async fn create_workspace(&self, organization: &str, name: &str) -> TestScope {
        let path = format!("/organizations/{organization}/workspaces/");
        let workspace = self
            .post(&path, &json!({"name": name}))
            .await
            .expect_status(200);
        let workspace = workspace.text_field("id");
        let scope = format!("/projects/current?workspace_id={workspace}");
        TestScope::of(self.get(&scope).await.expect_status(200).json())
    }

    /// Creates a project in a workspace.
    pub async fn create_project(&self, scope: &TestScope, name: &str) -> Response {
        let path = format!("/projects?workspace_id={}", scope.workspace);
        self.post(&path, &json!({"name": name})).await
    }

    /// Assigns a role to a member of a workspace.
    pub async fn assign_role(&self, scope: &TestScope, email: &str, role: &str) -> Response {
        let path = format!("/workspaces/{}/roles", scope.workspace);
        let organization = &scope.organization;
        let body = json!({"email": email, "organization_id": organization, "role": role});
        self.post(&path, &body).await
    }

    /// Removes a role from a member of a workspace.
    pub async fn unassign_role(&self, scope: &TestScope, email: &str, role: &str) -> Response {
        let path = format!(
            "/workspaces/{}/roles?email={}&organization_id={}&role={role}",
            scope.workspace,
            encoded(email),
            scope.organization
        );
        self.delete(&path).await
    }

    /// Removes a member from a workspace.
    pub async fn remove_member(&self, scope: &TestScope, email: &str) -> Response {
        let (workspace, email) = (&scope.workspace, encoded(email));
        self.delete(&format!("/workspaces/{workspace}/users?email={email}"))
            .await
    }

    /// Removes a member from an organization.
    pub async fn remove_from_organization(&self, organization: &str, user: &str) -> Response {
        self.delete(&format!("/organizations/{organization}/members/{user}"))
            .await
    }

    /// Leaves an organization.
    pub async fn leave_organization(&self, organization: &str) -> Response {
        self.post_empty(&format!("/organizations/{organization}/leave"))
            .await
    }

    /// The members of an organization's default workspace, as the API lists
    /// them.
    pub async fn default_workspace_members(&self, organization: &str) -> Vec<Value> {
        let path = format!("/organizations/{organization}");
        let response = self.get(&path).await.expect_status(200);
        let members = response.json()["default_workspace"]["members"].as_array();
        members.expect("members").clone()
    }

    /// Requests a password reset link for another user.
    pub async fn reset_member_password(&self, user: &str) -> Response {
        self.post_empty(&format!("/profile/reset-password?user_id={user}"))
            .await
    }
}
