//! Members of a workspace: who gives which role to whom. Taking them out is in
//! `remove`.

use freehold_testkit::{Person, Place, story};
use serde_json::json;

use super::{details_of_last, joins, roles};

const NO_RIGHT: &str =
    "You do not have permission to perform this action. Please contact your Organization Owner";
const ELSEWHERE: &str = "Workspace does not belong to the organization.";
const INVALID: &str = "Workspace role is invalid.";
const NOBODY: &str = "User not found.";
const NO_MEMBER: &str = "User is not a member of the workspace.";
const BAD_UUID: &str = "badly formed hexadecimal UUID string";
const NOWHERE: &str = "01900000-0000-7000-8000-000000000000";

story!(
    a_role_is_the_same_in_the_workspace_and_all_its_projects,
    async |app| {
        let ada = app.person("ada").await;
        let home = ada.place().await;
        let bob = joins(app, &home, "bob", "viewer").await;
        let second = ada.adds_project(&home, "Second").await.word("project_id");
        let key = async |path: &str| bob.post_nothing(path).await;
        key(&format!("/keys?project_id={second}")).await.expect(403);
        let given = ada.assigns(&home, "  BOB@Acme.test", "developer").await;
        given.expect_body(200, &json!(true));
        assert_eq!(roles(app, &home, &bob).await, ["developer"; 3]);
        assert_eq!(
            details_of_last(app, "member.role_changed").await,
            json!({"workspace": home.workspace, "from": "viewer", "to": "developer"})
        );
        // At once, for the session that is open and for keys.
        key(&format!("/keys?project_id={second}")).await.expect(200);
        let program = bob.adds_key_at(&format!("/keys?project_id={second}")).await;
        program.get("/keys").await.expect(200);
        // What they do not have is not taken from them.
        for role in ["admin", "viewer"] {
            ada.unassigns(&home, &bob.email, role)
                .await
                .expect_body(200, &json!(true));
            assert_eq!(roles(app, &home, &bob).await, ["developer"; 3]);
        }
        ada.unassigns(&home, &bob.email, "developer")
            .await
            .expect_body(200, &json!(true));
        assert_eq!(roles(app, &home, &bob).await, ["viewer"; 3]);
        program.get("/keys").await.expect(403);
        key("/keys").await.expect(200); // At home he is the owner.
        ada.assigns(&home, &bob.email, "admin").await.expect(200);
        assert_eq!(roles(app, &home, &bob).await, ["admin"; 3]);
        let shown = ada.members_of(&home.organization).await;
        assert_eq!(shown[1]["roles"][0]["role_name"], "admin");
    }
);

story!(the_answers_come_in_the_order_of_the_contract, async |app| {
    let ada = app.person("ada").await;
    let home = ada.place().await;
    let bob = joins(app, &home, "bob", "editor").await;
    let eve = app.person("eve").await;
    let foreign = eve.place().await;
    let mixed = |workspace: &str| Place {
        workspace: workspace.to_owned(),
        ..home.clone()
    };
    let both = async |who: &Person, place: &Place, email: &str, role: &str| {
        let given = who.assigns(place, email, role).await;
        let taken = who.unassigns(place, email, role).await;
        assert_eq!(given.status(), taken.status(), "{given}\n{taken}");
        assert_eq!(given.detail(), taken.detail(), "{given}\n{taken}");
        given
    };
    // 1: before everything else, also with a role that is none.
    for who in [&ada, &bob] {
        for workspace in [foreign.workspace.as_str(), NOWHERE] {
            let answer = both(who, &mixed(workspace), "nobody@acme.test", "boss").await;
            answer.expect_detail(400, ELSEWHERE);
        }
    }
    // 2: before the role is looked at. Outside of the organization nothing is
    // different for what is there and what is not.
    for role in ["boss", "viewer"] {
        for email in [&ada.email, &bob.email, "nobody@acme.test"] {
            both(&bob, &home, email, role)
                .await
                .expect_detail(403, NO_RIGHT);
            for workspace in [home.workspace.as_str(), NOWHERE] {
                let answer = both(&eve, &mixed(workspace), email, role).await;
                answer.expect_detail(403, NO_RIGHT);
            }
        }
    }
    // 3: before the person is.
    for role in ["boss", "Editor"] {
        both(&ada, &home, "nobody@acme.test", role)
            .await
            .expect_detail(400, INVALID);
    }
    for role in ["", "owner"] {
        ada.assigns(&home, &bob.email, role)
            .await
            .expect_detail(400, INVALID);
    }
    // 4, 5, 6.
    let owner = both(&ada, &home, &ada.email, "admin").await;
    owner.expect_detail(403, json!({"message": NO_RIGHT}));
    both(&ada, &home, "nobody@acme.test", "admin")
        .await
        .expect_detail(404, NOBODY);
    both(&ada, &home, &eve.email, "admin")
        .await
        .expect_detail(404, NO_MEMBER);
    assert_eq!(roles(app, &home, &bob).await, ["editor"; 2]);
});

story!(what_has_no_shape_is_said_by_its_name, async |app| {
    let ada = app.person("ada").await;
    let home = ada.place().await;
    let nonsense = Place {
        workspace: "nonsense".to_owned(),
        ..home.clone()
    };
    ada.assigns(&nonsense, "bob@acme.test", "editor")
        .await
        .expect_detail(400, BAD_UUID);
    ada.removes(&nonsense, "bob@acme.test")
        .await
        .expect_detail(400, BAD_UUID);
    let path = format!("/workspaces/{}/roles", home.workspace);
    let body = json!({"email": "bob", "organization_id": "x"});
    let answer = ada.post(&path, &body).await.expect(422);
    let places: Vec<_> = answer
        .detail()
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["loc"].clone())
        .collect();
    assert_eq!(
        places,
        [
            json!(["body", "email"]),
            json!(["body", "organization_id"]),
            json!(["body", "role"])
        ]
    );
    let answer = ada
        .delete(&format!("{path}?email=bob&organization_id=x"))
        .await
        .expect(422);
    let places: Vec<_> = answer
        .detail()
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["loc"].clone())
        .collect();
    assert_eq!(
        places,
        [
            json!(["query", "email"]),
            json!(["query", "organization_id"]),
            json!(["query", "role"])
        ]
    );
    for query in ["", "?email=bob", "?email="] {
        let path = format!("/workspaces/{}/users{query}", home.workspace);
        let answer = ada.delete(&path).await.expect(422);
        assert_eq!(answer.detail()[0]["loc"], json!(["query", "email"]));
    }
});

/// From the bottom to the top; nobody gives the last one.
const LADDER: [&str; 6] = [
    "viewer",
    "annotator",
    "editor",
    "developer",
    "admin",
    "owner",
];

story!(
    nobody_gives_or_touches_what_is_not_below_them,
    async |app| {
        let ada = app.person("ada").await;
        let home = ada.place().await;
        let mut people = Vec::new();
        for role in &LADDER[..5] {
            people.push(joins(app, &home, role, role).await);
        }
        let rung = |role: &str| LADDER.iter().position(|it| *it == role).unwrap();
        let other = joins(app, &home, "other", "viewer").await;
        // The owner puts the other on each rung; then everybody tries each role.
        for on in &LADDER[..5] {
            for (giver, own) in people.iter().zip(LADDER).chain([(&ada, "owner")]) {
                for role in LADDER {
                    ada.assigns(&home, &other.email, on).await.expect(200);
                    let may = rung(own) >= rung("admin")
                        && rung(on) < rung(own)
                        && rung(role) < rung(own);
                    let answer = giver.assigns(&home, &other.email, role).await;
                    let expected = match () {
                        () if may => 200,
                        () if role == "owner" && rung(own) >= rung("admin") => 400,
                        () => 403,
                    };
                    assert_eq!(answer.status(), expected, "{own} {on} {role}: {answer}");
                    let now = if may { role } else { on };
                    assert_eq!(roles(app, &home, &other).await, [now; 2]);
                }
                // Taking away is touching, too.
                ada.assigns(&home, &other.email, on).await.expect(200);
                let may = rung(own) >= rung("admin") && rung(on) < rung(own);
                let answer = giver.unassigns(&home, &other.email, on).await;
                assert_eq!(answer.status() == 200, may, "{own} {on}: {answer}");
            }
        }
        // Nobody changes their own, up or down.
        for (who, own) in people.iter().zip(LADDER) {
            for role in &LADDER[..5] {
                let answer = who.assigns(&home, &who.email, role).await;
                answer.expect_detail(403, NO_RIGHT);
            }
            assert_eq!(roles(app, &home, who).await, [own; 2]);
        }
    }
);

story!(
    an_owner_by_a_row_alone_is_below_the_one_owner,
    async |app| {
        let ada = app.person("ada").await;
        let home = ada.place().await;
        let former = joins(app, &home, "former", "owner").await;
        let admin = joins(app, &home, "admin", "admin").await;
        admin
            .assigns(&home, &former.email, "viewer")
            .await
            .expect_detail(403, NO_RIGHT);
        admin
            .removes(&home, &former.email)
            .await
            .expect_detail(403, NO_RIGHT);
        former
            .assigns(&home, &admin.email, "viewer")
            .await
            .expect(200);
        let answer = former.removes(&home, &ada.email).await;
        answer.expect_detail(403, json!({"message": NO_RIGHT}));
        ada.unassigns(&home, &former.email, "owner")
            .await
            .expect(200);
        assert_eq!(roles(app, &home, &former).await, ["viewer"; 2]);
    }
);

story!(
    a_change_of_role_can_be_rehearsed_and_repeated,
    async |app| {
        let ada = app.person("ada").await;
        let home = ada.place().await;
        let bob = joins(app, &home, "bob", "viewer").await;
        let path = format!("/workspaces/{}/roles", home.workspace);
        let body = |role: &str| json!({"email": bob.email, "organization_id": home.organization, "role": role});
        let rehearsed = ada
            .post(&format!("{path}?dry_run=true"), &body("admin"))
            .await
            .expect(200);
        assert_eq!(rehearsed.header("x-dry-run"), Some("true"));
        assert_eq!(*rehearsed.json(), json!(true));
        assert_eq!(roles(app, &home, &bob).await, ["viewer"; 2]);
        let once = async |role: &str| {
            ada.post(&path, &body(role))
                .header("idempotency-key", "r-1")
                .await
        };
        once("editor").await.expect(200);
        ada.assigns(&home, &bob.email, "developer")
            .await
            .expect(200);
        assert_eq!(
            once("editor").await.header("idempotency-replayed"),
            Some("true")
        );
        assert_eq!(roles(app, &home, &bob).await, ["developer"; 2]);
        once("admin").await.expect(409);
    }
);

story!(
    an_operator_adds_whom_they_like_as_what_they_like,
    async |app| {
        let ada = app.person("ada").await;
        let home = ada.place().await;
        ada.adds_project(&home, "Second").await.expect(201);
        let second = ada.adds_workspace(&home.organization, "Second").await;
        let bob = app.person("bob").await;
        let adds = async |organization: &str, email: &str, role: &str| {
            let (organization, email) = (organization.parse().unwrap(), email.parse().unwrap());
            let call = freehold_app::RequestContext::default();
            let app = app.app();
            app.add_member("a story", &call, organization, &email, role)
                .await
                .map(|done| done.answer.email)
                .map_err(|failure| failure.to_string())
        };
        let organization = home.organization.as_str();
        for (to, email, role, why) in [
            (organization, bob.email.as_str(), "boss", INVALID),
            (
                organization,
                bob.email.as_str(),
                "owner",
                "You do not have permission to perform this action",
            ),
            (organization, "nobody@acme.test", "viewer", "User not found"),
            (NOWHERE, bob.email.as_str(), "viewer", "Not Found"),
            (
                organization,
                ada.email.as_str(),
                "viewer",
                "This person is a member of the organization already.",
            ),
        ] {
            assert_eq!(adds(to, email, role).await, Err(why.to_owned()));
        }
        adds(organization, &bob.email, "editor").await.unwrap();
        assert_eq!(roles(app, &home, &bob).await, ["editor"; 3]);
        assert_eq!(roles(app, &second, &bob).await, Vec::<String>::new());
        adds(organization, &bob.email, "viewer").await.unwrap_err();
        // Whoever is in the organization by another workspace comes in here, too.
        ada.removes(&home, &bob.email).await.expect(200);
        adds(organization, &bob.email, "admin").await.unwrap();
        assert_eq!(roles(app, &home, &bob).await, ["admin"; 3]);
    }
);
