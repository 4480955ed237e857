//! Who may give which role to whom, and act on whom: every pair of roles, on
//! every path that gives or touches one, against tables written by hand. All of
//! it is asked as a rehearsal, so that each question meets the same house.

use std::collections::BTreeMap;

use freehold_app::Settings;
use freehold_domain::{Level, RoleCatalog, RoleDefinition};
use freehold_testkit::{Answer, Ask, Person, TestApp, story};
use serde_json::{Value, json};

/// The columns of the tables. `ops` may do more than `developer` and less than
/// `admin`; `qa` may do something that only the owner may as well.
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

/// Who may do it (the rows) to or with which role (the columns, as above).
type Table = [(&'static str, &'static str); 8];

/// Giving a role, asking somebody to come as it, and taking it from a member.
const GIVES: Table = [
    ("owner", ". + + + + + + +"),
    ("admin", ". . + + + + + ."),
    ("ops", ". . . + + + + ."),
    ("developer", ". . . . . . . ."),
    ("editor", ". . . . . . . ."),
    ("annotator", ". . . . . . . ."),
    ("viewer", ". . . . . . . ."),
    ("qa", ". . . . . . + ."),
];

/// Taking a member out.
const REMOVES: Table = [
    ("owner", ". + + + + + + +"),
    ("admin", ". . + + + + + ."),
    ("ops", ". . . . . . . ."),
    ("developer", ". . . . . . . ."),
    ("editor", ". . . . . . . ."),
    ("annotator", ". . . . . . . ."),
    ("viewer", ". . . . . . . ."),
    ("qa", ". . . . . . . ."),
];

/// Making a link that sets a member's password.
const RESETS: Table = [
    ("owner", ". + + + + + + +"),
    ("admin", ". . + + + + + ."),
    ("ops", ". . . + + + + ."),
    ("developer", ". . . . . . . ."),
    ("editor", ". . . . . . . ."),
    ("annotator", ". . . . . . . ."),
    ("viewer", ". . . . . . . ."),
    ("qa", ". . . . . . . ."),
];

fn says(table: &Table, who: &str, role: &str) -> bool {
    let row = table.iter().find(|(name, _)| *name == who).unwrap().1;
    let column = ROLES.iter().position(|name| *name == role).unwrap();
    row.split(' ').nth(column).unwrap() == "+"
}

fn with_two_of_our_own(settings: &mut Settings) {
    let built_in = RoleCatalog::built_in();
    let and = |role: &str, more: &[&str]| -> Vec<String> {
        let role = built_in
            .find(Level::Project, role)
            .map(RoleDefinition::permissions_in_order);
        let names = role.unwrap().iter().map(|it| it.as_str());
        names
            .chain(more.iter().copied())
            .map(str::to_owned)
            .collect()
    };
    let manage = ["modify_user_roles", "add_new_user_to_workspace"];
    let ops = and("developer", &[&manage[..], &["reset_password"]].concat());
    let qa = and("viewer", &[&manage[..], &["edit_billing"]].concat());
    let overlay = json!({
        "ops": {"description": "Runs it.", "permissions": ops},
        "qa": {"description": "Tests it.", "permissions": qa},
    });
    settings.roles = RoleCatalog::configured(None, Some(&overlay)).unwrap();
}

/// Ada's organization, with somebody of each role who acts and somebody of each
/// role on whom they act. The owner is both.
struct AppState {
    organization: String,
    workspace: String,
    actors: BTreeMap<&'static str, Person>,
    targets: BTreeMap<&'static str, Person>,
}

impl AppState {
    async fn build(app: &TestApp) -> Self {
        let ada = app.person("ada").await;
        let organization = ada.home().await;
        let place = ada.projects().await[0].clone();
        let mut house = Self {
            organization,
            workspace: place["workspace_id"].as_str().unwrap().to_owned(),
            actors: BTreeMap::from([("owner", ada.clone())]),
            targets: BTreeMap::from([("owner", ada)]),
        };
        for role in &ROLES[1..] {
            for (people, name) in [(&mut house.actors, "actor"), (&mut house.targets, "target")] {
                let person = app.person(&format!("{name}-{role}")).await;
                let roles = ["viewer", role, role];
                app.adds_member(&house.organization, &person, roles).await;
                people.insert(role, person);
            }
        }
        house
    }

    fn owner(&self) -> &Person {
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

    /// Every actor, every role, and somebody who has it.
    fn pairs(&self) -> impl Iterator<Item = (&'static str, &Person, &'static str, &Person)> {
        self.actors.iter().flat_map(move |(who, actor)| {
            ROLES
                .into_iter()
                .map(move |role| (*who, actor, role, &self.targets[role]))
        })
    }
}

/// Yes or no, as the table says; and a no is no mistake of the question.
#[track_caller]
fn comes_out(answer: &Answer, expected: bool, what: &str) {
    let status = answer.status();
    let right = match expected {
        true => matches!(status, 200 | 201),
        false => matches!(status, 400 | 403 | 410),
    };
    assert!(right, "{what}: {expected} was expected: {answer}");
    if !expected {
        let known = [
            "insufficient_role",
            "owner_protected",
            "role_invalid",
            "forbidden_in_project",
            "invite_issuer_demoted",
            "link_issuer_demoted",
        ];
        assert!(known.contains(&answer.code()), "{what}: {answer}");
    }
}

fn rehearsed(path: &str) -> String {
    let mark = if path.contains('?') { '&' } else { '?' };
    format!("{path}{mark}dry_run=true")
}

async fn asks(ask: Ask, expected: bool, what: String) {
    comes_out(&ask.await, expected, &what);
}

story!(
    roles_are_given_taken_and_touched_from_above,
    with_two_of_our_own,
    async |app| {
        let house = AppState::build(app).await;
        let workspace = &house.workspace;
        let roles_path = format!("/workspaces/{workspace}/roles");
        for (who, actor, role, target) in house.pairs() {
            for new in ROLES {
                let expected = says(&GIVES, who, role) && says(&GIVES, who, new);
                let body = json!({
                    "email": target.email, "organization_id": house.organization, "role": new,
                });
                let ask = actor.post(&rehearsed(&roles_path), &body);
                asks(ask, expected, format!("{who} makes a {role} {new}")).await;
            }
            let path = format!(
                "{roles_path}?email={}&organization_id={}&role={role}",
                target.email, house.organization
            );
            let ask = actor.delete(&rehearsed(&path));
            asks(ask, says(&GIVES, who, role), format!("{who} takes {role}")).await;

            let path = format!("/workspaces/{workspace}/users?email={}", target.email);
            let ask = actor.delete(&rehearsed(&path));
            asks(
                ask,
                says(&REMOVES, who, role),
                format!("{who} removes a {role}"),
            )
            .await;

            let path = format!(
                "/organizations/{}/members/{}",
                house.organization, target.id
            );
            let ask = actor.delete(&rehearsed(&path));
            asks(
                ask,
                says(&REMOVES, who, role),
                format!("{who} expels a {role}"),
            )
            .await;

            // Whoever acts is their own owner elsewhere, which is no help here.
            let path = format!(
                "/profile/reset-password?user_id={}&workspace_id={workspace}",
                target.id
            );
            // Oneself is another matter.
            if actor.id != target.id {
                let ask = actor.post_nothing(&rehearsed(&path));
                asks(
                    ask,
                    says(&RESETS, who, role),
                    format!("{who} resets a {role}"),
                )
                .await;
            }
        }
    }
);

story!(
    people_are_asked_in_from_above,
    with_two_of_our_own,
    async |app| {
        let house = AppState::build(app).await;
        let organization = &house.organization;
        let invited = |role: &str| format!("{role}@invited.test");
        for role in &ROLES[1..] {
            let body = json!([{"email": invited(role), "roles": [role]}]);
            let sent = house.owner().post(&house.invite_path(), &body).await;
            sent.expect(200);
        }

        for (who, actor, role, _) in house.pairs() {
            let expected = says(&GIVES, who, role);
            let body = json!([{"email": "new@invited.test", "roles": [role]}]);
            let ask = actor.post(&rehearsed(&house.invite_path()), &body);
            asks(ask, expected, format!("{who} invites a {role}")).await;

            // Nobody is invited as an owner, so nobody is again.
            if role != "owner" {
                let resend = format!("{}/resend", house.invite_path());
                let ask = actor.post(&rehearsed(&resend), &json!({"email": invited(role)}));
                asks(ask, expected, format!("{who} invites a {role} again")).await;
            }

            let path = format!("/organizations/{organization}/invitation-links");
            let ask = actor.post(&rehearsed(&path), &json!({"role": role}));
            asks(ask, expected, format!("{who} makes a link for a {role}")).await;
        }
        for (who, actor) in &house.actors {
            let rows =
                ROLES.map(|role| json!({"email": format!("{role}@many.test"), "role": role}));
            let path = format!("/organizations/{organization}/invitations");
            let answer = actor.post(&rehearsed(&path), &json!(rows)).await;
            let may = ROLES.map(|role| says(&GIVES, who, role));
            if !may.contains(&true) {
                comes_out(&answer, false, &format!("{who} invites many"));
                continue;
            }
            let answer = answer.expect(200);
            let rows = answer.json()["invitations"].as_array().unwrap();
            let invited = |row: &Value| row["status"] == "invited";
            let invited: Vec<_> = rows.iter().map(invited).collect();
            assert_eq!(invited, may, "{who} invites many: {answer}");
        }
    }
);

/// What stands behind `name=` in a link.
fn in_link(link: &str, name: &str) -> String {
    let (_, query) = link.split_once('?').unwrap();
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(it, _)| *it == name).unwrap().1.to_owned()
}

story!(
    what_was_issued_is_worth_what_its_issuer_is_today,
    with_two_of_our_own,
    async |app| {
        let house = AppState::build(app).await;
        let organization = &house.organization;
        let mut waiting = Vec::new();
        let links = format!("/organizations/{organization}/invitation-links");
        for role in &ROLES[1..] {
            let guest = app.person(&format!("guest-{role}")).await;
            let body = json!([{"email": guest.email, "roles": [role]}]);
            let sent = house.owner().post(&house.invite_path(), &body).await;
            let token = in_link(&sent.expect(200).word("url"), "token");
            let link = house.owner().post(&links, &json!({"role": role})).await;
            let link = in_link(&link.expect(201).word("url"), "invitation_link");
            waiting.push((role, guest, token, link));
        }
        // Not even by hand is there one for `owner`.
        for table in ["project_invitations", "invitation_links"] {
            let by_hand = format!("UPDATE {table} SET role = 'owner'");
            app.db().raw(&by_hand).await.unwrap_err();
        }

        for (who, actor) in &house.actors {
            let issuer = app.sql(&actor.id);
            let by_them = format!(
                "UPDATE project_invitations SET issuer_id = {issuer};
                 UPDATE invitation_links SET issuer_id = {issuer}"
            );
            app.db().raw(&by_them).await.unwrap();
            for (role, guest, token, link) in &waiting {
                let expected = says(&GIVES, who, role);
                let path = format!("{}/accept?project_id=any", house.invite_path());
                let body = json!({"token": token, "email": guest.email});
                let ask = guest.post(&rehearsed(&path), &body);
                asks(ask, expected, format!("{who} has invited a {role}")).await;

                let ask = guest.post(
                    &rehearsed("/invitation-links/accept"),
                    &json!({"token": link}),
                );
                asks(ask, expected, format!("{who} has made a link for a {role}")).await;
            }
        }
    }
);
