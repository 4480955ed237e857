//! Creating organizations.

use freehold_testkit::scenario;
use serde_json::{Value, json};

scenario!(create_returns_the_given_fields, async |app| {
    let ada = app.sign_up("ada").await;
    for (body, name, description) in [
        (json!({}), Value::Null, Value::Null),
        (
            json!({"name": null, "description": null}),
            Value::Null,
            Value::Null,
        ),
        (
            json!({"name": "second", "description": "d"}),
            json!("second"),
            json!("d"),
        ),
        (json!({"name": "", "unknown": 1}), json!(""), Value::Null),
        (json!({"name": "second"}), json!("second"), Value::Null),
        (
            json!({"name": " Größe 大 🏠\n"}),
            json!(" Größe 大 🏠\n"),
            Value::Null,
        ),
    ] {
        let response = ada.post("/organizations/", &body).await.expect_status(201);
        let id = response.text_field("id");
        response.expect_body(
            201,
            &json!({"id": id, "name": name, "description": description}),
        );
        let seen = ada
            .get(&format!("/organizations/{id}"))
            .await
            .expect_status(200);
        assert_eq!(seen.json()["name"], name);
        let sql = format!(
            "SELECT count(*) FROM resources r JOIN projects p ON p.id = r.project_id WHERE p.organization_id = {}",
            app.sql_id(&id)
        );
        assert_eq!(
            app.db().query_number(&sql).await,
            freehold_domain::SeedCatalog::built_in().items().len() as i64
        );
    }
    assert_eq!(ada.projects().await.len(), 7);
    // The default scope of the user does not change.
    let current = ada.get("/projects/current").await.expect_status(200);
    assert_eq!(current.json()["organization_name"], "ada");
});

scenario!(
    without_initial_content_a_project_is_empty,
    |settings| settings.seeds = false,
    async |app| {
        let ada = app.sign_up("ada").await;
        ada.create_organization("Second").await;
        assert_eq!(
            app.db()
                .query_number("SELECT count(*) FROM resources")
                .await,
            0
        );
    }
);
