//! Signing up, in and out: the new account, the claims of its tokens, and responses
//! that do not reveal which addresses have an account.

use freehold_testkit::{PASSWORD, TestApp, TestUser, credentials_form, scenario};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::auth::tokens::{front_token, verified_claims};

scenario!(
    sign_up_creates_account_session_and_organization,
    async |app| {
        let before = app
            .anonymous()
            .get("/auth/signup/email/exists?email=ada@acme.test")
            .await;
        before.expect_body(200, &json!({"status": "OK", "exists": false}));
        let form = credentials_form("  Ada@Acme.Test ", PASSWORD);
        let response = app
            .anonymous()
            .post("/auth/signup", &form)
            .await
            .expect_status(200);
        let user = response.json()["user"].clone();
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
        let front = front_token(&response);
        let ada = TestUser::from_response(app.anonymous(), response);
        let claims = verified_claims(app, &ada.access_token).await;
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

        let profile = ada.get("/profile").await.expect_status(200);
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
            .anonymous()
            .get("/auth/emailpassword/email/exists?email=ADA@acme.test")
            .await;
        after.expect_body(200, &json!({"status": "OK", "exists": true}));
    }
);

scenario!(signing_in_and_out, async |app| {
    let ada = app.sign_up("ada").await;
    let again = TestUser::sign_in(app.anonymous(), " ADA@ACME.TEST", PASSWORD).await;
    assert_eq!(again.id, ada.id);
    let claims = verified_claims(app, &again.access_token).await;
    assert_eq!(claims["is_new_user"], false);
    let out = again.post_empty("/auth/signout").await;
    assert_eq!(out.header("front-token"), Some("remove"));
    assert_eq!(out.header("st-access-token"), Some(""));
    out.expect_body(200, &json!({"status": "OK"}));

    again.get("/profile").await.expect_status(401);
    again.refresh_session().await.expect_status(401);
    // The other session is still valid. Signing out without a session succeeds.
    ada.get("/profile").await.expect_status(200);
    let anonymous = app.anonymous().post_empty("/auth/signout").await;
    anonymous.expect_body(200, &json!({"status": "OK"}));
    again.post_empty("/auth/signout").await.expect_status(200);
});

scenario!(repeated_sign_up_signs_in, async |app| {
    let ada = app.sign_up("ada").await;
    let again = TestUser::sign_up(app.anonymous(), "Ada@acme.test").await;
    assert_eq!(again.id, ada.id);
    assert_eq!(
        again.only_organization_id().await,
        ada.only_organization_id().await
    );
    let other = app
        .anonymous()
        .post(
            "/auth/signup",
            &credentials_form("ada@acme.test", "Another-Horse-7"),
        )
        .await;
    other.expect_body(200, &json!({"status": "WRONG_CREDENTIALS_ERROR"}));
});

scenario!(
    wrong_password_and_unknown_address_get_the_same_response,
    async |app| {
        app.sign_up("ada").await;
        let wrong = app
            .anonymous()
            .post(
                "/auth/signin",
                &credentials_form("ada@acme.test", "Wrong-Horse-7"),
            )
            .await;
        let unknown = app
            .anonymous()
            .post(
                "/auth/signin",
                &credentials_form("eve@acme.test", "Wrong-Horse-7"),
            )
            .await;
        assert_eq!(wrong.text(), unknown.text());
        for response in [wrong, unknown] {
            assert_eq!(response.header("st-access-token"), None);
            response.expect_body(200, &json!({"status": "WRONG_CREDENTIALS_ERROR"}));
        }
    }
);

scenario!(forms_are_checked_field_by_field, async |app| {
    let request = async |path: &str, fields: Value| {
        app.anonymous()
            .post(path, &json!({"formFields": fields}))
            .await
    };
    let field = |id: &str, value: &str| json!({"id": id, "value": value});
    let field_errors = |errors: &[(&str, &str)]| {
        let fields = errors
            .iter()
            .map(|(id, error)| json!({"id": id, "error": error}));
        json!({"status": "FIELD_ERROR", "formFields": fields.collect::<Vec<_>>()})
    };
    for path in ["/auth/signup", "/auth/signin"] {
        let both = [
            ("email", "Field is not optional"),
            ("password", "Field is not optional"),
        ];
        request(path, json!([]))
            .await
            .expect_body(200, &field_errors(&both));
        let no_password = json!([field("email", "a@x.test")]);
        request(path, no_password)
            .await
            .expect_body(200, &field_errors(&both[1..]));
        let fields = json!([
            field("email", "a@x.test"),
            field("password", "x"),
            field("role", "owner")
        ]);
        let many = request(path, fields).await.expect_status(400);
        assert_eq!(
            many.json()["message"],
            "Are you sending too many formFields?"
        );
        let two = json!([field("email", "a@b@c.test"), field("password", PASSWORD)]);
        let response = request(path, two).await.expect_status(200);
        assert_eq!(
            response.json()["formFields"][0]["id"],
            "email",
            "{response}"
        );
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
        request("/auth/signup", fields)
            .await
            .expect_body(200, &field_errors(&[("password", error)]));
    }
    let old_page = json!([
        field("email", "bob@x.test"),
        field("password", PASSWORD),
        field("actualEmail", "bob@x.test"),
    ]);
    let response = request("/auth/signup", old_page).await;
    assert_eq!(response.json()["status"], "OK", "{response}");
    assert_eq!(app.db().query_number("SELECT count(*) FROM users").await, 1);
});

/// Sends 20 sign-ups at once with different spellings of one address; attempt `n`
/// has the password `password_of(n)`.
async fn sign_up_concurrently(
    app: &TestApp,
    password_of: impl Fn(usize) -> String,
) -> Vec<freehold_testkit::Response> {
    let spellings = [
        "ada@acme.test",
        "ADA@acme.test",
        "Ada@ACME.TEST",
        " aDa@Acme.Test ",
    ];
    let requests = (0..20).map(|n| {
        let form = credentials_form(spellings[n % spellings.len()], &password_of(n));
        let client = app.anonymous().clone();
        async move { client.post("/auth/signup", &form).await }
    });
    join_all(requests).await
}

async fn expect_one_account(app: &TestApp) {
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
            .query_number(&format!("SELECT count(*) FROM {table}"))
            .await;
        assert_eq!(count, 1, "{table}");
    }
}

scenario!(
    concurrent_sign_ups_create_one_account,
    // The limit of attempts is tested elsewhere.
    |settings| settings.sign_in_limits.per_account = 0,
    async |app| {
        let responses = sign_up_concurrently(app, |_| PASSWORD.to_owned()).await;
        expect_one_account(app).await;
        let home = TestUser::from_response(app.anonymous(), responses[0].clone())
            .only_organization_id()
            .await;
        for response in responses {
            let user = TestUser::from_response(app.anonymous(), response);
            assert_eq!(user.only_organization_id().await, home);
        }
    }
);

scenario!(
    concurrent_sign_ups_with_different_passwords_one_succeeds,
    |settings| settings.sign_in_limits.per_account = 0,
    async |app| {
        let responses = sign_up_concurrently(app, |n| format!("{PASSWORD}-{n}")).await;
        expect_one_account(app).await;
        let mut winners = 0;
        for response in responses {
            if response.json()["status"] == "OK" {
                winners += 1;
                TestUser::from_response(app.anonymous(), response)
                    .only_organization_id()
                    .await;
            } else {
                response.expect_body(200, &json!({"status": "WRONG_CREDENTIALS_ERROR"}));
            }
        }
        assert_eq!(winners, 1);
    }
);
