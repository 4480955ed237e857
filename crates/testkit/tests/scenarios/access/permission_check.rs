//! Services ask whether their caller may do something, and act for them with
//! what they get: for a quarter of an hour, in one project, and no longer than
//! the person is in it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use freehold_app::{ServiceKey, Settings};
use freehold_domain::AllowedOwners;
use freehold_testkit::{Answer, Client, Person, TestApp, story};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

const ADMIN_KEY: &str = "the admin key of these stories, long enough";
const QUARTER: Duration = Duration::from_secs(15 * 60);
const RUN: &str = "action=run_service&resource_type=service";

fn keyed(settings: &mut Settings) {
    settings.service_key = ServiceKey::of_admin_key(ADMIN_KEY);
}

/// Asks, and is allowed to; a service with what it got.
async fn service_of(who: &Client, query: &str) -> (Client, Value) {
    let path = format!("/access/permissions/check?{query}");
    let answer = who.get(&path).await.expect(200);
    assert_eq!(answer.json()["effect"], "allow");
    assert_eq!(answer.json().as_object().unwrap().len(), 2, "{answer}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let credentials = answer.word("credentials");
    let token = credentials.strip_prefix("Secret ").unwrap();
    let header = jsonwebtoken::decode_header(token).unwrap();
    assert_eq!(header.alg, Algorithm::HS256);
    let claims = token.split('.').nth(1).unwrap();
    let claims = URL_SAFE_NO_PAD.decode(claims).unwrap();
    (
        who.with(credentials.clone()),
        serde_json::from_slice(&claims).unwrap(),
    )
}

async fn makes_evaluator(who: &Client) -> Answer {
    let evaluator = json!({"evaluator": {"slug": "by-a-service", "name": "Made by a service"}});
    who.post("/simple/evaluators/", &evaluator).await
}

async fn refuses(who: &Client, query: &str) {
    let path = format!("/access/permissions/check?{query}");
    let answer = who.get(&path).await;
    assert_eq!(answer.code(), "not_permitted", "{query}");
    answer.expect_detail(403, "Forbidden");
}

/// Ada at home, and as a viewer in Bob's organization: both projects.
async fn neighbours(app: &TestApp) -> (Person, Person, Value, Value) {
    let ada = app.person("ada").await;
    let bob = app.person("bob").await;
    app.adds_member(&bob.home().await, &ada, ["viewer"; 3])
        .await;
    let projects = ada.projects().await;
    (ada, bob, projects[0].clone(), projects[1].clone())
}

fn id<'a>(project: &'a Value, of: &str) -> &'a str {
    project[format!("{of}_id")].as_str().unwrap()
}

story!(a_yes_comes_with_the_contracts_claims, keyed, async |app| {
    let (ada, _, home, _) = neighbours(app).await;
    let before = app.clock().seconds();
    let (_, claims) = service_of(&ada, RUN).await;
    let exp = claims["exp"].as_i64().unwrap();
    assert!((before + 900..before + 905).contains(&exp), "{claims}");
    assert_eq!(
        claims,
        json!({
            "user_id": ada.id, "user_email": ada.email, "exp": exp,
            "project_id": id(&home, "project"), "workspace_id": id(&home, "workspace"),
            "organization_id": id(&home, "organization"),
            "organization_name": ada.organizations().await[0]["name"],
        })
    );
    // A question leaves no trace.
    let events = app.db().number("SELECT count(*) FROM audit_events").await;
    service_of(&ada, RUN).await;
    refuses(&ada, "").await;
    let after = app.db().number("SELECT count(*) FROM audit_events").await;
    assert_eq!(after, events);
});

story!(a_no_is_always_the_same, keyed, async |app| {
    let (ada, bob, home, other) = neighbours(app).await;
    let here = |of: &str| format!("{RUN}&scope_type={of}&scope_id={}", id(&home, of));
    for good in [
        RUN.to_owned(),
        here("project"),
        here("workspace"),
        here("organization"),
        here("project").to_uppercase().replace(
            "ACTION=RUN_SERVICE&RESOURCE_TYPE=SERVICE&SCOPE_TYPE=PROJECT&SCOPE_ID",
            &format!("{RUN}&scope_type=project&scope_id"),
        ),
        format!("{RUN}&resource_id=anything"),
        "action=view_secret&resource_type=local_secrets".to_owned(),
        "action=delete_organization&resource_type=service".to_owned(),
        format!("{RUN}&project_id={}", id(&other, "project")),
        format!(
            "{RUN}&workspace_id={0}&scope_type=workspace&scope_id={0}",
            id(&other, "workspace")
        ),
    ] {
        service_of(&ada, &good).await;
    }
    let theirs = format!("project_id={}", id(&other, "project"));
    for bad in [
        String::new(),
        "action=run_service".to_owned(),
        "resource_type=service".to_owned(),
        "action=fly&resource_type=service".to_owned(),
        "action=&resource_type=service".to_owned(),
        "action=*&resource_type=service".to_owned(),
        "action=RUN_SERVICE&resource_type=service".to_owned(),
        "action=run_service&resource_type=application".to_owned(),
        "action=run_service&resource_type=".to_owned(),
        format!("{RUN}&scope_type=project"),
        format!("{RUN}&scope_id={}", id(&home, "project")),
        format!("{RUN}&scope_type=team&scope_id={}", id(&home, "project")),
        format!("{RUN}&scope_type=project&scope_id=nonsense"),
        format!(
            "{RUN}&scope_type=project&scope_id={}",
            id(&home, "workspace")
        ),
        format!(
            "{RUN}&scope_type=project&scope_id={}",
            id(&other, "project")
        ),
        format!(
            "{RUN}&{theirs}&scope_type=project&scope_id={}",
            id(&home, "project")
        ),
        // As a viewer.
        format!("action=edit_testsets&resource_type=service&{theirs}"),
    ] {
        refuses(&ada, &bad).await;
    }
    service_of(&bob, "action=edit_testsets&resource_type=service").await;
    let unknown = format!("{RUN}&project_id=null");
    ada.get(&format!("/access/permissions/check?{unknown}"))
        .await
        .expect_detail(401, "Unauthorized");
    let stranger = app.stranger().get("/access/permissions/check").await;
    stranger.expect_detail(401, json!({"message": "Unauthorized"}));
});

story!(
    whoever_is_in_no_project_is_refused_and_not_unknown,
    |settings: &mut Settings| {
        settings.owners = AllowedOwners::only(["bob@acme.test".parse().unwrap()]);
    },
    async |app| {
        let ada = app.person("ada").await;
        refuses(&ada, RUN).await;
        let bob = app.person("bob").await;
        service_of(&bob, RUN).await;
    }
);

story!(a_service_works_where_its_token_says, keyed, async |app| {
    let (ada, _, home, other) = neighbours(app).await;
    let there = format!("{RUN}&project_id={}", id(&other, "project"));
    let (at_home, _) = service_of(&ada, RUN).await;
    let (abroad, claims) = service_of(&ada, &there).await;
    for (service, project) in [(&at_home, &home), (&abroad, &other)] {
        for query in ["", "?project_id=null", "?workspace_id=nonsense"] {
            let current = service.get(&format!("/projects/current{query}")).await;
            current.expect_body(200, project);
        }
    }
    // With the rights that the person has there.
    makes_evaluator(&at_home).await.expect(200);
    makes_evaluator(&abroad).await.expect(403);
    at_home.get("/profile").await.expect(200);
    // The audit trail tells it from the person.
    let by_service = "SELECT count(*) FROM audit_events WHERE actor_kind = 'service'";
    assert_eq!(
        app.db().number(by_service).await,
        2,
        "one made and a refusal"
    );
    // As a key may, and as its person would see it.
    let seen = at_home.get("/organizations/").await.expect(200);
    assert_eq!(seen.json().as_array().unwrap(), &ada.organizations().await);
    // A session's own doors are not for it.
    let refreshed = at_home.post_nothing("/auth/session/refresh").await;
    refreshed.expect(401);
    at_home.post_nothing("/auth/signout").await.expect(200);
    ada.get("/profile").await.expect(200);
    // Asking again with it gives one that ends when it does.
    app.clock().pass(QUARTER / 2);
    let (again, later) = service_of(&abroad, RUN).await;
    assert_eq!(later["exp"], claims["exp"]);
    app.clock().pass(QUARTER / 2);
    let answer = again.get("/profile").await;
    assert_eq!(answer.code(), "service_token_expired");
});

story!(
    a_token_ends_after_a_quarter_of_an_hour,
    keyed,
    async |app| {
        let ada = app.person("ada").await;
        let (service, _) = service_of(&ada, RUN).await;
        app.clock().pass(QUARTER - Duration::from_secs(5));
        service.get("/profile").await.expect(200);
        app.clock().pass(Duration::from_secs(5));
        let ended = json!({"message": "Unauthorized", "reason": "expired_signature"});
        service
            .get("/profile")
            .await
            .expect_detail(401, ended.clone());
        service.get("/nowhere").await.expect_detail(401, ended);
    }
);

story!(
    what_nobody_of_ours_has_signed_opens_nothing,
    keyed,
    async |app| {
        let ada = app.person("ada").await;
        let (service, claims) = service_of(&ada, RUN).await;
        service.get("/profile").await.expect(200);
        let sign = |key: &str, algorithm, claims: &Value| {
            let key = EncodingKey::from_secret(key.as_bytes());
            jsonwebtoken::encode(&Header::new(algorithm), claims, &key).unwrap()
        };
        let unsigned = format!(
            "{}.{}.",
            URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"none"}"#),
            URL_SAFE_NO_PAD.encode(claims.to_string()),
        );
        for forged in [
            // The admin key opens what it opens, and signs nothing.
            sign(ADMIN_KEY, Algorithm::HS256, &claims),
            sign("replace-me", Algorithm::HS256, &claims),
            sign("", Algorithm::HS512, &claims),
            unsigned,
            ada.access.clone(),
            "nonsense".to_owned(),
        ] {
            let answer = app
                .stranger()
                .with(format!("Secret {forged}"))
                .get("/profile")
                .await;
            answer.expect_detail(
                401,
                json!({"message": "Unauthorized", "reason": "invalid_token"}),
            );
        }
        // Nor does the token open anything as something else.
        let credentials = ada.get(&format!("/access/permissions/check?{RUN}")).await;
        let token = credentials.word("credentials").replace("Secret ", "");
        for scheme in ["Bearer", "ApiKey", "Access"] {
            let client = app.stranger().with(format!("{scheme} {token}"));
            client.get("/profile").await.expect(401);
        }
        // Another admin key, and all of them have ended.
        app.restart(|settings| settings.service_key = ServiceKey::of_admin_key("another"))
            .await;
        service.get("/profile").await.expect(401);
        app.restart(keyed).await;
        service.get("/profile").await.expect(200);
    }
);

story!(
    what_is_taken_away_is_taken_from_services_too,
    keyed,
    async |app| {
        let (ada, bob, _, other) = neighbours(app).await;
        let there = format!("{RUN}&project_id={}", id(&other, "project"));
        let (service, _) = service_of(&ada, &there).await;
        let (of_bob, _) = service_of(&bob, RUN).await;
        let user = app.sql(&ada.id);
        let sets = async |role: &str| {
            let sql = format!(
                "UPDATE project_members SET role = '{role}' WHERE user_id = {user}
                AND project_id = {}",
                app.sql(id(&other, "project"))
            );
            app.db().raw(&sql).await.unwrap();
        };
        sets("developer").await;
        makes_evaluator(&service).await.expect(200);
        sets("viewer").await;
        makes_evaluator(&service).await.expect(403);
        let removed = format!(
            "DELETE FROM organization_members WHERE user_id = {user} AND organization_id = {}",
            app.sql(id(&other, "organization"))
        );
        app.db().raw(&removed).await.unwrap();
        let answer = service.get("/profile").await;
        answer.expect_detail(401, json!({"message": "Unauthorized"}));
        // A project that is gone, and a person who is.
        of_bob.get("/profile").await.expect(200);
        let second = bob.founds("Second").await;
        let first = id(&other, "organization");
        assert_ne!(second, first);
        bob.deletes(first).await.expect(200);
        of_bob.get("/profile").await.expect(401);
    }
);

story!(
    a_service_leaves_nothing_that_outlasts_it,
    keyed,
    async |app| {
        let ada = app.person("ada").await;
        let place = ada.place_in(&ada.home().await).await;
        let (service, _) = service_of(&ada, RUN).await;
        let name = json!({"name": "Mine"});
        let before = app.db().row_counts().await;
        let organization = format!("/organizations/{}", ada.home().await);
        let link = format!("{organization}/invitation-links");
        let role = format!("/workspaces/{}/roles", place.workspace);
        let member = json!({
            "email": ada.email, "role": "editor", "organization_id": place.organization,
        });
        for ask in [
            service.post_nothing("/keys"),
            service.delete("/keys/AAAAAAAA"),
            service.post("/organizations/", &name),
            service.ask("PATCH", &organization).json(&name),
            service.delete(&organization),
            service.post(&link, &json!({})),
            service.post(&role, &member),
            service.post("/projects/", &name),
            service
                .ask("PUT", "/profile/username")
                .json(&json!({"username": "mine"})),
        ] {
            let answer = ask.await;
            assert_eq!(answer.code(), "not_permitted", "{answer}");
            answer.expect_detail(403, "Forbidden");
        }
        let mut after = app.db().row_counts().await;
        let kept = after.insert("audit_events".to_owned(), before["audit_events"]);
        assert_eq!(
            kept,
            Some(before["audit_events"] + 9),
            "each with its trace"
        );
        assert_eq!(after, before);
        let traced = "SELECT count(*) FROM audit_events WHERE actor_kind = 'service'
        AND refused = 'not_permitted' AND CAST(details AS TEXT) LIKE '%service_may%'";
        assert_eq!(app.db().number(traced).await, 9);

        // Nor is it told what its person was.
        let again = |who: &Client| {
            let ask = who.post_nothing("/keys");
            ask.header("idempotency-key", "key-1")
        };
        let key = again(&ada).await.expect(200);
        assert_eq!(again(&ada).await.expect(200).text(), key.text());
        let told = again(&service).await;
        assert_eq!(told.code(), "not_permitted", "{told}");
        // The person, and what a project contains, are as open as before.
        makes_evaluator(&service).await.expect(200);
        ada.deletes(&ada.founds("Another").await).await.expect(200);
    }
);

story!(a_key_asks_for_its_own_project, keyed, async |app| {
    let (ada, _, home, other) = neighbours(app).await;
    let key = ada.adds_key().await;
    let elsewhere = format!("{RUN}&project_id={}", id(&other, "project"));
    for query in [RUN, &elsewhere] {
        let (_, claims) = service_of(&key, query).await;
        assert_eq!(claims["project_id"], id(&home, "project"));
    }
});
