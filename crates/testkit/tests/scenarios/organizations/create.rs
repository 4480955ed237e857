//! Founding organizations.

use freehold_testkit::story;
use serde_json::{Value, json};

story!(founding_answers_with_what_was_given, async |app| {
    let ada = app.person("ada").await;
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
        let answer = ada.post("/organizations/", &body).await.expect(201);
        let id = answer.word("id");
        answer.expect_body(
            201,
            &json!({"id": id, "name": name, "description": description}),
        );
        let seen = ada.get(&format!("/organizations/{id}")).await.expect(200);
        assert_eq!(seen.json()["name"], name);
        let sql = format!(
            "SELECT count(*) FROM resources r JOIN projects p ON p.id = r.project_id WHERE p.organization_id = {}",
            app.sql(&id)
        );
        assert_eq!(
            app.db().number(&sql).await,
            freehold_domain::SeedCatalog::built_in().items().len() as i64
        );
    }
    assert_eq!(ada.projects().await.len(), 7);
    // Where somebody works without saying where does not move.
    let current = ada.get("/projects/current").await.expect(200);
    assert_eq!(current.json()["organization_name"], "ada");
});

story!(
    without_seeds_a_project_starts_empty,
    |settings| settings.seeds = false,
    async |app| {
        let ada = app.person("ada").await;
        ada.founds("Second").await;
        assert_eq!(app.db().number("SELECT count(*) FROM resources").await, 0);
    }
);
