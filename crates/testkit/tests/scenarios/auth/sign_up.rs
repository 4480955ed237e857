//! Signing up, in and out: what an account is, what its tokens say, and that
//! nobody learns who else has one.

use freehold_testkit::{PASSWORD, Person, TestApp, form, story};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::auth::tokens::{front_token, verified_claims};

story!(
    signing_up_gives_an_account_a_session_and_an_organization,
    async |app| {
        let before = app
            .stranger()
            .get("/auth/signup/email/exists?email=ada@acme.test")
            .await;
        before.expect_body(200, &json!({"status": "OK", "exists": false}));
        let form = form("  Ada@Acme.Test ", PASSWORD);
        let answer = app.stranger().post("/auth/signup", &form).await.expect(200);
        let user = answer.json()["user"].clone();
        let id = user["id"].as_str().unwrap();
        let joined = user["timeJoined"].as_i64().unwrap();
        assert_eq!(
            user,
            json!({
                "id": id, "isPrimaryUser": false, "tenantIds": ["public"], "emails": ["ada@acme.test"],
                "phoneNumbers": [], "thirdParty": [], "webauthn": {"credentialIds": []}, "timeJoined": joined,
                "loginMethods": [{"recipeId": "emailpassword", "recipeUserId": id, "tenantIds": ["public"],
                    "timeJoined": joined, "verified": false, "email": "ada@acme.test"}],
            })
        );
        let front = front_token(&answer);
        let ada = Person::of(app.stranger(), answer);
        let claims = verified_claims(app, &ada.access).await;
        assert_eq!(front["uid"], id);
        assert_eq!(front["up"], claims);
        assert_eq!(
            front["ate"].as_i64().unwrap() / 1000,
            claims["exp"].as_i64().unwrap()
        );
        assert_eq!(claims["sub"], id);
        assert_eq!(claims["user_identities"], json!(["email:password"]));
        assert_eq!(claims["session_identities"], json!(["email:password"]));
        assert_eq!(claims["is_new_user"], true);
        assert_eq!(
            claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
            3600
        );

        let profile = ada.get("/profile").await.expect(200);
        assert_eq!(profile.json()["username"], "ada");
        assert_eq!(profile.json()["email"], "ada@acme.test");
        assert_eq!(profile.json()["uid"], id);
        let organizations = ada.organizations().await;
        assert_eq!(organizations.len(), 1);
        assert_eq!(organizations[0]["name"], "ada");
        assert_eq!(organizations[0]["description"], "Default Organization");
        assert_eq!(organizations[0]["owner_id"], ada.id);
        let projects = ada.projects().await;
        assert_eq!(projects.len(), 1);
        assert_eq!(projects[0]["user_role"], "owner");
        assert_eq!(projects[0]["is_default_project"], true);
        let after = app
            .stranger()
            .get("/auth/emailpassword/email/exists?email=ADA@acme.test")
            .await;
        after.expect_body(200, &json!({"status": "OK", "exists": true}));
    }
);

story!(signing_in_and_out, async |app| {
    let ada = app.person("ada").await;
    let again = Person::sign_in(app.stranger(), " ADA@ACME.TEST", PASSWORD).await;
    assert_eq!(again.id, ada.id);
    let claims = verified_claims(app, &again.access).await;
    assert_eq!(claims["is_new_user"], false);
    let out = again.post_nothing("/auth/signout").await;
    assert_eq!(out.header("front-token"), Some("remove"));
    assert_eq!(out.header("st-access-token"), Some(""));
    out.expect_body(200, &json!({"status": "OK"}));

    again.get("/profile").await.expect(401);
    again.refreshes().await.expect(401);
    // The other session goes on; and without one there is nothing to end.
    ada.get("/profile").await.expect(200);
    let nobody = app.stranger().post_nothing("/auth/signout").await;
    nobody.expect_body(200, &json!({"status": "OK"}));
    again.post_nothing("/auth/signout").await.expect(200);
});

story!(a_second_sign_up_is_a_sign_in, async |app| {
    let ada = app.person("ada").await;
    let again = Person::sign_up(app.stranger(), "Ada@acme.test").await;
    assert_eq!(again.id, ada.id);
    assert_eq!(again.home().await, ada.home().await);
    let other = app
        .stranger()
        .post("/auth/signup", &form("ada@acme.test", "Another-Horse-7"))
        .await;
    other.expect_body(200, &json!({"status": "WRONG_CREDENTIALS_ERROR"}));
});

story!(
    a_wrong_password_and_an_unknown_address_are_answered_alike,
    async |app| {
        app.person("ada").await;
        let wrong = app
            .stranger()
            .post("/auth/signin", &form("ada@acme.test", "Wrong-Horse-7"))
            .await;
        let unknown = app
            .stranger()
            .post("/auth/signin", &form("eve@acme.test", "Wrong-Horse-7"))
            .await;
        assert_eq!(wrong.text(), unknown.text());
        for answer in [wrong, unknown] {
            assert_eq!(answer.header("st-access-token"), None);
            answer.expect_body(200, &json!({"status": "WRONG_CREDENTIALS_ERROR"}));
        }
    }
);

story!(forms_are_checked_field_by_field, async |app| {
    let ask = async |path: &str, fields: Value| {
        app.stranger()
            .post(path, &json!({"formFields": fields}))
            .await
    };
    let field = |id: &str, value: &str| json!({"id": id, "value": value});
    let told = |problems: &[(&str, &str)]| {
        let told = problems
            .iter()
            .map(|(id, error)| json!({"id": id, "error": error}));
        json!({"status": "FIELD_ERROR", "formFields": told.collect::<Vec<_>>()})
    };
    for path in ["/auth/signup", "/auth/signin"] {
        let both = [
            ("email", "Field is not optional"),
            ("password", "Field is not optional"),
        ];
        ask(path, json!([])).await.expect_body(200, &told(&both));
        let no_password = json!([field("email", "a@x.test")]);
        ask(path, no_password)
            .await
            .expect_body(200, &told(&both[1..]));
        let fields = json!([
            field("email", "a@x.test"),
            field("password", "x"),
            field("role", "owner")
        ]);
        let many = ask(path, fields).await.expect(400);
        assert_eq!(
            many.json()["message"],
            "Are you sending too many formFields?"
        );
        let two = json!([field("email", "a@b@c.test"), field("password", PASSWORD)]);
        let answer = ask(path, two).await.expect(200);
        assert_eq!(answer.json()["formFields"][0]["id"], "email", "{answer}");
    }
    for (password, error) in [
        ("Sh0rt!", "Password must be at least 8 characters long."),
        (
            "no-capital-7",
            "Password must contain at least one uppercase letter.",
        ),
        ("No-Digit-Here", "Password must contain at least one digit."),
        (
            "NoSpecial77",
            "Password must contain at least one special character (!@#$%^&* etc.).",
        ),
    ] {
        let fields = json!([field("email", "a@x.test"), field("password", password)]);
        ask("/auth/signup", fields)
            .await
            .expect_body(200, &told(&[("password", error)]));
    }
    let old_page = json!([
        field("email", "bob@x.test"),
        field("password", PASSWORD),
        field("actualEmail", "bob@x.test"),
    ]);
    let answer = ask("/auth/signup", old_page).await;
    assert_eq!(answer.json()["status"], "OK", "{answer}");
    assert_eq!(app.db().number("SELECT count(*) FROM users").await, 1);
});

/// Twenty at once, spelled differently, all with `password_of`.
async fn twenty(
    app: &TestApp,
    password_of: impl Fn(usize) -> String,
) -> Vec<freehold_testkit::Answer> {
    let spellings = [
        "ada@acme.test",
        "ADA@acme.test",
        "Ada@ACME.TEST",
        " aDa@Acme.Test ",
    ];
    let asked = (0..20).map(|n| {
        let form = form(spellings[n % spellings.len()], &password_of(n));
        let client = app.stranger().clone();
        async move { client.post("/auth/signup", &form).await }
    });
    join_all(asked).await
}

async fn one_account(app: &TestApp) {
    for table in [
        "users",
        "passwords",
        "user_identities",
        "organizations",
        "workspaces",
        "projects",
    ] {
        let count = app
            .db()
            .number(&format!("SELECT count(*) FROM {table}"))
            .await;
        assert_eq!(count, 1, "{table}");
    }
}

story!(
    twenty_sign_ups_of_one_address_at_once_make_one_account,
    // Whether twenty attempts are too many is another story.
    |settings| settings.limits.per_account = 0,
    async |app| {
        let answers = twenty(app, |_| PASSWORD.to_owned()).await;
        one_account(app).await;
        let home = Person::of(app.stranger(), answers[0].clone()).home().await;
        for answer in answers {
            let person = Person::of(app.stranger(), answer);
            assert_eq!(person.home().await, home);
        }
    }
);

story!(
    of_twenty_sign_ups_with_different_passwords_one_wins,
    |settings| settings.limits.per_account = 0,
    async |app| {
        let answers = twenty(app, |n| format!("{PASSWORD}-{n}")).await;
        one_account(app).await;
        let mut winners = 0;
        for answer in answers {
            if answer.json()["status"] == "OK" {
                winners += 1;
                Person::of(app.stranger(), answer).home().await;
            } else {
                answer.expect_body(200, &json!({"status": "WRONG_CREDENTIALS_ERROR"}));
            }
        }
        assert_eq!(winners, 1);
    }
);
