//! Passwords that are guessed at.

use std::time::Duration;

use freehold_testkit::{Answer, PASSWORD, TestApp, form, story};
use futures_util::future::join_all;

/// Twenty wrong passwords at once, each from an address of its own if `many`.
async fn guesses(app: &TestApp, email: impl Fn(usize) -> String, many: bool) -> Vec<Answer> {
    let tries = (0..20).map(|n| {
        let from = if many {
            format!("203.0.113.{n}")
        } else {
            "203.0.113.7".to_owned()
        };
        let ask = app
            .stranger()
            .post("/auth/signin", &form(&email(n), "Wrong-Horse-7"));
        ask.header("x-forwarded-for", &from).into_future()
    });
    join_all(tries).await
}

fn refused(answers: &[Answer]) -> usize {
    let refused = answers.iter().filter(|answer| answer.status() == 429);
    for answer in refused.clone() {
        let seconds = answer.header("retry-after").unwrap();
        assert_eq!(
            *answer.detail(),
            format!("Rate limit exceeded. Please retry after {seconds} seconds.")
        );
    }
    refused.count()
}

async fn from(app: &TestApp, address: &str, email: &str) -> Answer {
    let ask = app.stranger().post("/auth/signin", &form(email, PASSWORD));
    ask.header("x-forwarded-for", address).await
}

story!(
    an_account_is_guessed_at_ten_times_however_fast,
    async |app| {
        let ada = app.person("ada").await;
        app.person("bob").await;
        let answers = guesses(app, |_| ada.email.clone(), true).await;
        assert_eq!(refused(&answers), 10);
        // Operators learn of it once, not ten times.
        let kept = "SELECT count(*) FROM audit_events WHERE refused = 'too_many_attempts'";
        assert_eq!(app.db().number(kept).await, 1);
        // Not even with the right one, for as long as it was said; others may.
        let now = from(app, "198.51.100.1", &ada.email).await;
        let wait: u64 = now.header("retry-after").unwrap().parse().unwrap();
        assert_eq!(refused(&[now]), 1);
        from(app, "198.51.100.1", "bob@acme.test").await.expect(200);
        app.clock().pass(Duration::from_secs(wait + 1));
        assert_eq!(
            from(app, "198.51.100.1", &ada.email).await.json()["status"],
            "OK"
        );
    }
);

story!(
    an_address_guesses_as_often_as_it_may,
    |settings| settings.limits.per_address = 5,
    async |app| {
        app.person("ada").await;
        let answers = guesses(app, |n| format!("nobody{n}@acme.test"), false).await;
        assert_eq!(refused(&answers), 15);
        let here = from(app, "203.0.113.7", "ada@acme.test").await;
        assert_eq!(refused(&[here]), 1);
        let elsewhere = from(app, "203.0.113.8", "ada@acme.test").await;
        assert_eq!(elsewhere.json()["status"], "OK");
    }
);

story!(
    without_limits_everybody_may_guess_on,
    |settings| (settings.limits.per_account, settings.limits.per_address) = (0, 0),
    async |app| {
        let ada = app.person("ada").await;
        let answers = guesses(app, |_| ada.email.clone(), false).await;
        assert_eq!(refused(&answers), 0);
        assert_eq!(app.db().number("SELECT count(*) FROM attempts").await, 0);
    }
);

story!(success_is_not_counted, async |app| {
    let ada = app.person("ada").await;
    for _ in 0..15 {
        assert_eq!(
            from(app, "203.0.113.7", &ada.email).await.json()["status"],
            "OK"
        );
    }
});
