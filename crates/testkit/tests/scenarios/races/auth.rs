//! Passwords and sign-ins at the same time, and what must not come of it.

use freehold_testkit::{PASSWORD, Person, form, story};
use futures_util::future::join_all;
use serde_json::json;

const NEW: &str = "Better-Horse-8";

story!(
    an_old_password_opens_nothing_that_outlives_a_reset,
    async |app| {
        let ada = app.person("ada").await;
        let mut old = PASSWORD.to_owned();
        for round in 0..4 {
            let new = format!("{NEW}-{round}");
            let link = app.reset_link(&ada.email).await;
            let token = link.split(['=', '&']).nth(1).unwrap();
            let reset = json!({
                "method": "token", "token": token,
                "formFields": [{"id": "password", "value": new}],
            });
            // The reset and the guests come together; hashing makes the guests late.
            let guess = form(&ada.email, &old);
            let guests = (0..6).map(|_| app.stranger().post("/auth/signin", &guess).into_future());
            let (reset, guests) = tokio::join!(
                app.stranger()
                    .post("/auth/user/password/reset", &reset)
                    .into_future(),
                join_all(guests),
            );
            reset.expect_body(200, &json!({"status": "OK"}));
            for guest in guests
                .into_iter()
                .filter(|guest| guest.json()["status"] == "OK")
            {
                Person::of(app.stranger(), guest)
                    .get("/profile")
                    .await
                    .expect(401);
            }
            old = new;
        }
        Person::sign_in(app.stranger(), &ada.email, &old)
            .await
            .get("/profile")
            .await
            .expect(200);
    }
);

story!(of_four_who_claim_an_account_one_has_it, async |app| {
    app.operator_makes("ada@acme.test").await;
    let claims = (0..4).map(|n| {
        let form = form("ada@acme.test", &format!("{NEW}-{n}"));
        app.stranger().post("/auth/signup", &form).into_future()
    });
    let answers = join_all(claims).await;
    let won = answers
        .iter()
        .filter(|answer| answer.json()["status"] == "OK")
        .count();
    assert_eq!(won, 1, "{answers:?}");
    for lost in answers
        .iter()
        .filter(|answer| answer.json()["status"] != "OK")
    {
        assert_eq!(*lost.json(), json!({"status": "WRONG_CREDENTIALS_ERROR"}));
    }
    assert_eq!(app.db().number("SELECT count(*) FROM sessions").await, 1);
});

story!(signing_in_at_once_never_waits_crosswise, async |app| {
    let ada = app.person("ada").await;
    let form = form(&ada.email, PASSWORD);
    let answers =
        join_all((0..8).map(|_| app.stranger().post("/auth/signin", &form).into_future())).await;
    for answer in answers {
        assert_eq!(answer.json()["status"], "OK", "{answer}");
    }
});
