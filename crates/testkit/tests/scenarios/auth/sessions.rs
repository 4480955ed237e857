//! How long a session lasts: refreshing, repeating a refresh, a refresh token
//! that comes back too late, cookies.

use std::time::Duration;

use freehold_testkit::{PASSWORD, Person, TestApp, form, story};
use futures_util::future::join_all;
use serde_json::json;

const HOUR: Duration = Duration::from_secs(60 * 60);

story!(an_expired_access_token_is_refreshed, async |app| {
    let ada = app.person("ada").await;
    app.clock().pass(HOUR);
    ada.get("/profile").await.expect(401);
    let late = ada.post_nothing("/auth/signout").await.expect(401);
    assert_eq!(late.json()["message"], "try refresh token");

    let answer = ada.refreshes().await;
    let fresh = ada.with_tokens_of(answer.clone());
    answer.expect_body(200, &json!({}));
    assert_ne!(fresh.refresh, ada.refresh);
    fresh.get("/profile").await.expect(200);
    // The old access token is not revived by it.
    ada.get("/profile").await.expect(401);
});

story!(two_tabs_that_refresh_get_the_same_token, async |app| {
    let ada = app.person("ada").await;
    let fresh = ada.with_tokens_of(ada.refreshes().await);
    app.clock().pass(Duration::from_secs(50));
    let repeated = ada.with_tokens_of(ada.refreshes().await);
    assert_eq!(repeated.refresh, fresh.refresh);

    let at_once = join_all((0..20).map(|_| fresh.refreshes())).await;
    let next: Vec<_> = at_once
        .into_iter()
        .map(|it| fresh.with_tokens_of(it).refresh)
        .collect();
    assert!(
        next.iter()
            .all(|token| *token == next[0] && *token != fresh.refresh),
        "{next:?}"
    );
    assert_eq!(app.db().number("SELECT count(*) FROM sessions").await, 1);
});

async fn ended_by_reuse(app: &TestApp) -> i64 {
    let sql = "SELECT count(*) FROM audit_events WHERE action = 'session.refresh_reused'";
    app.db().number(sql).await
}

story!(
    a_refresh_token_that_comes_back_late_ends_the_session,
    async |app| {
        let ada = app.person("ada").await;
        let other = Person::sign_in(app.stranger(), &ada.email, PASSWORD).await;
        let fresh = ada.with_tokens_of(ada.refreshes().await);
        app.clock().pass(Duration::from_secs(61));
        let thief = ada.refreshes().await.expect(401);
        assert_eq!(thief.json()["message"], "unauthorised");
        assert_eq!(thief.header("front-token"), Some("remove"));
        fresh.refreshes().await.expect(401);
        fresh.get("/profile").await.expect(401);
        assert_eq!(ended_by_reuse(app).await, 1);
        other.get("/profile").await.expect(200);
    }
);

story!(also_a_token_of_many_refreshes_ago, async |app| {
    let ada = app.person("ada").await;
    let mut newest = ada.clone();
    for _ in 0..5 {
        newest = newest.with_tokens_of(newest.refreshes().await);
    }
    // Not the one before the good one: no grace for it.
    ada.refreshes().await.expect(401);
    newest.get("/profile").await.expect(401);
    assert_eq!(ended_by_reuse(app).await, 1);
});

story!(a_token_that_was_never_given_ends_nothing, async |app| {
    let ada = app.person("ada").await;
    let eve = app.person("eve").await;
    for guess in ["", "x", &"A".repeat(64), &eve.refresh[..40], &ada.access] {
        let client = app.stranger().with(format!("Bearer {guess}"));
        let answer = client
            .post_nothing("/auth/session/refresh")
            .await
            .expect(401);
        assert_eq!(answer.json()["message"], "unauthorised");
    }
    // Ada's session with a secret that is not hers.
    let mut forged = ada.refresh.clone();
    let last = if forged.ends_with('A') { "B" } else { "A" };
    forged.replace_range(40..41, if &forged[40..41] == "A" { "B" } else { last });
    app.stranger()
        .with(format!("Bearer {forged}"))
        .post_nothing("/auth/session/refresh")
        .await
        .expect(401);
    assert_eq!(ended_by_reuse(app).await, 0);
    ada.get("/profile").await.expect(200);
    ada.with_tokens_of(ada.refreshes().await);
});

story!(a_session_that_is_not_used_ends, async |app| {
    let ada = app.person("ada").await;
    app.clock().pass(99 * 24 * HOUR);
    let ada = ada.with_tokens_of(ada.refreshes().await);
    app.clock().pass(99 * 24 * HOUR);
    let ada = ada.with_tokens_of(ada.refreshes().await);
    app.clock().pass(101 * 24 * HOUR);
    ada.refreshes().await.expect(401);
});

story!(an_access_token_is_good_only_as_it_was_signed, async |app| {
    let ada = app.person("ada").await;
    let parts: Vec<_> = ada.access.split('.').collect();
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", parts[1]);
    let cut = format!("{}.{}.{}", parts[0], parts[1], &parts[2][..20]);
    let swapped = format!("{}.{}.{}", parts[0], parts[1].replace('e', "f"), parts[2]);
    for token in [unsigned, cut, swapped, String::new(), "a.b.c".to_owned()] {
        app.stranger()
            .with(format!("Bearer {token}"))
            .get("/profile")
            .await
            .expect(401);
    }
});

story!(cookies_carry_a_session_for_pages_of_ours, async |app| {
    let asked = app
        .stranger()
        .post("/auth/signup", &form("ada@acme.test", PASSWORD));
    let answer = asked.header("st-auth-mode", "cookie").await.expect(200);
    assert_eq!(answer.header("st-refresh-token"), None);
    let cookies = answer.headers("set-cookie");
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

    let page = app.stranger();
    page.get("/profile")
        .header("cookie", &access)
        .await
        .expect(200);
    let body = json!({"name": "x"});
    let from = |origin: &str| {
        page.post("/organizations", &body)
            .header("cookie", &access)
            .header("origin", origin)
    };
    from("http://web.test").await.expect(201);
    from("http://evil.test").await.expect(401);

    let refreshed = page
        .post_nothing("/api/auth/session/refresh")
        .header("cookie", &refresh)
        .await
        .expect(200);
    assert_eq!(refreshed.header("st-refresh-token"), None);
    assert_eq!(refreshed.headers("set-cookie").len(), 2);
    let out = page
        .post_nothing("/auth/signout")
        .header("cookie", &access)
        .await
        .expect(200);
    assert!(
        out.headers("set-cookie")
            .iter()
            .all(|line| line.contains("Max-Age=0")),
        "{out}"
    );
    page.get("/profile")
        .header("cookie", &access)
        .await
        .expect(401);
});
