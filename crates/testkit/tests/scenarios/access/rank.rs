//! Which roles a member may assign, and on which members they may act: every pair
//! of roles, on every path that assigns or affects one, against tables written by
//! hand. All requests are dry runs, so that each finds the same state.

use std::collections::BTreeMap;

use freehold_app::Settings;
use freehold_domain::{Level, PermissionRef, RoleCatalog};
use freehold_testkit::{PendingRequest, Response, TestApp, TestUser, scenario};
use serde_json::{Value, json};

/// The columns of the tables. `ops` has more permissions than `developer` and
/// fewer than `admin`; `qa` has one that otherwise only the owner has.
const ROLES: [&str; 8] = [
    "owner",
    "admin",
    "ops",
    "developer",
    "editor",
    "annotator",
    "viewer",
    "qa",
];

/// The roles of actors (rows) with the roles that they may act on (columns, as in
/// [`ROLES`]).
type Table = [(&'static str, &'static str); 8];

/// Assigning a role, inviting a user with it, and removing it from a member.
const MAY_ASSIGN: Table = [
    ("owner", ". + + + + + + +"),
    ("admin", ". . + + + + + ."),
    ("ops", ". . . + + + + ."),
    ("developer", ". . . . . . . ."),
    ("editor", ". . . . . . . ."),
    ("annotator", ". . . . . . . ."),
    ("viewer", ". . . . . . . ."),
    ("qa", ". . . . . . + ."),
];

/// Removing a member.
const MAY_REMOVE: Table = [
    ("owner", ". + + + + + + +"),
    ("admin", ". . + + + + + ."),
    ("ops", ". . . . . . . ."),
    ("developer", ". . . . . . . ."),
    ("editor", ". . . . . . . ."),
    ("annotator", ". . . . . . . ."),
    ("viewer", ". . . . . . . ."),
    ("qa", ". . . . . . . ."),
];

/// Creating a password reset link for a member.
const MAY_RESET_PASSWORD: Table = [
    ("owner", ". + + + + + + +"),
    ("admin", ". . + + + + + ."),
    ("ops", ". . . + + + + ."),
    ("developer", ". . . . . . . ."),
    ("editor", ". . . . . . . ."),
    ("annotator", ". . . . . . . ."),
    ("viewer", ". . . . . . . ."),
    ("qa", ". . . . . . . ."),
];

fn is_allowed(table: &Table, who: &str, role: &str) -> bool {
    let row = table.iter().find(|(name, _)| *name == who).unwrap().1;
    let column = ROLES.iter().position(|name| *name == role).unwrap();
    row.split(' ').nth(column).unwrap() == "+"
}

fn with_two_custom_roles(settings: &mut Settings) {
    let built_in = RoleCatalog::built_in();
    let extended = |role: &str, more: &[&str]| -> Vec<String> {
        let role = built_in.find(Level::Project, role).unwrap();
        let names = role.permissions_in_order().map(PermissionRef::as_str);
        names
            .chain(more.iter().copied())
            .map(str::to_owned)
            .collect()
    };
    let manage = ["modify_user_roles", "add_new_user_to_workspace"];
    let ops = extended("developer", &[&manage[..], &["reset_password"]].concat());
    let qa = extended("viewer", &[&manage[..], &["edit_billing"]].concat());
    let overlay = json!({
        "ops": {"description": "Runs it.", "permissions": ops},
        "qa": {"description": "Tests it.", "permissions": qa},
    });
    settings.roles = RoleCatalog::configured(None, Some(&overlay)).unwrap();
}

/// Ada's organization, with an actor and a target of each role. The owner is both.
struct RankFixture {
    organization: String,
    workspace: String,
    actors: BTreeMap<&'static str, TestUser>,
    targets: BTreeMap<&'static str, TestUser>,
}

impl RankFixture {
    async fn create(app: &TestApp) -> Self {
        let ada = app.sign_up("ada").await;
        let organization = ada.only_organization_id().await;
        let project = ada.projects().await[0].clone();
        let mut fixture = Self {
            organization,
            workspace: project["workspace_id"].as_str().unwrap().to_owned(),
            actors: BTreeMap::from([("owner", ada.clone())]),
            targets: BTreeMap::from([("owner", ada)]),
        };
        for role in &ROLES[1..] {
            for (users, name) in [
                (&mut fixture.actors, "actor"),
                (&mut fixture.targets, "target"),
            ] {
                let user = app.sign_up(&format!("{name}-{role}")).await;
                let roles = ["viewer", role, role];
                app.insert_member(&fixture.organization, &user, roles).await;
                users.insert(role, user);
            }
        }
        fixture
    }

    fn owner(&self) -> &TestUser {
        &self.actors["owner"]
    }

    fn invite_path(&self) -> String {
        let Self {
            organization,
            workspace,
            ..
        } = self;
        format!("/organizations/{organization}/workspaces/{workspace}/invite")
    }

    /// Every actor with every role and a target who has it.
    fn pairs(&self) -> impl Iterator<Item = (&'static str, &TestUser, &'static str, &TestUser)> {
        self.actors.iter().flat_map(move |(who, actor)| {
            ROLES
                .into_iter()
                .map(move |role| (*who, actor, role, &self.targets[role]))
        })
    }
}

/// Panics if the request does not succeed or fail as `expected`, or fails for
/// another reason than the actor's rank.
#[track_caller]
fn check_outcome(response: &Response, expected: bool, what: &str) {
    let status = response.status();
    let as_expected = match expected {
        true => matches!(status, 200 | 201),
        false => matches!(status, 400 | 403 | 410),
    };
    assert!(as_expected, "{what}: {expected} was expected: {response}");
    if !expected {
        let codes = [
            "insufficient_role",
            "owner_protected",
            "role_invalid",
            "forbidden_in_project",
            "invite_issuer_demoted",
            "link_issuer_demoted",
        ];
        assert!(codes.contains(&response.code()), "{what}: {response}");
    }
}

fn with_dry_run(path: &str) -> String {
    let separator = if path.contains('?') { '&' } else { '?' };
    format!("{path}{separator}dry_run=true")
}

async fn check_request(request: PendingRequest, expected: bool, what: String) {
    check_outcome(&request.await, expected, &what);
}

scenario!(
    roles_are_changed_only_by_higher_ranks,
    with_two_custom_roles,
    async |app| {
        let fixture = RankFixture::create(app).await;
        let workspace = &fixture.workspace;
        let roles_path = format!("/workspaces/{workspace}/roles");
        for (who, actor, role, target) in fixture.pairs() {
            for new in ROLES {
                let expected =
                    is_allowed(&MAY_ASSIGN, who, role) && is_allowed(&MAY_ASSIGN, who, new);
                let body = json!({
                    "email": target.email, "organization_id": fixture.organization, "role": new,
                });
                let request = actor.post(&with_dry_run(&roles_path), &body);
                check_request(request, expected, format!("{who} makes a {role} {new}")).await;
            }
            let path = format!(
                "{roles_path}?email={}&organization_id={}&role={role}",
                target.email, fixture.organization
            );
            let request = actor.delete(&with_dry_run(&path));
            check_request(
                request,
                is_allowed(&MAY_ASSIGN, who, role),
                format!("{who} takes {role}"),
            )
            .await;

            let path = format!("/workspaces/{workspace}/users?email={}", target.email);
            let request = actor.delete(&with_dry_run(&path));
            check_request(
                request,
                is_allowed(&MAY_REMOVE, who, role),
                format!("{who} removes a {role}"),
            )
            .await;

            let path = format!(
                "/organizations/{}/members/{}",
                fixture.organization, target.id
            );
            let request = actor.delete(&with_dry_run(&path));
            check_request(
                request,
                is_allowed(&MAY_REMOVE, who, role),
                format!("{who} expels a {role}"),
            )
            .await;

            // Every actor owns an organization elsewhere, which makes no difference.
            let path = format!(
                "/profile/reset-password?user_id={}&workspace_id={workspace}",
                target.id
            );
            // Other rules apply to the actor's own password.
            if actor.id != target.id {
                let request = actor.post_empty(&with_dry_run(&path));
                check_request(
                    request,
                    is_allowed(&MAY_RESET_PASSWORD, who, role),
                    format!("{who} resets a {role}"),
                )
                .await;
            }
        }
    }
);

scenario!(
    invitations_are_issued_only_by_higher_ranks,
    with_two_custom_roles,
    async |app| {
        let fixture = RankFixture::create(app).await;
        let organization = &fixture.organization;
        let invited = |role: &str| format!("{role}@invited.test");
        for role in &ROLES[1..] {
            let body = json!([{"email": invited(role), "roles": [role]}]);
            let sent = fixture.owner().post(&fixture.invite_path(), &body).await;
            sent.expect_status(200);
        }

        for (who, actor, role, _) in fixture.pairs() {
            let expected = is_allowed(&MAY_ASSIGN, who, role);
            let body = json!([{"email": "new@invited.test", "roles": [role]}]);
            let request = actor.post(&with_dry_run(&fixture.invite_path()), &body);
            check_request(request, expected, format!("{who} invites a {role}")).await;

            // There is no invitation as an owner to resend.
            if role != "owner" {
                let resend = format!("{}/resend", fixture.invite_path());
                let request = actor.post(&with_dry_run(&resend), &json!({"email": invited(role)}));
                check_request(request, expected, format!("{who} invites a {role} again")).await;
            }

            let path = format!("/organizations/{organization}/invitation-links");
            let request = actor.post(&with_dry_run(&path), &json!({"role": role}));
            check_request(
                request,
                expected,
                format!("{who} makes a link for a {role}"),
            )
            .await;
        }
        for (who, actor) in &fixture.actors {
            let rows =
                ROLES.map(|role| json!({"email": format!("{role}@many.test"), "role": role}));
            let path = format!("/organizations/{organization}/invitations");
            let response = actor.post(&with_dry_run(&path), &json!(rows)).await;
            let may = ROLES.map(|role| is_allowed(&MAY_ASSIGN, who, role));
            if !may.contains(&true) {
                check_outcome(&response, false, &format!("{who} invites many"));
                continue;
            }
            let response = response.expect_status(200);
            let rows = response.json()["invitations"].as_array().unwrap();
            let invited = |row: &Value| row["status"] == "invited";
            let invited: Vec<_> = rows.iter().map(invited).collect();
            assert_eq!(invited, may, "{who} invites many: {response}");
        }
    }
);

/// The value of a parameter of a link's query.
fn query_parameter(link: &str, name: &str) -> String {
    let (_, query) = link.split_once('?').unwrap();
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).unwrap().1.to_owned()
}

scenario!(
    issued_invitations_depend_on_the_issuers_current_rank,
    with_two_custom_roles,
    async |app| {
        let fixture = RankFixture::create(app).await;
        let organization = &fixture.organization;
        let mut issued = Vec::new();
        let links = format!("/organizations/{organization}/invitation-links");
        for role in &ROLES[1..] {
            let guest = app.sign_up(&format!("guest-{role}")).await;
            let body = json!([{"email": guest.email, "roles": [role]}]);
            let sent = fixture.owner().post(&fixture.invite_path(), &body).await;
            let token = query_parameter(&sent.expect_status(200).text_field("url"), "token");
            let link = fixture.owner().post(&links, &json!({"role": role})).await;
            let link = query_parameter(
                &link.expect_status(201).text_field("url"),
                "invitation_link",
            );
            issued.push((role, guest, token, link));
        }
        // The schema refuses the role `owner`.
        for table in ["project_invitations", "invitation_links"] {
            let by_hand = format!("UPDATE {table} SET role = 'owner'");
            app.db().execute(&by_hand).await.unwrap_err();
        }

        for (who, actor) in &fixture.actors {
            let issuer = app.sql_id(&actor.id);
            let set_issuer = format!(
                "UPDATE project_invitations SET issuer_id = {issuer};
                 UPDATE invitation_links SET issuer_id = {issuer}"
            );
            app.db().execute(&set_issuer).await.unwrap();
            for (role, guest, token, link) in &issued {
                let expected = is_allowed(&MAY_ASSIGN, who, role);
                let path = format!("{}/accept?project_id=any", fixture.invite_path());
                let body = json!({"token": token, "email": guest.email});
                let request = guest.post(&with_dry_run(&path), &body);
                check_request(request, expected, format!("{who} has invited a {role}")).await;

                let request = guest.post(
                    &with_dry_run("/invitation-links/accept"),
                    &json!({"token": link}),
                );
                check_request(
                    request,
                    expected,
                    format!("{who} has made a link for a {role}"),
                )
                .await;
            }
        }
    }
);
