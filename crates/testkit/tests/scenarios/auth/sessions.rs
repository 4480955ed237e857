//! Sessions: refreshing, repeated refreshes, reused refresh tokens, expiry,
//! cookies.

use std::time::Duration;

use freehold_testkit::{PASSWORD, TestApp, TestUser, credentials_form, scenario};
use futures_util::future::join_all;
use serde_json::json;

const HOUR: Duration = Duration::from_secs(60 * 60);

scenario!(an_expired_access_token_is_refreshed, async |app| {
    let ada = app.sign_up("ada").await;
    app.clock().advance(HOUR);
    ada.get("/profile").await.expect_status(401);
    let late = ada.post_empty("/auth/signout").await.expect_status(401);
    assert_eq!(late.json()["message"], "try refresh token");

    let response = ada.refresh_session().await;
    let fresh = ada.with_tokens_from(response.clone());
    response.expect_body(200, &json!({}));
    assert_ne!(fresh.refresh_token, ada.refresh_token);
    fresh.get("/profile").await.expect_status(200);
    // The old access token stays expired.
    ada.get("/profile").await.expect_status(401);
});

scenario!(concurrent_refreshes_get_the_same_token, async |app| {
    let ada = app.sign_up("ada").await;
    let fresh = ada.with_tokens_from(ada.refresh_session().await);
    app.clock().advance(Duration::from_secs(50));
    let repeated = ada.with_tokens_from(ada.refresh_session().await);
    assert_eq!(repeated.refresh_token, fresh.refresh_token);

    let at_once = join_all((0..20).map(|_| fresh.refresh_session())).await;
    let next: Vec<_> = at_once
        .into_iter()
        .map(|response| fresh.with_tokens_from(response).refresh_token)
        .collect();
    assert!(
        next.iter()
            .all(|token| *token == next[0] && *token != fresh.refresh_token),
        "{next:?}"
    );
    assert_eq!(
        app.db().query_number("SELECT count(*) FROM sessions").await,
        1
    );
});

async fn count_reuse_events(app: &TestApp) -> i64 {
    let sql = "SELECT count(*) FROM audit_events WHERE action = 'session.refresh_reused'";
    app.db().query_number(sql).await
}

scenario!(late_refresh_token_reuse_ends_the_session, async |app| {
    let ada = app.sign_up("ada").await;
    let other = TestUser::sign_in(app.anonymous(), &ada.email, PASSWORD).await;
    let fresh = ada.with_tokens_from(ada.refresh_session().await);
    app.clock().advance(Duration::from_secs(61));
    let reused = ada.refresh_session().await.expect_status(401);
    assert_eq!(reused.json()["message"], "unauthorised");
    assert_eq!(reused.header("front-token"), Some("remove"));
    fresh.refresh_session().await.expect_status(401);
    fresh.get("/profile").await.expect_status(401);
    assert_eq!(count_reuse_events(app).await, 1);
    other.get("/profile").await.expect_status(200);
});

scenario!(
    reuse_of_an_old_refresh_token_ends_the_session,
    async |app| {
        let ada = app.sign_up("ada").await;
        let mut newest = ada.clone();
        for _ in 0..5 {
            newest = newest.with_tokens_from(newest.refresh_session().await);
        }
        // The grace period is only for the token before the current one.
        ada.refresh_session().await.expect_status(401);
        newest.get("/profile").await.expect_status(401);
        assert_eq!(count_reuse_events(app).await, 1);
    }
);

scenario!(unknown_refresh_token_ends_no_session, async |app| {
    let ada = app.sign_up("ada").await;
    let eve = app.sign_up("eve").await;
    for guess in [
        "",
        "x",
        &"A".repeat(64),
        &eve.refresh_token[..40],
        &ada.access_token,
    ] {
        let client = app
            .anonymous()
            .with_authorization(format!("Bearer {guess}"));
        let response = client
            .post_empty("/auth/session/refresh")
            .await
            .expect_status(401);
        assert_eq!(response.json()["message"], "unauthorised");
    }
    // The id of Ada's session with a wrong secret.
    let mut forged = ada.refresh_token.clone();
    let last = if forged.ends_with('A') { "B" } else { "A" };
    forged.replace_range(40..41, if &forged[40..41] == "A" { "B" } else { last });
    app.anonymous()
        .with_authorization(format!("Bearer {forged}"))
        .post_empty("/auth/session/refresh")
        .await
        .expect_status(401);
    assert_eq!(count_reuse_events(app).await, 0);
    ada.get("/profile").await.expect_status(200);
    ada.with_tokens_from(ada.refresh_session().await);
});

scenario!(unused_session_expires, async |app| {
    let ada = app.sign_up("ada").await;
    app.clock().advance(99 * 24 * HOUR);
    let ada = ada.with_tokens_from(ada.refresh_session().await);
    app.clock().advance(99 * 24 * HOUR);
    let ada = ada.with_tokens_from(ada.refresh_session().await);
    app.clock().advance(101 * 24 * HOUR);
    ada.refresh_session().await.expect_status(401);
});

scenario!(altered_access_tokens_are_refused, async |app| {
    let ada = app.sign_up("ada").await;
    let parts: Vec<_> = ada.access_token.split('.').collect();
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", parts[1]);
    let cut = format!("{}.{}.{}", parts[0], parts[1], &parts[2][..20]);
    let swapped = format!("{}.{}.{}", parts[0], parts[1].replace('e', "f"), parts[2]);
    for token in [unsigned, cut, swapped, String::new(), "a.b.c".to_owned()] {
        app.anonymous()
            .with_authorization(format!("Bearer {token}"))
            .get("/profile")
            .await
            .expect_status(401);
    }
});

scenario!(cookie_session_requires_an_allowed_origin, async |app| {
    let request = app
        .anonymous()
        .post("/auth/signup", &credentials_form("ada@acme.test", PASSWORD));
    let response = request
        .header("st-auth-mode", "cookie")
        .await
        .expect_status(200);
    assert_eq!(response.header("st-refresh-token"), None);
    let cookies = response.headers("set-cookie");
    let cookie = |name: &str| {
        let line = cookies
            .iter()
            .find(|line| line.starts_with(&format!("{name}=")))
            .unwrap();
        assert!(
            line.contains("HttpOnly") && line.contains("SameSite=Lax"),
            "{line}"
        );
        line.split(';').next().unwrap().to_owned()
    };
    let (access, refresh) = (cookie("sAccessToken"), cookie("sRefreshToken"));
    assert!(
        cookies
            .iter()
            .any(|line| line.contains("Path=/api/auth/session/refresh")),
        "{cookies:?}"
    );

    let page = app.anonymous();
    page.get("/profile")
        .header("cookie", &access)
        .await
        .expect_status(200);
    let body = json!({"name": "x"});
    let from = |origin: &str| {
        page.post("/organizations", &body)
            .header("cookie", &access)
            .header("origin", origin)
    };
    from("http://web.test").await.expect_status(201);
    from("http://evil.test").await.expect_status(401);

    let refreshed = page
        .post_empty("/api/auth/session/refresh")
        .header("cookie", &refresh)
        .await
        .expect_status(200);
    assert_eq!(refreshed.header("st-refresh-token"), None);
    assert_eq!(refreshed.headers("set-cookie").len(), 2);
    let out = page
        .post_empty("/auth/signout")
        .header("cookie", &access)
        .await
        .expect_status(200);
    assert!(
        out.headers("set-cookie")
            .iter()
            .all(|line| line.contains("Max-Age=0")),
        "{out}"
    );
    page.get("/profile")
        .header("cookie", &access)
        .await
        .expect_status(401);
});
