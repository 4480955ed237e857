//! The profile: what users see and change of themselves.

use freehold_testkit::story;
use serde_json::json;

story!(a_new_name_is_seen_at_once, async |app| {
    let ada = app.person("ada").await;
    let renamed = ada
        .put("/profile/username", &json!({"username": " Ada Lovelace "}))
        .await
        .expect(200);
    assert_eq!(renamed.json()["username"], "Ada Lovelace");
    let seen = ada.get("/profile").await.expect(200);
    assert_eq!(seen.json(), renamed.json());
    let stamp = seen.word("updated_at");
    assert!(
        stamp.len() == 32 && stamp.contains(' ') && stamp.ends_with("+00:00"),
        "{stamp}"
    );
    for blank in ["", "  "] {
        let answer = ada
            .put("/profile/username", &json!({"username": blank}))
            .await;
        answer.expect_detail(400, "Username is required.");
    }
    ada.put("/profile/username", &json!({"username": "x".repeat(101)}))
        .await
        .expect(400);
    ada.put("/profile/username", &json!({"username": "a\u{202e}b"}))
        .await
        .expect(400);
    let kept = "Self-serve account deletion is not available on this deployment.";
    ada.delete("/profile").await.expect_detail(404, kept);
    app.stranger().delete("/profile").await.expect(401);
    ada.get("/profile").await.expect(200);
});
