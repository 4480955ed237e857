//! The profile of the calling user.

use freehold_testkit::scenario;
use serde_json::json;

scenario!(username_change_is_visible_immediately, async |app| {
    let ada = app.sign_up("ada").await;
    let renamed = ada
        .put("/profile/username", &json!({"username": " Ada Lovelace "}))
        .await
        .expect_status(200);
    assert_eq!(renamed.json()["username"], "Ada Lovelace");
    let profile = ada.get("/profile").await.expect_status(200);
    assert_eq!(profile.json(), renamed.json());
    let stamp = profile.text_field("updated_at");
    assert!(
        stamp.len() == 32 && stamp.contains(' ') && stamp.ends_with("+00:00"),
        "{stamp}"
    );
    for blank in ["", "  "] {
        let response = ada
            .put("/profile/username", &json!({"username": blank}))
            .await;
        response.expect_detail(400, "Username is required.");
    }
    ada.put("/profile/username", &json!({"username": "x".repeat(101)}))
        .await
        .expect_status(400);
    ada.put("/profile/username", &json!({"username": "a\u{202e}b"}))
        .await
        .expect_status(400);
    let unavailable = "Self-serve account deletion is not available on this deployment.";
    ada.delete("/profile").await.expect_detail(404, unavailable);
    app.anonymous().delete("/profile").await.expect_status(401);
    ada.get("/profile").await.expect_status(200);
});
