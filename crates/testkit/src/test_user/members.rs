//! What people do with workspaces, projects and each other.

use serde_json::{Value, json};

use super::{Person, list};
use crate::client::Answer;

/// A workspace, where it is, and its default project.
#[derive(Clone, Debug)]
pub struct Place {
    /// The organization's id.
    pub organization: String,
    /// The workspace's id.
    pub workspace: String,
    /// The default project's id.
    pub project: String,
}

impl Place {
    #[track_caller]
    fn of(project: &Value) -> Self {
        let word = |name: &str| project[name].as_str().expect("an id").to_owned();
        Self {
            organization: word("organization_id"),
            workspace: word("workspace_id"),
            project: word("project_id"),
        }
    }
}

/// An address in a query.
fn encoded(email: &str) -> String {
    email.replace('%', "%25").replace('+', "%2B")
}

impl Person {
    /// Where they work when they do not say where.
    pub async fn place(&self) -> Place {
        Place::of(self.get("/projects/current").await.expect(200).json())
    }

    /// The first place of an organization that they are in.
    pub async fn place_in(&self, organization: &str) -> Place {
        let projects = self.projects().await;
        let found = projects
            .iter()
            .find(|it| it["organization_id"] == organization && it["is_default_project"] == true);
        Place::of(found.unwrap_or_else(|| panic!("{organization} is not among {projects:?}")))
    }

    /// The workspaces they are in.
    pub async fn workspaces(&self) -> Vec<Value> {
        list(self.get("/workspaces").await)
    }

    /// Makes a workspace, and has to succeed.
    pub async fn adds_workspace(&self, organization: &str, name: &str) -> Place {
        let path = format!("/organizations/{organization}/workspaces/");
        let workspace = self.post(&path, &json!({"name": name})).await.expect(200);
        let workspace = workspace.word("id");
        let scope = format!("/projects/current?workspace_id={workspace}");
        Place::of(self.get(&scope).await.expect(200).json())
    }

    /// Makes a project in a workspace.
    pub async fn adds_project(&self, place: &Place, name: &str) -> Answer {
        let path = format!("/projects?workspace_id={}", place.workspace);
        self.post(&path, &json!({"name": name})).await
    }

    /// Gives somebody a role.
    pub async fn assigns(&self, place: &Place, email: &str, role: &str) -> Answer {
        let path = format!("/workspaces/{}/roles", place.workspace);
        let organization = &place.organization;
        let body = json!({"email": email, "organization_id": organization, "role": role});
        self.post(&path, &body).await
    }

    /// Takes a role from somebody.
    pub async fn unassigns(&self, place: &Place, email: &str, role: &str) -> Answer {
        let path = format!(
            "/workspaces/{}/roles?email={}&organization_id={}&role={role}",
            place.workspace,
            encoded(email),
            place.organization
        );
        self.delete(&path).await
    }

    /// Takes somebody out of a workspace.
    pub async fn removes(&self, place: &Place, email: &str) -> Answer {
        let (workspace, email) = (&place.workspace, encoded(email));
        self.delete(&format!("/workspaces/{workspace}/users?email={email}"))
            .await
    }

    /// Takes somebody out of a whole organization.
    pub async fn expels(&self, organization: &str, user: &str) -> Answer {
        self.delete(&format!("/organizations/{organization}/members/{user}"))
            .await
    }

    /// Goes away from an organization.
    pub async fn leaves(&self, organization: &str) -> Answer {
        self.post_nothing(&format!("/organizations/{organization}/leave"))
            .await
    }

    /// The members of an organization's default workspace, as they are shown.
    pub async fn members_of(&self, organization: &str) -> Vec<Value> {
        let path = format!("/organizations/{organization}");
        let seen = self.get(&path).await.expect(200);
        let members = seen.json()["default_workspace"]["members"].as_array();
        members.expect("members").clone()
    }

    /// Asks for a link that sets somebody's password.
    pub async fn resets_password_of(&self, user: &str) -> Answer {
        self.post_nothing(&format!("/profile/reset-password?user_id={user}"))
            .await
    }
}
