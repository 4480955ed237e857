//! Whoever loses a right has lost it when the answer arrives: of 32 connections
//! that go on using it, none succeeds with a request that starts after that.

mod load;

use std::ops::Deref;
use std::time::Duration;

use freehold_testkit::{ApiKey, Client, Person, TestApp, story};
use serde_json::{Value, json};

use load::{Door, nobody_gets_in_after, while_busy};

const ROUNDS: usize = 10;
const NOTHING: &str = "01900000-0000-7000-8000-000000000000";

/// Ada's organization, where Vera is a developer.
struct AppState {
    ada: Person,
    vera: Person,
    organization: String,
    workspace: String,
    project: String,
}

fn text(project: &Value, member: &str) -> String {
    project[member].as_str().unwrap().to_owned()
}

impl AppState {
    async fn of(app: &TestApp) -> Self {
        let ada = app.person("ada").await;
        let home = ada.projects().await[0].clone();
        let house = Self {
            vera: app.person("vera").await,
            organization: text(&home, "organization_id"),
            workspace: text(&home, "workspace_id"),
            project: text(&home, "project_id"),
            ada,
        };
        house.lets_vera_in(app).await;
        house
    }

    /// The same in an organization of its own.
    async fn another(&self, app: &TestApp) -> Self {
        let organization = self.ada.founds("Another").await;
        let all = self.ada.projects().await;
        let found = all.iter().find(|it| it["organization_id"] == *organization);
        let house = Self {
            ada: self.ada.clone(),
            vera: self.vera.clone(),
            workspace: text(found.unwrap(), "workspace_id"),
            project: text(found.unwrap(), "project_id"),
            organization,
        };
        house.lets_vera_in(app).await;
        house
    }

    async fn lets_vera_in(&self, app: &TestApp) {
        let roles = ["viewer", "developer", "developer"];
        app.adds_member(&self.organization, &self.vera, roles).await;
    }

    async fn veras_key(&self) -> ApiKey {
        let path = format!("/keys?project_id={}", self.project);
        self.vera.adds_key_at(&path).await
    }

    /// All that Vera can show: her session, a new key, a service's token.
    async fn veras_means(&self) -> Means {
        let Self { vera, project, .. } = self;
        let may_run = "scope_type=project&resource_type=service&action=run_service";
        let path = format!("/access/permissions/check?{may_run}&scope_id={project}");
        let permitted = vera.get(&format!("{path}&project_id={project}")).await;
        Means {
            session: Client::clone(vera),
            key: self.veras_key().await.deref().clone(),
            service: vera.with(permitted.expect(200).word("credentials")),
        }
    }

    /// Where Vera gets in because she is a developer of the project.
    fn as_developer(&self, means: &Means) -> Vec<Door> {
        let at = format!("project_id={}", self.project);
        let mut doors = Vec::new();
        for client in [&means.session, &means.key, &means.service] {
            doors.push((client.clone(), "GET", format!("/keys?{at}")));
        }
        for client in [&means.session, &means.key] {
            doors.push((client.clone(), "POST", format!("/keys?{at}&dry_run=true")));
        }
        // Content is all that a service may change; nothing is what there is.
        let archive = format!("/simple/testsets/{NOTHING}/archive?{at}&dry_run=true");
        doors.push((means.service.clone(), "POST", archive));
        doors
    }

    /// Where she gets in because she is in the project at all.
    fn as_member(&self, means: &Means) -> Vec<Door> {
        let Self {
            organization,
            project,
            ..
        } = self;
        let mut doors = self.as_developer(means);
        let session = |method, path| (means.session.clone(), method, path);
        doors.extend([
            session("GET", format!("/organizations/{organization}")),
            session("GET", format!("/projects/{project}")),
            session("GET", format!("/projects/current?project_id={project}")),
            session(
                "POST",
                format!("/simple/testsets/query?project_id={project}"),
            ),
        ]);
        doors.extend(by_key(&means.key));
        doors.push((means.service.clone(), "GET", "/profile".to_owned()));
        doors
    }

    /// There are two doors for it.
    async fn removes_vera(&self, by_address: bool) {
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
        self.ada.delete(&path).await.expect(200);
    }

    async fn gives_vera(&self, role: &str) {
        let Self {
            organization,
            workspace,
            vera,
            ..
        } = self;
        let body = json!({"email": vera.email, "organization_id": organization, "role": role});
        let path = format!("/workspaces/{workspace}/roles");
        self.ada.post(&path, &body).await.expect(200);
    }
}

/// What somebody shows to prove who they are.
struct Means {
    session: Client,
    key: Client,
    service: Client,
}

/// Where a key opens, whosever it is.
fn by_key(key: &Client) -> [Door; 4] {
    [
        ("GET", "/profile"),
        ("GET", "/organizations"),
        ("GET", "/projects/current"),
        ("POST", "/simple/evaluators/query"),
    ]
    .map(|(method, path)| (key.clone(), method, path.to_owned()))
}

story!(a_removed_member_gets_in_nowhere, async |app| {
    let house = AppState::of(app).await;
    for round in 0..ROUNDS {
        let means = house.veras_means().await;
        let removes = house.removes_vera(round % 2 == 0);
        nobody_gets_in_after(&house.as_member(&means), removes).await;
        house.lets_vera_in(app).await;
    }
});

story!(
    somebody_demoted_does_no_more_than_their_new_role,
    async |app| {
        let house = AppState::of(app).await;
        let means = house.veras_means().await;
        for _ in 0..ROUNDS {
            nobody_gets_in_after(&house.as_developer(&means), house.gives_vera("viewer")).await;
            house.gives_vera("developer").await;
        }
    }
);

story!(whoever_handed_over_is_no_owner_any_more, async |app| {
    let house = AppState::of(app).await;
    let (path, ada, vera) = (
        format!("/organizations/{}?dry_run=true", house.organization),
        &house.ada,
        &house.vera,
    );
    // Neither of them is to lose their last organization to a rehearsal.
    ada.founds("Another").await;
    let as_owner = |who: &Person| [(Client::clone(who), "DELETE", path.clone())];
    for round in 0..ROUNDS {
        let (from, to) = if round % 2 == 0 {
            (ada, vera)
        } else {
            (vera, ada)
        };
        let hands_over = async {
            from.transfers(&house.organization, &to.id)
                .await
                .expect(200);
        };
        nobody_gets_in_after(&as_owner(from), hands_over).await;
    }
});

story!(somebody_who_left_gets_in_nowhere, async |app| {
    let house = AppState::of(app).await;
    for _ in 0..ROUNDS {
        let means = house.veras_means().await;
        let leaves = async {
            let path = format!("/organizations/{}/leave", house.organization);
            house.vera.post_nothing(&path).await.expect(200);
        };
        nobody_gets_in_after(&house.as_member(&means), leaves).await;
        house.lets_vera_in(app).await;
    }
});

story!(a_deleted_key_opens_nothing, async |app| {
    let house = AppState::of(app).await;
    for _ in 0..ROUNDS {
        let key = house.veras_key().await;
        let deletes = async {
            let path = format!("/keys/{}?project_id={}", key.prefix(), house.project);
            house.vera.delete(&path).await.expect(200);
        };
        nobody_gets_in_after(&by_key(&key), deletes).await;
    }
});

story!(in_a_deleted_organization_nobody_is_let_in, async |app| {
    let house = AppState::of(app).await;
    for _ in 0..ROUNDS {
        let house = house.another(app).await;
        let means = house.veras_means().await;
        let deletes = async {
            house.ada.deletes(&house.organization).await.expect(200);
        };
        nobody_gets_in_after(&house.as_member(&means), deletes).await;
    }
});

story!(in_a_deleted_project_nobody_is_let_in, async |app| {
    let mut house = AppState::of(app).await;
    let home = house.project.clone();
    for _ in 0..ROUNDS {
        let at = format!("/projects?project_id={home}");
        let made = house.ada.post(&at, &json!({"name": "Side"})).await;
        house.project = made.expect(201).word("project_id");
        let means = house.veras_means().await;
        let deletes = async {
            let path = format!("/projects/{}?project_id={home}", house.project);
            house.ada.delete(&path).await.expect(200);
        };
        let mut doors = house.as_member(&means);
        // The organization stays.
        doors.retain(|(_, _, path)| !path.starts_with("/organizations/"));
        nobody_gets_in_after(&doors, deletes).await;
    }
});

story!(a_cache_in_front_is_caught, async |app| {
    let house = AppState::of(app).await;
    // For longer than any machine takes for the removal.
    let remembers = Duration::from_secs(600);
    for _ in 0..ROUNDS {
        let means = house.veras_means().await;
        let tally = while_busy(
            &house.as_member(&means),
            remembers,
            house.removes_vera(true),
        )
        .await;
        assert!(tally.after > 0, "{tally:?}");
        house.lets_vera_in(app).await;
    }
});
