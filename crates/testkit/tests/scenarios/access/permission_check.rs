//! The permission check of services, and the token that it returns: a service acts
//! with it for the caller, for 15 minutes, in one project, and only while the
//! caller is a member of it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use freehold_app::{ServiceKey, Settings};
use freehold_domain::AllowedOwners;
use freehold_testkit::{Client, Response, TestApp, TestUser, scenario};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

const ADMIN_KEY: &str = "the admin key of these scenarios, long enough";
const TOKEN_LIFETIME: Duration = Duration::from_secs(15 * 60);
const RUN_SERVICE: &str = "action=run_service&resource_type=service";

fn with_service_key(settings: &mut Settings) {
    settings.service_key = ServiceKey::derive_from_admin_key(ADMIN_KEY);
}

/// Checks a permission, which is allowed; returns a client with the service token,
/// and the token's claims.
async fn service_token_for(who: &Client, query: &str) -> (Client, Value) {
    let path = format!("/access/permissions/check?{query}");
    let response = who.get(&path).await.expect_status(200);
    assert_eq!(response.json()["effect"], "allow");
    assert_eq!(response.json().as_object().unwrap().len(), 2, "{response}");
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let credentials = response.text_field("credentials");
    let token = credentials.strip_prefix("Secret ").unwrap();
    let header = jsonwebtoken::decode_header(token).unwrap();
    assert_eq!(header.alg, Algorithm::HS256);
    let claims = token.split('.').nth(1).unwrap();
    let claims = URL_SAFE_NO_PAD.decode(claims).unwrap();
    (
        who.with_authorization(credentials.clone()),
        serde_json::from_slice(&claims).unwrap(),
    )
}

async fn create_evaluator(who: &Client) -> Response {
    let evaluator = json!({"evaluator": {"slug": "by-a-service", "name": "Made by a service"}});
    who.post("/simple/evaluators/", &evaluator).await
}

async fn expect_refused(who: &Client, query: &str) {
    let path = format!("/access/permissions/check?{query}");
    let response = who.get(&path).await;
    assert_eq!(response.code(), "not_permitted", "{query}");
    response.expect_detail(403, "Forbidden");
}

scenario!(
    unknown_permission_is_refused_with_the_closest,
    async |app| {
        let ada = app.sign_up("ada").await;
        let list = "GET /workspaces/permissions lists them";
        for (action, suggestion) in [
            ("view_testset", "did you mean view_testsets?"),
            ("run-service", "did you mean run_service?"),
            ("RUN_SERVICE", list),
            ("fly", list),
            ("*", list),
            ("", list),
        ] {
            let path = format!("/access/permissions/check?action={action}&resource_type=service");
            let response = ada.get(&path).await;
            let reason = response.text_field("reason");
            assert!(reason.ends_with(suggestion), "{action}: {reason}");
            assert_eq!(response.code(), "unknown_permission", "{action}");
            response.expect_detail(403, "Forbidden");
        }
    }
);

/// Ada and Bob with Ada's own project and Bob's project, where Ada is a viewer.
async fn two_projects(app: &TestApp) -> (TestUser, TestUser, Value, Value) {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    app.insert_member(&bob.only_organization_id().await, &ada, ["viewer"; 3])
        .await;
    let projects = ada.projects().await;
    (ada, bob, projects[0].clone(), projects[1].clone())
}

fn id<'a>(project: &'a Value, of: &str) -> &'a str {
    project[format!("{of}_id")].as_str().unwrap()
}

scenario!(
    allowed_check_returns_the_documented_claims,
    with_service_key,
    async |app| {
        let (ada, _, home, _) = two_projects(app).await;
        let before = app.clock().seconds();
        let (_, claims) = service_token_for(&ada, RUN_SERVICE).await;
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
        // A check records no audit event.
        let events = app
            .db()
            .query_number("SELECT count(*) FROM audit_events")
            .await;
        service_token_for(&ada, RUN_SERVICE).await;
        expect_refused(&ada, "").await;
        let after = app
            .db()
            .query_number("SELECT count(*) FROM audit_events")
            .await;
        assert_eq!(after, events);
    }
);

scenario!(
    refused_checks_are_indistinguishable,
    with_service_key,
    async |app| {
        let (ada, bob, home, other) = two_projects(app).await;
        let here = |of: &str| format!("{RUN_SERVICE}&scope_type={of}&scope_id={}", id(&home, of));
        for good in [
            RUN_SERVICE.to_owned(),
            here("project"),
            here("workspace"),
            here("organization"),
            here("project").to_uppercase().replace(
                "ACTION=RUN_SERVICE&RESOURCE_TYPE=SERVICE&SCOPE_TYPE=PROJECT&SCOPE_ID",
                &format!("{RUN_SERVICE}&scope_type=project&scope_id"),
            ),
            format!("{RUN_SERVICE}&resource_id=anything"),
            "action=view_secret&resource_type=local_secrets".to_owned(),
            "action=delete_organization&resource_type=service".to_owned(),
            format!("{RUN_SERVICE}&project_id={}", id(&other, "project")),
            format!(
                "{RUN_SERVICE}&workspace_id={0}&scope_type=workspace&scope_id={0}",
                id(&other, "workspace")
            ),
        ] {
            service_token_for(&ada, &good).await;
        }
        let theirs = format!("project_id={}", id(&other, "project"));
        for bad in [
            String::new(),
            "action=run_service".to_owned(),
            "resource_type=service".to_owned(),
            "action=run_service&resource_type=application".to_owned(),
            "action=run_service&resource_type=".to_owned(),
            format!("{RUN_SERVICE}&scope_type=project"),
            format!("{RUN_SERVICE}&scope_id={}", id(&home, "project")),
            format!(
                "{RUN_SERVICE}&scope_type=team&scope_id={}",
                id(&home, "project")
            ),
            format!("{RUN_SERVICE}&scope_type=project&scope_id=nonsense"),
            format!(
                "{RUN_SERVICE}&scope_type=project&scope_id={}",
                id(&home, "workspace")
            ),
            format!(
                "{RUN_SERVICE}&scope_type=project&scope_id={}",
                id(&other, "project")
            ),
            format!(
                "{RUN_SERVICE}&{theirs}&scope_type=project&scope_id={}",
                id(&home, "project")
            ),
            // As a viewer.
            format!("action=edit_testsets&resource_type=service&{theirs}"),
        ] {
            expect_refused(&ada, &bad).await;
        }
        service_token_for(&bob, "action=edit_testsets&resource_type=service").await;
        let unknown = format!("{RUN_SERVICE}&project_id=null");
        ada.get(&format!("/access/permissions/check?{unknown}"))
            .await
            .expect_detail(401, "Unauthorized");
        let anonymous = app.anonymous().get("/access/permissions/check").await;
        anonymous.expect_detail(401, json!({"message": "Unauthorized"}));
    }
);

scenario!(
    user_without_project_gets_403,
    |settings: &mut Settings| {
        settings.allowed_owners = AllowedOwners::only(["bob@acme.test".parse().unwrap()]);
    },
    async |app| {
        let ada = app.sign_up("ada").await;
        expect_refused(&ada, RUN_SERVICE).await;
        let bob = app.sign_up("bob").await;
        service_token_for(&bob, RUN_SERVICE).await;
    }
);

scenario!(
    service_token_is_bound_to_its_project,
    with_service_key,
    async |app| {
        let (ada, _, home, other) = two_projects(app).await;
        let there = format!("{RUN_SERVICE}&project_id={}", id(&other, "project"));
        let (in_own_project, _) = service_token_for(&ada, RUN_SERVICE).await;
        let (in_other_project, claims) = service_token_for(&ada, &there).await;
        for (service, project) in [(&in_own_project, &home), (&in_other_project, &other)] {
            for query in ["", "?project_id=null", "?workspace_id=nonsense"] {
                let current = service.get(&format!("/projects/current{query}")).await;
                current.expect_body(200, project);
            }
        }
        // With the user's permissions in that project.
        create_evaluator(&in_own_project).await.expect_status(200);
        create_evaluator(&in_other_project).await.expect_status(403);
        in_own_project.get("/profile").await.expect_status(200);
        // The audit log tells the service from the user.
        let by_service = "SELECT count(*) FROM audit_events WHERE actor_kind = 'service'";
        assert_eq!(
            app.db().query_number(by_service).await,
            2,
            "one creation and one refusal"
        );
        // Like a key, it lists the organizations of its user.
        let listed = in_own_project
            .get("/organizations/")
            .await
            .expect_status(200);
        assert_eq!(
            listed.json().as_array().unwrap(),
            &ada.organizations().await
        );
        // It cannot refresh or end a session.
        let refreshed = in_own_project.post_empty("/auth/session/refresh").await;
        refreshed.expect_status(401);
        in_own_project
            .post_empty("/auth/signout")
            .await
            .expect_status(200);
        ada.get("/profile").await.expect_status(200);
        // A check with the token returns a token that expires at the same time.
        app.clock().advance(TOKEN_LIFETIME / 2);
        let (again, later) = service_token_for(&in_other_project, RUN_SERVICE).await;
        assert_eq!(later["exp"], claims["exp"]);
        app.clock().advance(TOKEN_LIFETIME / 2);
        let response = again.get("/profile").await;
        assert_eq!(response.code(), "service_token_expired");
    }
);

scenario!(
    service_token_expires_after_15_minutes,
    with_service_key,
    async |app| {
        let ada = app.sign_up("ada").await;
        let (service, _) = service_token_for(&ada, RUN_SERVICE).await;
        app.clock().advance(TOKEN_LIFETIME - Duration::from_secs(5));
        service.get("/profile").await.expect_status(200);
        app.clock().advance(Duration::from_secs(5));
        let ended = json!({"message": "Unauthorized", "reason": "expired_signature"});
        service
            .get("/profile")
            .await
            .expect_detail(401, ended.clone());
        service.get("/nowhere").await.expect_detail(401, ended);
    }
);

scenario!(
    forged_service_tokens_are_refused,
    with_service_key,
    async |app| {
        let ada = app.sign_up("ada").await;
        let (service, claims) = service_token_for(&ada, RUN_SERVICE).await;
        service.get("/profile").await.expect_status(200);
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
            // The admin key itself is not the signing key.
            sign(ADMIN_KEY, Algorithm::HS256, &claims),
            sign("replace-me", Algorithm::HS256, &claims),
            sign("", Algorithm::HS512, &claims),
            unsigned,
            ada.access_token.clone(),
            "nonsense".to_owned(),
        ] {
            let response = app
                .anonymous()
                .with_authorization(format!("Secret {forged}"))
                .get("/profile")
                .await;
            response.expect_detail(
                401,
                json!({"message": "Unauthorized", "reason": "invalid_token"}),
            );
        }
        // Nor is the token accepted in another scheme.
        let credentials = ada
            .get(&format!("/access/permissions/check?{RUN_SERVICE}"))
            .await;
        let token = credentials.text_field("credentials").replace("Secret ", "");
        for scheme in ["Bearer", "ApiKey", "Access"] {
            let client = app
                .anonymous()
                .with_authorization(format!("{scheme} {token}"));
            client.get("/profile").await.expect_status(401);
        }
        // With another admin key, all tokens are invalid.
        app.restart(|settings| settings.service_key = ServiceKey::derive_from_admin_key("another"))
            .await;
        service.get("/profile").await.expect_status(401);
        app.restart(with_service_key).await;
        service.get("/profile").await.expect_status(200);
    }
);

scenario!(
    revoked_permissions_apply_to_service_tokens,
    with_service_key,
    async |app| {
        let (ada, bob, _, other) = two_projects(app).await;
        let there = format!("{RUN_SERVICE}&project_id={}", id(&other, "project"));
        let (service, _) = service_token_for(&ada, &there).await;
        let (bobs_service, _) = service_token_for(&bob, RUN_SERVICE).await;
        let user = app.sql_id(&ada.id);
        let set_role = async |role: &str| {
            let sql = format!(
                "UPDATE project_members SET role = '{role}' WHERE user_id = {user}
                AND project_id = {}",
                app.sql_id(id(&other, "project"))
            );
            app.db().execute(&sql).await.unwrap();
        };
        set_role("developer").await;
        create_evaluator(&service).await.expect_status(200);
        set_role("viewer").await;
        create_evaluator(&service).await.expect_status(403);
        let removed = format!(
            "DELETE FROM organization_members WHERE user_id = {user} AND organization_id = {}",
            app.sql_id(id(&other, "organization"))
        );
        app.db().execute(&removed).await.unwrap();
        let response = service.get("/profile").await;
        response.expect_detail(401, json!({"message": "Unauthorized"}));
        // A deleted project.
        bobs_service.get("/profile").await.expect_status(200);
        let second = bob.create_organization("Second").await;
        let first = id(&other, "organization");
        assert_ne!(second, first);
        bob.delete_organization(first).await.expect_status(200);
        bobs_service.get("/profile").await.expect_status(401);
    }
);

scenario!(
    service_token_cannot_create_lasting_access,
    with_service_key,
    async |app| {
        let ada = app.sign_up("ada").await;
        let scope = ada
            .default_scope_in(&ada.only_organization_id().await)
            .await;
        let (service, _) = service_token_for(&ada, RUN_SERVICE).await;
        let name = json!({"name": "Mine"});
        let before = app.db().row_counts().await;
        let organization = format!("/organizations/{}", ada.only_organization_id().await);
        let link = format!("{organization}/invitation-links");
        let role = format!("/workspaces/{}/roles", scope.workspace);
        let member = json!({
            "email": ada.email, "role": "editor", "organization_id": scope.organization,
        });
        for request in [
            service.post_empty("/keys"),
            service.delete("/keys/AAAAAAAA"),
            service.post("/organizations/", &name),
            service.request("PATCH", &organization).json(&name),
            service.delete(&organization),
            service.post(&link, &json!({})),
            service.post(&role, &member),
            service.post("/projects/", &name),
            service
                .request("PUT", "/profile/username")
                .json(&json!({"username": "mine"})),
        ] {
            let response = request.await;
            assert_eq!(response.code(), "not_permitted", "{response}");
            response.expect_detail(403, "Forbidden");
        }
        let mut after = app.db().row_counts().await;
        let events = after.insert("audit_events".to_owned(), before["audit_events"]);
        assert_eq!(
            events,
            Some(before["audit_events"] + 9),
            "one for each refusal"
        );
        assert_eq!(after, before);
        let recorded_refusals = "SELECT count(*) FROM audit_events WHERE actor_kind = 'service'
        AND refused = 'not_permitted' AND CAST(details AS TEXT) LIKE '%service_may%'";
        assert_eq!(app.db().query_number(recorded_refusals).await, 9);

        // Nor does it get the replayed response of its user's request.
        let again = |who: &Client| {
            let request = who.post_empty("/keys");
            request.header("idempotency-key", "key-1")
        };
        let key = again(&ada).await.expect_status(200);
        assert_eq!(again(&ada).await.expect_status(200).text(), key.text());
        let refused = again(&service).await;
        assert_eq!(refused.code(), "not_permitted", "{refused}");
        // The service may still write content, and the user has all permissions.
        create_evaluator(&service).await.expect_status(200);
        ada.delete_organization(&ada.create_organization("Another").await)
            .await
            .expect_status(200);
    }
);

scenario!(
    api_key_check_is_bound_to_its_project,
    with_service_key,
    async |app| {
        let (ada, _, home, other) = two_projects(app).await;
        let key = ada.create_api_key().await;
        let elsewhere = format!("{RUN_SERVICE}&project_id={}", id(&other, "project"));
        for query in [RUN_SERVICE, &elsewhere] {
            let (_, claims) = service_token_for(&key, query).await;
            assert_eq!(claims["project_id"], id(&home, "project"));
        }
    }
);
