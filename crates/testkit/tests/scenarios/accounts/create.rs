//! Accounts that an operator creates.

use freehold_testkit::scenario;

scenario!(
    existing_address_is_refused_with_and_without_password,
    async |app| {
        let ada = app.sign_up("ada").await;
        for password in [None, Some("Better-Horse-8")] {
            let refused = app.create_user_as_operator(&ada.email, password).await;
            assert_eq!(
                refused,
                Err("This email already exists. Please sign in instead.".to_owned()),
                "{password:?}"
            );
        }
        let audited = app.db().query_texts(
            "SELECT refused FROM audit_events WHERE action = 'user.created' AND refused IS NOT NULL",
        );
        assert_eq!(audited.await, ["email_taken", "email_taken"]);
    }
);
