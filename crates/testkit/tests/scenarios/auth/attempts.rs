//! The limits of sign-in attempts.

use std::time::Duration;

use freehold_testkit::{PASSWORD, Response, TestApp, credentials_form, scenario};
use futures_util::future::join_all;

/// Sends 20 wrong passwords at once, each from its own address if `many_addresses`.
async fn guess_concurrently(
    app: &TestApp,
    email: impl Fn(usize) -> String,
    many_addresses: bool,
) -> Vec<Response> {
    let attempts = (0..20).map(|n| {
        let address = if many_addresses {
            format!("203.0.113.{n}")
        } else {
            "203.0.113.7".to_owned()
        };
        let request = app.anonymous().post(
            "/auth/signin",
            &credentials_form(&email(n), "Wrong-Horse-7"),
        );
        request.header("x-forwarded-for", &address).into_future()
    });
    join_all(attempts).await
}

fn count_rate_limited(responses: &[Response]) -> usize {
    let limited = responses.iter().filter(|response| response.status() == 429);
    for response in limited.clone() {
        let seconds = response.header("retry-after").unwrap();
        assert_eq!(
            *response.detail(),
            format!("Rate limit exceeded. Please retry after {seconds} seconds.")
        );
    }
    limited.count()
}

async fn sign_in_from(app: &TestApp, address: &str, email: &str) -> Response {
    let request = app
        .anonymous()
        .post("/auth/signin", &credentials_form(email, PASSWORD));
    request.header("x-forwarded-for", address).await
}

scenario!(sign_in_attempts_per_account_are_limited, async |app| {
    let ada = app.sign_up("ada").await;
    app.sign_up("bob").await;
    let responses = guess_concurrently(app, |_| ada.email.clone(), true).await;
    assert_eq!(count_rate_limited(&responses), 10);
    // One audit event is recorded, not ten.
    let recorded = "SELECT count(*) FROM audit_events WHERE refused = 'too_many_attempts'";
    assert_eq!(app.db().query_number(recorded).await, 1);
    // The right password is refused too until the time is over; other users may sign in.
    let now = sign_in_from(app, "198.51.100.1", &ada.email).await;
    let wait: u64 = now.header("retry-after").unwrap().parse().unwrap();
    assert_eq!(count_rate_limited(&[now]), 1);
    sign_in_from(app, "198.51.100.1", "bob@acme.test")
        .await
        .expect_status(200);
    app.clock().advance(Duration::from_secs(wait + 1));
    assert_eq!(
        sign_in_from(app, "198.51.100.1", &ada.email).await.json()["status"],
        "OK"
    );
});

scenario!(
    sign_in_attempts_per_ip_address_are_limited,
    |settings| settings.sign_in_limits.per_address = 5,
    async |app| {
        app.sign_up("ada").await;
        let responses = guess_concurrently(app, |n| format!("unknown{n}@acme.test"), false).await;
        assert_eq!(count_rate_limited(&responses), 15);
        let here = sign_in_from(app, "203.0.113.7", "ada@acme.test").await;
        assert_eq!(count_rate_limited(&[here]), 1);
        let elsewhere = sign_in_from(app, "203.0.113.8", "ada@acme.test").await;
        assert_eq!(elsewhere.json()["status"], "OK");
    }
);

scenario!(
    zero_disables_the_attempt_limits,
    |settings| (
        settings.sign_in_limits.per_account,
        settings.sign_in_limits.per_address
    ) = (0, 0),
    async |app| {
        let ada = app.sign_up("ada").await;
        let responses = guess_concurrently(app, |_| ada.email.clone(), false).await;
        assert_eq!(count_rate_limited(&responses), 0);
        assert_eq!(
            app.db().query_number("SELECT count(*) FROM attempts").await,
            0
        );
    }
);

scenario!(successful_sign_ins_are_not_counted, async |app| {
    let ada = app.sign_up("ada").await;
    for _ in 0..15 {
        assert_eq!(
            sign_in_from(app, "203.0.113.7", &ada.email).await.json()["status"],
            "OK"
        );
    }
});
