//! Bulk invitations in CSV.

use freehold_testkit::scenario;
use serde_json::{Value, json};

use super::{bulk_invite_csv, invitations_path, pending_invitations, statuses};

scenario!(csv_and_json_are_equivalent, async |app| {
    let ada = app.sign_up("ada").await;
    let home = ada.only_organization_id().await;
    let lab = ada.create_workspace(&home, "Lab").await;
    let csv = format!(
        "\u{feff}Email,role,workspace_id\r\n\"one@x.test\",editor,\r\n two@x.test ,,{}\r\n\"a, b\",viewer,\r\nshort@x.test\r\n",
        lab.workspace
    );
    let path = format!("{}?role=annotator&delivery=none", invitations_path(&home));
    let response = bulk_invite_csv(&ada, &path, csv).await.expect_status(200);
    assert_eq!(
        statuses(&response),
        ["invited", "invited", "invalid_email", "invited"]
    );
    assert_eq!(response.json()["invitations"][0]["url"], Value::Null);
    assert_eq!(
        pending_invitations(app).await,
        [
            "one@x.test editor",
            "short@x.test annotator",
            "two@x.test annotator"
        ]
    );
    let there = format!(
        "SELECT email FROM project_invitations WHERE workspace_id = {}",
        app.sql_id(&lab.workspace)
    );
    assert_eq!(app.db().query_texts(&there).await, ["two@x.test"]);

    let before = app.db().row_counts().await;
    for (bad, line, why) in [
        (
            b"".as_slice(),
            1,
            "the first line has to name the column email",
        ),
        (
            b"role\nviewer\n",
            1,
            "the first line has to name the column email",
        ),
        (b"email\n", 1, "the table has no rows"),
        (
            b"email,name\na@x.test,A\n",
            1,
            "\"name\" is not a column; the columns are email, role, workspace_id",
        ),
        (
            b"email\na@x.test\nb@x.test,viewer\n",
            3,
            "a row has 2 columns, the header 1",
        ),
        (b"email\n\xfc@x.test\n", 2, "the table is not UTF-8"),
    ] {
        let response = bulk_invite_csv(&ada, &invitations_path(&home), bad)
            .await
            .expect_status(422);
        let error = &response.detail()[0];
        assert_eq!(error["loc"], json!(["body", line]), "{response}");
        assert_eq!(error["ctx"]["error"], why, "{response}");
    }
    assert_eq!(app.db().row_counts().await, before);
});
