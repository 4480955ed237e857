//! How a request is told that it is wrong: the contract's bodies, in every
//! spelling of a path.

use freehold_testkit::{TestApp, story};
use serde_json::{Value, json};

/// The contract's part of a 422.
async fn mistakes(app: &TestApp, method: &str, path: &str, body: &str) -> Value {
    let ada = app.person("ada").await;
    let ask = ada
        .ask(method, path)
        .header("content-type", "application/json")
        .body(body);
    ask.await.expect(422).detail().clone()
}

story!(mistakes_in_a_body_are_told_with_their_place, async |app| {
    for (body, told) in [
        (
            "{\"name\": 1}",
            json!([{"type": "string_type", "loc": ["body", "name"], "msg": "Input should be a valid string", "input": 1}]),
        ),
        (
            "",
            json!([{"type": "missing", "loc": ["body"], "msg": "Field required", "input": null}]),
        ),
    ] {
        assert_eq!(mistakes(app, "POST", "/organizations/", body).await, told);
    }
    let two = mistakes(
        app,
        "POST",
        "/organizations/",
        r#"{"name": [], "description": {}}"#,
    )
    .await;
    let places: Vec<_> = two
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["loc"].clone())
        .collect();
    assert_eq!(
        places,
        [json!(["body", "name"]), json!(["body", "description"])]
    );
    let broken = mistakes(app, "POST", "/organizations/", "{x").await;
    assert_eq!(broken[0]["type"], "json_invalid");
    assert_eq!(broken[0]["loc"], json!(["body", 1]));
    assert_eq!(broken[0]["msg"], "JSON decode error");
    assert_eq!(broken[0]["input"], json!({}));
    assert!(broken[0]["ctx"]["error"].is_string());
    let absent = mistakes(app, "PUT", "/profile/username", "{}").await;
    assert_eq!(
        absent,
        json!([{"type": "missing", "loc": ["body", "username"], "msg": "Field required", "input": {}}])
    );
    let form = mistakes(app, "POST", "/auth/signin", r#"{"formFields": {}}"#).await;
    assert_eq!(
        form,
        json!([{"type": "list_type", "loc": ["body", "formFields"], "msg": "Input should be a valid list", "input": {}}])
    );
    assert!(!form.to_string().contains("\"url\""));
});

story!(
    mistakes_in_a_path_or_a_query_are_told_with_their_place,
    async |app| {
        let ada = app.person("ada").await;
        let path = ada.get("/simple/testsets/bad").await.expect(422);
        assert_eq!(
            *path.detail(),
            json!([{"type": "uuid_parsing", "loc": ["path", "testset_id"],
            "msg": "Input should be a valid UUID, invalid length: found 3", "input": "bad",
            "ctx": {"error": "invalid length: found 3"}}])
        );
        let query = app.stranger().get("/auth/signup/email/exists").await;
        let missing = json!([{"type": "missing", "loc": ["query", "email"], "msg": "Field required", "input": null}]);
        query.expect_detail(422, missing);
        // The same whatever else the query says.
        let workspace = ada.place().await.workspace;
        for (answer, parameter) in [
            (
                ada.delete(&format!("/workspaces/{workspace}/users?x=1"))
                    .await,
                "email",
            ),
            (
                ada.post_nothing(&format!("/profile/reset-password?workspace_id={workspace}"))
                    .await,
                "user_id",
            ),
        ] {
            let missing = json!([{"type": "missing", "loc": ["query", parameter], "msg": "Field required", "input": null}]);
            answer.expect_detail(422, missing);
        }
        let rehearsal = ada
            .post("/organizations?dry_run=maybe", &json!({}))
            .await
            .expect(422);
        assert_eq!(rehearsal.detail()[0]["loc"], json!(["query", "dry_run"]));
    }
);

story!(
    beside_the_contracts_words_stand_those_of_rfc_9457,
    async |app| {
        let answer = app
            .stranger()
            .get("/profile")
            .header("x-request-id", "my-request")
            .await;
        assert_eq!(answer.header("x-request-id"), Some("my-request"));
        answer.expect_body(
        401,
        &json!({"detail": {"message": "Unauthorized"}, "type": "/docs#error-unauthenticated",
            "title": "Unauthenticated", "status": 401, "code": "unauthenticated", "request_id": "my-request"}),
    );
    }
);

story!(every_spelling_of_a_path_is_one, async |app| {
    let ada = app.person("ada").await;
    let home = ada.home().await;
    for before in ["", "/api", "/api/api", "/api/api/api"] {
        for after in ["", "/"] {
            for path in [
                "/organizations",
                "/projects",
                "/profile",
                &format!("/organizations/{home}"),
                "/projects/current",
            ] {
                ada.get(&format!("{before}{path}{after}")).await.expect(200);
                app.stranger()
                    .get(&format!("{before}{path}{after}"))
                    .await
                    .expect(401);
            }
            let path =
                format!("{before}/auth/public/signup/email/exists{after}?email=ada@acme.test");
            assert_eq!(
                app.stranger().get(&path).await.expect(200).json()["exists"],
                true
            );
            app.stranger()
                .get(&format!("{before}/health{after}"))
                .await
                .expect_body(200, &json!({"status": "ok"}));
        }
    }
    let preview = "/api/preview/simple/testsets/query";
    ada.post(preview, &json!({})).await.expect(200);
});

story!(strangers_do_not_learn_which_paths_there_are, async |app| {
    let ada = app.person("ada").await;
    for (method, path) in [
        ("GET", "/nowhere"),
        ("GET", "/"),
        ("POST", "/organizations//"),
        ("PATCH", "/api"),
    ] {
        ada.ask(method, path).await.expect_detail(404, "Not Found");
        app.stranger().ask(method, path).await.expect(401);
    }
    for (method, path) in [
        ("DELETE", "/organizations"),
        ("POST", "/profile"),
        ("PUT", "/keys/x"),
    ] {
        let answer = ada.ask(method, path).await;
        assert!(
            answer
                .header("allow")
                .is_some_and(|allow| !allow.is_empty()),
            "{answer}"
        );
        answer.expect_detail(405, "Method Not Allowed");
        app.stranger().ask(method, path).await.expect(401);
    }
    app.stranger()
        .get("/auth/nowhere")
        .await
        .expect_detail(404, "Not Found");
    app.stranger()
        .get("/auth/signin")
        .await
        .expect_detail(405, "Method Not Allowed");
});

story!(a_credential_of_the_wrong_kind_opens_nothing, async |app| {
    for (wrong, detail) in [
        ("Access replace-me", json!({"message": "Unauthorized"})),
        ("Bearer x", json!({"message": "Unauthorized"})),
        ("nonsense", json!({"message": "Unauthorized"})),
        (
            "Secret a.b.c",
            json!({"message": "Unauthorized", "reason": "invalid_token"}),
        ),
    ] {
        app.stranger()
            .with(wrong)
            .get("/organizations/")
            .await
            .expect_detail(401, detail);
    }
});

story!(
    a_connection_with_an_unread_body_ends_and_says_so,
    async |app| {
        let ada = app.person("ada").await;
        let body = json!({"name": "x".repeat(20_000)});
        let unread = app.stranger().post("/organizations/", &body).await;
        assert_eq!(unread.expect(401).header("connection"), Some("close"));
        let read = ada.post("/organizations/", &json!({"name": 1})).await;
        assert_eq!(read.expect(422).header("connection"), None);
        let none = app.stranger().post_nothing("/keys").await;
        assert_eq!(none.expect(401).header("connection"), None);
    }
);
