//! Memberships of one level: a project, a workspace, an organization. What a user can do equals
//! what was granted and not taken, whatever rows the schema needs above a membership.

use std::collections::BTreeMap;

use freehold_testkit::{TestApp, TestScope, TestUser, scenario};
use serde_json::{Value, json};

use crate::members::add_member;

const ROLES: [&str; 4] = ["viewer", "editor", "developer", "admin"];

/// Numbers that follow from a seed (xorshift64, Marsaglia 2003), so that a failure can be repeated.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// The organization of `owner`: two workspaces with their projects.
struct Organization<'a> {
    app: &'a TestApp,
    owner: TestUser,
    id: String,
    workspaces: Vec<TestScope>,
    /// The projects, each with the index of its workspace.
    projects: Vec<(String, usize)>,
}

/// What was granted to a user and not taken: the role of each level.
#[derive(Debug, Default, Clone, PartialEq)]
struct Granted {
    organization: Option<String>,
    workspaces: BTreeMap<usize, String>,
    projects: BTreeMap<usize, String>,
}

impl Granted {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn take_workspace(&mut self, workspace: usize, organization: &Organization<'_>) {
        self.workspaces.remove(&workspace);
        self.projects
            .retain(|project, _| organization.projects[*project].1 != workspace);
    }
}

impl Organization<'_> {
    async fn grant(&self, level: &str, scope: &str, who: &TestUser, role: &str) {
        let mut membership = json!({"user_ref": {"id": who.id}, "role": role});
        membership[format!("{level}_ref")] = json!({"id": scope});
        let path = format!("/admin/simple/accounts/{level}s/memberships/");
        let operator = self.app.operator();
        let response = operator
            .post(&path, &json!({"membership": membership}))
            .await;
        response.expect_status(200);
    }

    async fn take(&self, level: &str, scope: &str, who: &TestUser) {
        let (scope_id, user) = (self.app.sql_id(scope), self.app.sql_id(&who.id));
        let condition = format!("{level}_id = {scope_id} AND user_id = {user}");
        let table = format!("{level}_members");
        let id = crate::operators::deprovisioning::row_id(self.app, &table, &condition).await;
        let path = format!("/admin/simple/accounts/{level}s/{scope}/memberships/{id}");
        self.app.operator().delete(&path).await.expect_status(200);
    }

    /// Makes one random change and applies it to what is expected.
    async fn step(
        &mut self,
        numbers: &mut Numbers,
        who: &TestUser,
        granted: &mut Granted,
    ) -> String {
        let role = ROLES[numbers.below(ROLES.len())].to_owned();
        let workspace = numbers.below(self.workspaces.len());
        let project = numbers.below(self.projects.len());
        let workspace_id = self.workspaces[workspace].workspace.clone();
        match numbers.below(9) {
            0 => {
                let role = ["viewer", "admin"][numbers.below(2)].to_owned();
                self.grant("organization", &self.id, who, &role).await;
                granted.organization = Some(role.clone());
                format!("organization: {role}")
            }
            1 | 2 => {
                self.grant("workspace", &workspace_id, who, &role).await;
                let before = granted.workspaces.insert(workspace, role.clone());
                for (index, (_, of)) in self.projects.iter().enumerate() {
                    if *of != workspace {
                        continue;
                    }
                    let in_project = granted.projects.entry(index).or_insert(role.clone());
                    if before.as_ref() != Some(&role) {
                        in_project.clone_from(&role);
                    }
                }
                format!("workspace {workspace}: {role}")
            }
            3 | 4 => {
                self.grant("project", &self.projects[project].0, who, &role)
                    .await;
                granted.projects.insert(project, role.clone());
                format!("project {project}: {role}")
            }
            5 if granted.organization.is_some() => {
                self.take("organization", &self.id, who).await;
                *granted = Granted::default();
                "organization taken".to_owned()
            }
            6 if granted.workspaces.contains_key(&workspace) => {
                self.take("workspace", &workspace_id, who).await;
                granted.take_workspace(workspace, self);
                format!("workspace {workspace} taken")
            }
            7 if granted.projects.contains_key(&project) => {
                self.take("project", &self.projects[project].0, who).await;
                granted.projects.remove(&project);
                format!("project {project} taken")
            }
            8 if self.projects.len() < 8 => {
                let scope = &self.workspaces[workspace];
                let name = format!("P{}", self.projects.len());
                let id = self.owner.create_project(scope, &name).await;
                if let Some(role) = granted.workspaces.get(&workspace) {
                    granted.projects.insert(self.projects.len(), role.clone());
                }
                self.projects.push((id.text_field("project_id"), workspace));
                format!("new project in workspace {workspace}")
            }
            _ => {
                let scope = &self.workspaces[workspace];
                self.owner
                    .remove_member(scope, &who.email)
                    .await
                    .expect_status(200);
                let was_in = granted.workspaces.contains_key(&workspace)
                    || granted
                        .projects
                        .keys()
                        .any(|p| self.projects[*p].1 == workspace);
                granted.take_workspace(workspace, self);
                // Who is removed from the last workspace is removed from the organization.
                if was_in && granted.workspaces.is_empty() && granted.projects.is_empty() {
                    granted.organization = None;
                }
                format!("removed from workspace {workspace}")
            }
        }
    }

    /// Compares what `who` can reach with what was granted.
    async fn check(&self, who: &TestUser, granted: &Granted, steps: &[String]) {
        let mut roles = BTreeMap::new();
        for project in who.projects().await {
            let id = project["project_id"].as_str().unwrap();
            if let Some(index) = self.projects.iter().position(|(known, _)| known == id) {
                roles.insert(index, project["user_role"].as_str().unwrap().to_owned());
            }
        }
        assert_eq!(roles, granted.projects, "{steps:#?}");
        for (index, (project, _)) in self.projects.iter().enumerate() {
            let status = who.get(&format!("/projects/{project}")).await.status();
            let expected = if granted.projects.contains_key(&index) {
                200
            } else {
                404
            };
            assert_eq!(status, expected, "project {index}: {steps:#?}");
        }
        let workspaces: Vec<Value> = who.workspaces().await;
        for (index, scope) in self.workspaces.iter().enumerate() {
            let listed = workspaces
                .iter()
                .any(|workspace| workspace["id"] == *scope.workspace);
            assert_eq!(
                listed,
                granted.workspaces.contains_key(&index),
                "{steps:#?}"
            );
        }
        let details = who.get(&format!("/organizations/{}", self.id)).await;
        let expected = if granted.organization.is_some() {
            200
        } else {
            403
        };
        assert_eq!(details.status(), expected, "{steps:#?}");
        let listed = who
            .organizations()
            .await
            .iter()
            .any(|listed| listed["id"] == *self.id);
        assert_eq!(listed, !granted.is_empty(), "{steps:#?}");
    }
}

scenario!(
    what_a_user_can_do_is_what_was_granted_and_not_taken,
    async |app| {
        let owner = app.sign_up("ada").await;
        let first = owner.default_scope().await;
        let id = first.organization.clone();
        let second = owner.create_workspace(&id, "Second").await;
        let projects = vec![(first.project.clone(), 0), (second.project.clone(), 1)];
        let workspaces = vec![first, second];
        let mut organization = Organization {
            app,
            owner,
            id,
            workspaces,
            projects,
        };
        for seed in 1..=8_u64 {
            let who = app.sign_up(&format!("user{seed}")).await;
            let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let (mut granted, mut steps) = (Granted::default(), vec![format!("seed {seed}")]);
            for _ in 0..10 {
                steps.push(organization.step(&mut numbers, &who, &mut granted).await);
                organization.check(&who, &granted, &steps).await;
            }
            // The doctor warns of a member of a workspace who is not in each of its projects.
            if !granted.is_empty() {
                let owner = &organization.owner;
                let left = owner.remove_from_organization(&organization.id, &who.id);
                left.await.expect_status(200);
            }
            organization.check(&who, &Granted::default(), &steps).await;
        }
    }
);

scenario!(
    an_invitation_gives_a_project_member_the_whole_workspace,
    async |app| {
        let ada = app.sign_up("ada").await;
        let home = ada.default_scope().await;
        let second = ada
            .create_project(&home, "Second")
            .await
            .text_field("project_id");
        let bob = app.sign_up("bob").await;
        let organization = Organization {
            app,
            owner: ada,
            id: home.organization.clone(),
            workspaces: vec![home.clone()],
            projects: Vec::new(),
        };
        organization
            .grant("project", &home.project, &bob, "viewer")
            .await;
        organization.grant("project", &second, &bob, "admin").await;
        // He has the role of an administrator in a project, but none in the workspace.
        let refused = bob.invite(&home, "carl@acme.test", "viewer").await;
        assert_eq!(refused.status(), 403, "{refused}");
        let ada = &organization.owner;
        let link = ada.invite_by_link(&home, &bob.email, "developer").await;
        bob.accept_invitation(&link).await.expect_status(200);
        let roles: Vec<String> = bob
            .projects()
            .await
            .iter()
            .filter(|project| project["organization_id"] == *home.organization)
            .map(|project| project["user_role"].as_str().unwrap().to_owned())
            .collect();
        // The stronger role that he has in one project stays.
        assert_eq!(roles, ["developer", "admin"]);
        bob.get(&format!("/organizations/{}", home.organization))
            .await
            .expect_status(200);
    }
);

scenario!(a_project_member_can_leave_and_be_removed, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.default_scope().await;
    let admin = add_member(app, &home, "admin", "admin").await;
    let second = ada
        .create_project(&home, "Second")
        .await
        .text_field("project_id");
    let (bob, cleo) = (app.sign_up("bob").await, app.sign_up("cleo").await);
    let organization = Organization {
        app,
        owner: ada,
        id: home.organization.clone(),
        workspaces: vec![home.clone()],
        projects: Vec::new(),
    };
    for who in [&bob, &cleo] {
        organization.grant("project", &second, who, "editor").await;
    }
    bob.leave_organization(&home.organization)
        .await
        .expect_status(200);
    admin
        .remove_from_organization(&home.organization, &cleo.id)
        .await
        .expect_status(200);
    for who in [&bob, &cleo] {
        assert_eq!(who.projects().await.len(), 1);
    }
    let sql = "SELECT count(*) FROM organization_members WHERE role = 'none'";
    assert_eq!(app.db().query_number(sql).await, 0);
});

scenario!(
    deleting_a_project_or_workspace_deletes_the_rows_above_its_members,
    async |app| {
        let ada = app.sign_up("ada").await;
        let home = ada.default_scope().await;
        let second = ada
            .create_project(&home, "Second")
            .await
            .text_field("project_id");
        let other = ada.create_workspace(&home.organization, "Other").await;
        let (bob, cleo) = (app.sign_up("bob").await, app.sign_up("cleo").await);
        let organization = Organization {
            app,
            owner: ada,
            id: home.organization.clone(),
            workspaces: vec![home.clone()],
            projects: Vec::new(),
        };
        organization.grant("project", &second, &bob, "editor").await;
        organization
            .grant("project", &other.project, &cleo, "editor")
            .await;
        let without_role = "SELECT count(*) FROM organization_members WHERE role = 'none'";
        assert_eq!(app.db().query_number(without_role).await, 2);
        let ada = &organization.owner;
        ada.delete(&format!("/projects/{second}"))
            .await
            .expect_status(200);
        let path = format!("/admin/simple/accounts/workspaces/{}/", other.workspace);
        app.operator().delete(&path).await.expect_status(200);
        assert_eq!(app.db().query_number(without_role).await, 0);
        for who in [&bob, &cleo] {
            assert_eq!(who.organizations().await.len(), 1);
        }
    }
);
