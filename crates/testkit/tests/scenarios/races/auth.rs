//! Concurrent password changes and sign-ins.

use freehold_testkit::{PASSWORD, TestUser, credentials_form, scenario};
use futures_util::future::join_all;
use serde_json::json;

const NEW_PASSWORD: &str = "Better-Horse-8";

scenario!(sign_in_racing_a_reset_leaves_no_session, async |app| {
    let ada = app.sign_up("ada").await;
    let mut old = PASSWORD.to_owned();
    for round in 0..4 {
        let new = format!("{NEW_PASSWORD}-{round}");
        let link = app.reset_link(&ada.email).await;
        let token = link.split(['=', '&']).nth(1).unwrap();
        let reset = json!({
            "method": "token", "token": token,
            "formFields": [{"id": "password", "value": new}],
        });
        // The reset and the sign-ins start together; hashing delays the sign-ins.
        let guess = credentials_form(&ada.email, &old);
        let guests = (0..6).map(|_| app.anonymous().post("/auth/signin", &guess).into_future());
        let (reset, guests) = tokio::join!(
            app.anonymous()
                .post("/auth/user/password/reset", &reset)
                .into_future(),
            join_all(guests),
        );
        reset.expect_body(200, &json!({"status": "OK"}));
        for guest in guests
            .into_iter()
            .filter(|guest| guest.json()["status"] == "OK")
        {
            TestUser::from_response(app.anonymous(), guest)
                .get("/profile")
                .await
                .expect_status(401);
        }
        old = new;
    }
    TestUser::sign_in(app.anonymous(), &ada.email, &old)
        .await
        .get("/profile")
        .await
        .expect_status(200);
});

scenario!(concurrent_claims_of_an_account_one_succeeds, async |app| {
    app.create_account_as_operator("ada@acme.test").await;
    let claims = (0..4).map(|n| {
        let form = credentials_form("ada@acme.test", &format!("{NEW_PASSWORD}-{n}"));
        app.anonymous().post("/auth/signup", &form).into_future()
    });
    let responses = join_all(claims).await;
    let won = responses
        .iter()
        .filter(|response| response.json()["status"] == "OK")
        .count();
    assert_eq!(won, 1, "{responses:?}");
    for lost in responses
        .iter()
        .filter(|response| response.json()["status"] != "OK")
    {
        assert_eq!(*lost.json(), json!({"status": "WRONG_CREDENTIALS_ERROR"}));
    }
    assert_eq!(
        app.db().query_number("SELECT count(*) FROM sessions").await,
        1
    );
});

scenario!(concurrent_sign_ins_do_not_deadlock, async |app| {
    let ada = app.sign_up("ada").await;
    let form = credentials_form(&ada.email, PASSWORD);
    let responses =
        join_all((0..8).map(|_| app.anonymous().post("/auth/signin", &form).into_future())).await;
    for response in responses {
        assert_eq!(response.json()["status"], "OK", "{response}");
    }
});
