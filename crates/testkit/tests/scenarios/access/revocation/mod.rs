//! Revoked access has ended when the response of the revocation arrives: of 32
//! connections that go on, none succeeds with a request that starts after that.

mod load;

use std::ops::Deref;
use std::time::Duration;

use freehold_testkit::{ApiKey, Client, TestApp, TestUser, scenario};
use serde_json::{Value, json};

use load::{ProbeRequest, expect_refused_after, run_under_load};

const ROUNDS: usize = 10;
const UNKNOWN_ID: &str = "01900000-0000-7000-8000-000000000000";

/// Ada's organization, where Vera is a developer.
struct RevocationFixture {
    ada: TestUser,
    vera: TestUser,
    organization: String,
    workspace: String,
    project: String,
}

fn text(project: &Value, member: &str) -> String {
    project[member].as_str().unwrap().to_owned()
}

impl RevocationFixture {
    async fn create(app: &TestApp) -> Self {
        let ada = app.sign_up("ada").await;
        let home = ada.projects().await[0].clone();
        let fixture = Self {
            vera: app.sign_up("vera").await,
            organization: text(&home, "organization_id"),
            workspace: text(&home, "workspace_id"),
            project: text(&home, "project_id"),
            ada,
        };
        fixture.add_vera(app).await;
        fixture
    }

    /// Ada and Vera in a new organization.
    async fn in_new_organization(&self, app: &TestApp) -> Self {
        let organization = self.ada.create_organization("Another").await;
        let all = self.ada.projects().await;
        let project = all
            .iter()
            .find(|project| project["organization_id"] == *organization)
            .unwrap();
        let fixture = Self {
            ada: self.ada.clone(),
            vera: self.vera.clone(),
            workspace: text(project, "workspace_id"),
            project: text(project, "project_id"),
            organization,
        };
        fixture.add_vera(app).await;
        fixture
    }

    async fn add_vera(&self, app: &TestApp) {
        let roles = ["viewer", "developer", "developer"];
        app.insert_member(&self.organization, &self.vera, roles)
            .await;
    }

    async fn create_veras_key(&self) -> ApiKey {
        let path = format!("/keys?project_id={}", self.project);
        self.vera.create_api_key_at(&path).await
    }

    /// Vera's session, a new key, and a service token.
    async fn create_veras_credentials(&self) -> Credentials {
        let Self { vera, project, .. } = self;
        let may_run = "scope_type=project&resource_type=service&action=run_service";
        let path = format!("/access/permissions/check?{may_run}&scope_id={project}");
        let permitted = vera.get(&format!("{path}&project_id={project}")).await;
        Credentials {
            session: Client::clone(vera),
            key: self.create_veras_key().await.deref().clone(),
            service: vera
                .with_authorization(permitted.expect_status(200).text_field("credentials")),
        }
    }

    /// Requests that Vera may send as a developer of the project.
    fn developer_requests(&self, credentials: &Credentials) -> Vec<ProbeRequest> {
        let at = format!("project_id={}", self.project);
        let mut requests = Vec::new();
        for client in [&credentials.session, &credentials.key, &credentials.service] {
            requests.push((client.clone(), "GET", format!("/keys?{at}")));
        }
        for client in [&credentials.session, &credentials.key] {
            requests.push((client.clone(), "POST", format!("/keys?{at}&dry_run=true")));
        }
        // A service may only change content. There is none with this id.
        let archive = format!("/simple/testsets/{UNKNOWN_ID}/archive?{at}&dry_run=true");
        requests.push((credentials.service.clone(), "POST", archive));
        requests
    }

    /// Requests that Vera may send as a member of the project with any role, and
    /// those of a developer.
    fn member_requests(&self, credentials: &Credentials) -> Vec<ProbeRequest> {
        let Self {
            organization,
            project,
            ..
        } = self;
        let mut requests = self.developer_requests(credentials);
        let session = |method, path| (credentials.session.clone(), method, path);
        requests.extend([
            session("GET", format!("/organizations/{organization}")),
            session("GET", format!("/projects/{project}")),
            session("GET", format!("/projects/current?project_id={project}")),
            session(
                "POST",
                format!("/simple/testsets/query?project_id={project}"),
            ),
        ]);
        requests.extend(api_key_requests(&credentials.key));
        requests.push((credentials.service.clone(), "GET", "/profile".to_owned()));
        requests
    }

    /// Removes Vera by one of the two endpoints for it.
    async fn remove_vera(&self, by_address: bool) {
        let Self {
            organization,
            workspace,
            vera,
            ..
        } = self;
        let path = if by_address {
            format!("/workspaces/{workspace}/users?email={}", vera.email)
        } else {
            format!("/organizations/{organization}/members/{}", vera.id)
        };
        self.ada.delete(&path).await.expect_status(200);
    }

    async fn assign_vera(&self, role: &str) {
        let Self {
            organization,
            workspace,
            vera,
            ..
        } = self;
        let body = json!({"email": vera.email, "organization_id": organization, "role": role});
        let path = format!("/workspaces/{workspace}/roles");
        self.ada.post(&path, &body).await.expect_status(200);
    }
}

/// Clients with all kinds of credentials of one user.
struct Credentials {
    session: Client,
    key: Client,
    service: Client,
}

/// Requests that any key may send.
fn api_key_requests(key: &Client) -> [ProbeRequest; 4] {
    [
        ("GET", "/profile"),
        ("GET", "/organizations"),
        ("GET", "/projects/current"),
        ("POST", "/simple/evaluators/query"),
    ]
    .map(|(method, path)| (key.clone(), method, path.to_owned()))
}

scenario!(removed_member_is_refused_everywhere, async |app| {
    let fixture = RevocationFixture::create(app).await;
    for round in 0..ROUNDS {
        let credentials = fixture.create_veras_credentials().await;
        let remove = fixture.remove_vera(round % 2 == 0);
        expect_refused_after(&fixture.member_requests(&credentials), remove).await;
        fixture.add_vera(app).await;
    }
});

scenario!(demoted_member_has_only_the_new_role, async |app| {
    let fixture = RevocationFixture::create(app).await;
    let credentials = fixture.create_veras_credentials().await;
    for _ in 0..ROUNDS {
        expect_refused_after(
            &fixture.developer_requests(&credentials),
            fixture.assign_vera("viewer"),
        )
        .await;
        fixture.assign_vera("developer").await;
    }
});

scenario!(former_owner_is_refused_as_owner, async |app| {
    let fixture = RevocationFixture::create(app).await;
    let (path, ada, vera) = (
        format!("/organizations/{}?dry_run=true", fixture.organization),
        &fixture.ada,
        &fixture.vera,
    );
    // Otherwise deleting the last organization would be refused.
    ada.create_organization("Another").await;
    let as_owner = |who: &TestUser| [(Client::clone(who), "DELETE", path.clone())];
    for round in 0..ROUNDS {
        let (from, to) = if round % 2 == 0 {
            (ada, vera)
        } else {
            (vera, ada)
        };
        let transfer = async {
            from.transfer_organization(&fixture.organization, &to.id)
                .await
                .expect_status(200);
        };
        expect_refused_after(&as_owner(from), transfer).await;
    }
});

scenario!(former_member_is_refused_everywhere, async |app| {
    let fixture = RevocationFixture::create(app).await;
    for _ in 0..ROUNDS {
        let credentials = fixture.create_veras_credentials().await;
        let leave = async {
            let path = format!("/organizations/{}/leave", fixture.organization);
            fixture.vera.post_empty(&path).await.expect_status(200);
        };
        expect_refused_after(&fixture.member_requests(&credentials), leave).await;
        fixture.add_vera(app).await;
    }
});

scenario!(deleted_key_is_refused, async |app| {
    let fixture = RevocationFixture::create(app).await;
    for _ in 0..ROUNDS {
        let key = fixture.create_veras_key().await;
        let delete = async {
            let path = format!("/keys/{}?project_id={}", key.prefix(), fixture.project);
            fixture.vera.delete(&path).await.expect_status(200);
        };
        expect_refused_after(&api_key_requests(&key), delete).await;
    }
});

scenario!(deleted_organization_is_refused_for_all, async |app| {
    let fixture = RevocationFixture::create(app).await;
    for _ in 0..ROUNDS {
        let fixture = fixture.in_new_organization(app).await;
        let credentials = fixture.create_veras_credentials().await;
        let delete = async {
            fixture
                .ada
                .delete_organization(&fixture.organization)
                .await
                .expect_status(200);
        };
        expect_refused_after(&fixture.member_requests(&credentials), delete).await;
    }
});

scenario!(deleted_project_is_refused_for_all, async |app| {
    let mut fixture = RevocationFixture::create(app).await;
    let home = fixture.project.clone();
    for _ in 0..ROUNDS {
        let at = format!("/projects?project_id={home}");
        let created = fixture.ada.post(&at, &json!({"name": "Side"})).await;
        fixture.project = created.expect_status(201).text_field("project_id");
        let credentials = fixture.create_veras_credentials().await;
        let delete = async {
            let path = format!("/projects/{}?project_id={home}", fixture.project);
            fixture.ada.delete(&path).await.expect_status(200);
        };
        let mut requests = fixture.member_requests(&credentials);
        // The organization still exists.
        requests.retain(|(_, _, path)| !path.starts_with("/organizations/"));
        expect_refused_after(&requests, delete).await;
    }
});

scenario!(control_cached_access_is_detected, async |app| {
    let fixture = RevocationFixture::create(app).await;
    // Longer than the removal takes on any machine.
    let cache_for = Duration::from_secs(600);
    for _ in 0..ROUNDS {
        let credentials = fixture.create_veras_credentials().await;
        let tally = run_under_load(
            &fixture.member_requests(&credentials),
            cache_for,
            fixture.remove_vera(true),
        )
        .await;
        assert!(tally.after > 0, "{tally:?}");
        fixture.add_vera(app).await;
    }
});
