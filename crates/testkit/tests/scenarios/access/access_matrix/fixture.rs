//! The callers of the access matrix, and the objects that they access.

use std::collections::BTreeMap;

use freehold_testkit::{Client, TestApp, TestUser};
use serde_json::{Value, json};

use super::table::CALLERS;

/// A well-formed id of no object.
pub(super) const UNKNOWN_ID: &str = "01900000-0000-7000-8000-000000000000";

/// The values of the names in braces.
pub(super) type Names = BTreeMap<&'static str, String>;

/// An organization with a member of each role, and callers outside of it.
pub(super) struct AccessFixture {
    /// In the order of [`CALLERS`].
    pub(super) callers: [Client; CALLERS.len()],
    /// A key whose owner has been removed.
    pub(super) dead_key: Client,
    /// The ids in the members' organization.
    pub(super) acme: Names,
    /// The ids in the outsider's organization.
    pub(super) other_organization: Names,
    /// The ids in an organization of the removed member.
    pub(super) removed_users_organization: Names,
    /// Well-formed ids of no object.
    pub(super) unknown: Names,
}

impl AccessFixture {
    /// Creates the callers and the objects.
    pub(super) async fn create(app: &TestApp) -> Self {
        let owner = app.sign_up("ada").await;
        let mut acme = ProjectScope::of(&owner).await;
        // So that `acme` is not the owner's last organization.
        owner.create_organization("Second").await;
        let add_member = async |name: &str, role: &str| {
            let user = app.sign_up(name).await;
            app.insert_member(&acme.organization, &user, ["viewer", role, role])
                .await;
            user
        };
        let viewer = add_member("viewer", "viewer").await;
        let annotator = add_member("annotator", "annotator").await;
        let editor = add_member("editor", "editor").await;
        let developer = add_member("developer", "developer").await;
        let admin = add_member("admin", "admin").await;
        let tom = add_member("tom", "annotator").await;
        let removed = add_member("rex", "developer").await;
        acme.second_project = acme.create_project(&owner).await;

        let sibling = developer
            .create_api_key_at(&format!("/keys?project_id={}", acme.second_project))
            .await;
        let may_run = "scope_type=project&resource_type=service&action=run_service";
        let path = acme.path(&format!("/access/permissions/check?{may_run}"));
        let permitted = developer.get(&format!("{path}&scope_id={}", acme.project));
        let service = permitted.await.expect_status(200).text_field("credentials");

        let dead_key = removed.create_api_key_at(&acme.path("/keys?")).await;
        let ProjectScope { workspace, .. } = &acme;
        let path = format!("/workspaces/{workspace}/users?email={}", removed.email);
        owner.delete(&path).await.expect_status(200);

        let outsider = app.sign_up("outsider").await;
        let other_organization = ProjectScope::of(&outsider).await;
        let guest = app.sign_up("guest").await;
        app.insert_member(&other_organization.organization, &guest, ["viewer"; 3])
            .await;
        let foreign = outsider.create_api_key().await;
        let removed_users_organization = ProjectScope::of(&removed).await;

        let invitee = app.sign_up("pia").await;
        // The inbox is for users with a verified address.
        let verify = "UPDATE users SET email_verified_at = created_at";
        app.db().execute(verify).await.unwrap();

        let acme = acme.names(&owner, &tom, &invitee.email).await;
        let other_organization = other_organization
            .names(&outsider, &guest, "max@acme.test")
            .await;
        let removed_users_organization = removed_users_organization
            .names(&removed, &removed, "max@acme.test")
            .await;
        Self {
            unknown: acme.keys().map(|name| (*name, unknown(name))).collect(),
            acme,
            other_organization,
            removed_users_organization,
            dead_key: Client::clone(&dead_key),
            callers: [
                app.anonymous().clone(),
                Client::clone(&outsider),
                Client::clone(&viewer),
                Client::clone(&annotator),
                Client::clone(&editor),
                Client::clone(&developer),
                Client::clone(&admin),
                Client::clone(&owner),
                Client::clone(&removed),
                Client::clone(&foreign),
                Client::clone(&sibling),
                app.anonymous().with_authorization(service),
                Client::clone(&invitee),
            ],
        }
    }
}

/// A user's project with its workspace and organization.
struct ProjectScope {
    organization: String,
    workspace: String,
    project: String,
    /// Another project of the workspace, if there is one.
    second_project: String,
}

impl ProjectScope {
    async fn of(owner: &TestUser) -> Self {
        let all = owner.projects().await;
        Self {
            organization: text(&all[0], "organization_id"),
            workspace: text(&all[0], "workspace_id"),
            project: text(&all[0], "project_id"),
            second_project: text(&all[0], "project_id"),
        }
    }

    /// `path`, which has a query, with this project in it.
    fn path(&self, path: &str) -> String {
        format!("{path}&project_id={}", self.project)
    }

    async fn create_project(&self, owner: &TestUser) -> String {
        let path = self.path("/projects?");
        let created = owner.post(&path, &json!({"name": "Side"})).await;
        created.expect_status(201).text_field("project_id")
    }

    /// Creates the objects; returns their ids by the names that paths use.
    async fn names(&self, owner: &TestUser, member: &TestUser, invited: &str) -> Names {
        let key = owner.create_api_key_at(&self.path("/keys?")).await;
        let organization = format!("/organizations/{}", self.organization);
        let path = format!("{organization}/invitations?delivery=link");
        let invitation = owner.post(&path, &json!([{"email": invited}])).await;
        let invited = invitation.expect_status(200).json()["invitations"][0].clone();
        let path = format!("{organization}/invitation-links");
        let link = owner.post(&path, &json!({})).await.expect_status(201);
        Names::from([
            ("organization_id", self.organization.clone()),
            ("workspace_id", self.workspace.clone()),
            ("scope", self.project.clone()),
            ("project_id", self.second_project.clone()),
            ("new_owner_id", member.id.clone()),
            ("user_id", member.id.clone()),
            ("prefix", key.prefix().to_owned()),
            ("invitation_id", text(&invited, "id")),
            ("token", query_parameter(&text(&invited, "url"), "token")),
            ("link_id", link.text_field("id")),
            (
                "link_token",
                query_parameter(&link.text_field("url"), "invitation_link"),
            ),
            ("testset_id", self.first(owner, "testsets").await),
            ("evaluator_id", self.first(owner, "evaluators").await),
            ("environment_id", self.first(owner, "environments").await),
        ])
    }

    async fn first(&self, owner: &TestUser, kind: &str) -> String {
        let path = self.path(&format!("/simple/{kind}/query?"));
        let listed = owner.post(&path, &json!({})).await.expect_status(200);
        text(&listed.json()[kind][0], "id")
    }
}

fn text(object: &Value, member: &str) -> String {
    let text = object[member].as_str();
    text.unwrap_or_else(|| panic!("no {member}: {object}"))
        .to_owned()
}

/// The value of a parameter of a link's query.
fn query_parameter(url: &str, name: &str) -> String {
    let mut pairs = url
        .split(['?', '&'])
        .filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name).unwrap();
    value.to_owned()
}

fn unknown(name: &str) -> String {
    match name {
        "prefix" => "AAAAAAAA".to_owned(),
        "token" | "link_token" => "A".repeat(22),
        _ => UNKNOWN_ID.to_owned(),
    }
}
