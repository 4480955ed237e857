//! The people at the doors, and what there is behind them.

use std::collections::BTreeMap;

use freehold_testkit::{Client, Person, TestApp};
use serde_json::{Value, json};

use super::table::CALLERS;

/// A well-formed id of nothing.
pub(super) const NOTHING: &str = "01900000-0000-7000-8000-000000000000";

/// What the names in braces stand for.
pub(super) type Names = BTreeMap<&'static str, String>;

/// An organization with somebody of each role in it, and others outside.
pub(super) struct Scene {
    /// In the order of [`CALLERS`].
    pub(super) callers: [Client; CALLERS.len()],
    /// A key whose owner has been removed.
    pub(super) dead_key: Client,
    /// What is behind the doors.
    pub(super) acme: Names,
    /// The same in the outsider's organization.
    pub(super) outside: Names,
    /// The same in an organization of the removed member.
    pub(super) refuge: Names,
    /// Well-formed ids of nothing.
    pub(super) nothing: Names,
}

impl Scene {
    /// Everybody takes their place.
    pub(super) async fn set(app: &TestApp) -> Self {
        let owner = app.person("ada").await;
        let mut acme = Place::of(&owner).await;
        // So that it is not the owner's last organization.
        owner.founds("Second").await;
        let joins = async |name: &str, role: &str| {
            let person = app.person(name).await;
            app.adds_member(&acme.organization, &person, ["viewer", role, role])
                .await;
            person
        };
        let viewer = joins("viewer", "viewer").await;
        let annotator = joins("annotator", "annotator").await;
        let editor = joins("editor", "editor").await;
        let developer = joins("developer", "developer").await;
        let admin = joins("admin", "admin").await;
        let tom = joins("tom", "annotator").await;
        let removed = joins("rex", "developer").await;
        acme.side = acme.adds_project(&owner).await;

        let next_door = developer
            .adds_key_at(&format!("/keys?project_id={}", acme.side))
            .await;
        let may_run = "scope_type=project&resource_type=service&action=run_service";
        let path = acme.path(&format!("/access/permissions/check?{may_run}"));
        let permitted = developer.get(&format!("{path}&scope_id={}", acme.project));
        let service = permitted.await.expect(200).word("credentials");

        let dead_key = removed.adds_key_at(&acme.path("/keys?")).await;
        let Place { workspace, .. } = &acme;
        let path = format!("/workspaces/{workspace}/users?email={}", removed.email);
        owner.delete(&path).await.expect(200);

        let outsider = app.person("outsider").await;
        let outside = Place::of(&outsider).await;
        let guest = app.person("guest").await;
        app.adds_member(&outside.organization, &guest, ["viewer"; 3])
            .await;
        let foreign = outsider.adds_key().await;
        let refuge = Place::of(&removed).await;

        let invitee = app.person("pia").await;
        // The inbox is for those whose address is known to be theirs.
        let proven = "UPDATE users SET email_verified_at = created_at";
        app.db().raw(proven).await.unwrap();

        let acme = acme.names(&owner, &tom, &invitee.email).await;
        let outside = outside.names(&outsider, &guest, "max@acme.test").await;
        let refuge = refuge.names(&removed, &removed, "max@acme.test").await;
        Self {
            nothing: acme.keys().map(|name| (*name, nothing(name))).collect(),
            acme,
            outside,
            refuge,
            dead_key: Client::clone(&dead_key),
            callers: [
                app.stranger().clone(),
                Client::clone(&outsider),
                Client::clone(&viewer),
                Client::clone(&annotator),
                Client::clone(&editor),
                Client::clone(&developer),
                Client::clone(&admin),
                Client::clone(&owner),
                Client::clone(&removed),
                Client::clone(&foreign),
                Client::clone(&next_door),
                app.stranger().with(service),
                Client::clone(&invitee),
            ],
        }
    }
}

/// Somebody's project and what is around it.
struct Place {
    organization: String,
    workspace: String,
    project: String,
    /// Another project beside it, if there is one.
    side: String,
}

impl Place {
    async fn of(owner: &Person) -> Self {
        let all = owner.projects().await;
        Self {
            organization: text(&all[0], "organization_id"),
            workspace: text(&all[0], "workspace_id"),
            project: text(&all[0], "project_id"),
            side: text(&all[0], "project_id"),
        }
    }

    /// `path`, which has a query, in this project.
    fn path(&self, path: &str) -> String {
        format!("{path}&project_id={}", self.project)
    }

    async fn adds_project(&self, owner: &Person) -> String {
        let path = self.path("/projects?");
        let made = owner.post(&path, &json!({"name": "Side"})).await;
        made.expect(201).word("project_id")
    }

    /// The ids of what is here, under the names that paths have for them.
    async fn names(&self, owner: &Person, member: &Person, invited: &str) -> Names {
        let key = owner.adds_key_at(&self.path("/keys?")).await;
        let organization = format!("/organizations/{}", self.organization);
        let path = format!("{organization}/invitations?delivery=link");
        let invitation = owner.post(&path, &json!([{"email": invited}])).await;
        let invited = invitation.expect(200).json()["invitations"][0].clone();
        let path = format!("{organization}/invitation-links");
        let link = owner.post(&path, &json!({})).await.expect(201);
        Names::from([
            ("organization_id", self.organization.clone()),
            ("workspace_id", self.workspace.clone()),
            ("scope", self.project.clone()),
            ("project_id", self.side.clone()),
            ("new_owner_id", member.id.clone()),
            ("user_id", member.id.clone()),
            ("prefix", key.prefix().to_owned()),
            ("invitation_id", text(&invited, "id")),
            ("token", told_in(&text(&invited, "url"), "token")),
            ("link_id", link.word("id")),
            ("link_token", told_in(&link.word("url"), "invitation_link")),
            ("testset_id", self.first(owner, "testsets").await),
            ("evaluator_id", self.first(owner, "evaluators").await),
            ("environment_id", self.first(owner, "environments").await),
        ])
    }

    async fn first(&self, owner: &Person, kind: &str) -> String {
        let path = self.path(&format!("/simple/{kind}/query?"));
        let found = owner.post(&path, &json!({})).await.expect(200);
        text(&found.json()[kind][0], "id")
    }
}

fn text(object: &Value, member: &str) -> String {
    let text = object[member].as_str();
    text.unwrap_or_else(|| panic!("no {member}: {object}"))
        .to_owned()
}

/// A value of a link's query.
fn told_in(url: &str, name: &str) -> String {
    let mut pairs = url
        .split(['?', '&'])
        .filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name).unwrap();
    value.to_owned()
}

fn nothing(name: &str) -> String {
    match name {
        "prefix" => "AAAAAAAA".to_owned(),
        "token" | "link_token" => "A".repeat(22),
        _ => NOTHING.to_owned(),
    }
}
