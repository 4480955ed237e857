//! The error bodies of the reference API, with and without a trailing slash in
//! the path.

use freehold_testkit::{TestApp, scenario};
use serde_json::{Value, json};

/// The part of a 422 that the reference API has.
async fn validation_errors(app: &TestApp, method: &str, path: &str, body: &str) -> Value {
    let ada = app.sign_up("ada").await;
    let request = ada
        .request(method, path)
        .header("content-type", "application/json")
        .body(body);
    request.await.expect_status(422).detail().clone()
}

scenario!(body_errors_have_a_location, async |app| {
    for (body, expected) in [
        (
            "{\"name\": 1}",
            json!([{"type": "string_type", "loc": ["body", "name"], "msg": "Input should be a valid string", "input": 1}]),
        ),
        (
            "",
            json!([{"type": "missing", "loc": ["body"], "msg": "Field required", "input": null}]),
        ),
    ] {
        assert_eq!(
            validation_errors(app, "POST", "/organizations/", body).await,
            expected
        );
    }
    let two = validation_errors(
        app,
        "POST",
        "/organizations/",
        r#"{"name": [], "description": {}}"#,
    )
    .await;
    let locations: Vec<_> = two
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["loc"].clone())
        .collect();
    assert_eq!(
        locations,
        [json!(["body", "name"]), json!(["body", "description"])]
    );
    let broken = validation_errors(app, "POST", "/organizations/", "{x").await;
    assert_eq!(broken[0]["type"], "json_invalid");
    assert_eq!(broken[0]["loc"], json!(["body", 1]));
    assert_eq!(broken[0]["msg"], "JSON decode error");
    assert_eq!(broken[0]["input"], json!({}));
    assert!(broken[0]["ctx"]["error"].is_string());
    let absent = validation_errors(app, "PUT", "/profile/username", "{}").await;
    assert_eq!(
        absent,
        json!([{"type": "missing", "loc": ["body", "username"], "msg": "Field required", "input": {}}])
    );
    let form = validation_errors(app, "POST", "/auth/signin", r#"{"formFields": {}}"#).await;
    assert_eq!(
        form,
        json!([{"type": "list_type", "loc": ["body", "formFields"], "msg": "Input should be a valid list", "input": {}}])
    );
    assert!(!form.to_string().contains("\"url\""));
});

scenario!(path_and_query_errors_have_a_location, async |app| {
    let ada = app.sign_up("ada").await;
    let path = ada.get("/simple/testsets/bad").await.expect_status(422);
    assert_eq!(
        *path.detail(),
        json!([{"type": "uuid_parsing", "loc": ["path", "testset_id"],
            "msg": "Input should be a valid UUID, invalid length: found 3", "input": "bad",
            "ctx": {"error": "invalid length: found 3"}}])
    );
    let query = app.anonymous().get("/auth/signup/email/exists").await;
    let missing = json!([{"type": "missing", "loc": ["query", "email"], "msg": "Field required", "input": null}]);
    query.expect_detail(422, missing);
    // Other query parameters make no difference.
    let workspace = ada.default_scope().await.workspace;
    for (response, parameter) in [
        (
            ada.delete(&format!("/workspaces/{workspace}/users?x=1"))
                .await,
            "email",
        ),
        (
            ada.post_empty(&format!("/profile/reset-password?workspace_id={workspace}"))
                .await,
            "user_id",
        ),
    ] {
        let missing = json!([{"type": "missing", "loc": ["query", parameter], "msg": "Field required", "input": null}]);
        response.expect_detail(422, missing);
    }
    let dry_run = ada
        .post("/organizations?dry_run=maybe", &json!({}))
        .await
        .expect_status(422);
    assert_eq!(dry_run.detail()[0]["loc"], json!(["query", "dry_run"]));
});

scenario!(errors_contain_rfc_9457_members, async |app| {
    let response = app
        .anonymous()
        .get("/profile")
        .header("x-request-id", "my-request")
        .await;
    assert_eq!(response.header("x-request-id"), Some("my-request"));
    response.expect_body(
        401,
        &json!({"detail": {"message": "Unauthorized"}, "type": "/docs#error-unauthenticated",
            "title": "Unauthenticated", "status": 401, "code": "unauthenticated", "request_id": "my-request"}),
    );
});

scenario!(path_prefix_and_trailing_slash_are_optional, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.only_organization_id().await;
    for before in ["", "/api", "/api/api", "/api/api/api"] {
        for after in ["", "/"] {
            for path in [
                "/organizations",
                "/projects",
                "/profile",
                &format!("/organizations/{home}"),
                "/projects/current",
            ] {
                ada.get(&format!("{before}{path}{after}"))
                    .await
                    .expect_status(200);
                app.anonymous()
                    .get(&format!("{before}{path}{after}"))
                    .await
                    .expect_status(401);
            }
            let path =
                format!("{before}/auth/public/signup/email/exists{after}?email=ada@acme.test");
            assert_eq!(
                app.anonymous().get(&path).await.expect_status(200).json()["exists"],
                true
            );
            app.anonymous()
                .get(&format!("{before}/health{after}"))
                .await
                .expect_body(200, &json!({"status": "ok"}));
        }
    }
    let preview = "/api/preview/simple/testsets/query";
    ada.post(preview, &json!({})).await.expect_status(200);
});

scenario!(unknown_paths_look_like_protected_paths, async |app| {
    let ada = app.sign_up("ada").await;
    for (method, path) in [
        ("GET", "/nowhere"),
        ("GET", "/"),
        ("POST", "/organizations//"),
        ("PATCH", "/api"),
    ] {
        ada.request(method, path)
            .await
            .expect_detail(404, "Not Found");
        app.anonymous()
            .request(method, path)
            .await
            .expect_status(401);
    }
    for (method, path) in [
        ("DELETE", "/organizations"),
        ("POST", "/profile"),
        ("PUT", "/keys/x"),
    ] {
        let response = ada.request(method, path).await;
        assert!(
            response
                .header("allow")
                .is_some_and(|allow| !allow.is_empty()),
            "{response}"
        );
        response.expect_detail(405, "Method Not Allowed");
        app.anonymous()
            .request(method, path)
            .await
            .expect_status(401);
    }
    app.anonymous()
        .get("/auth/nowhere")
        .await
        .expect_detail(404, "Not Found");
    app.anonymous()
        .get("/auth/signin")
        .await
        .expect_detail(405, "Method Not Allowed");
});

scenario!(wrong_credential_scheme_is_refused, async |app| {
    for (wrong, detail) in [
        ("Access replace-me", json!({"message": "Unauthorized"})),
        ("Bearer x", json!({"message": "Unauthorized"})),
        ("nonsense", json!({"message": "Unauthorized"})),
        (
            "Secret a.b.c",
            json!({"message": "Unauthorized", "reason": "invalid_token"}),
        ),
    ] {
        app.anonymous()
            .with_authorization(wrong)
            .get("/organizations/")
            .await
            .expect_detail(401, detail);
    }
});

scenario!(connection_with_unread_body_is_closed, async |app| {
    let ada = app.sign_up("ada").await;
    let body = json!({"name": "x".repeat(20_000)});
    let unread = app.anonymous().post("/organizations/", &body).await;
    assert_eq!(
        unread.expect_status(401).header("connection"),
        Some("close")
    );
    let read = ada.post("/organizations/", &json!({"name": 1})).await;
    assert_eq!(read.expect_status(422).header("connection"), None);
    let none = app.anonymous().post_empty("/keys").await;
    assert_eq!(none.expect_status(401).header("connection"), None);
});
