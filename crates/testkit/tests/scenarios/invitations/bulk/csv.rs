//! Tables in CSV.

use freehold_testkit::story;
use serde_json::{Value, json};

use super::{kept, path, statuses, table};

story!(a_table_says_the_same_as_a_list, async |app| {
    let ada = app.person("ada").await;
    let home = ada.home().await;
    let lab = ada.adds_workspace(&home, "Lab").await;
    let csv = format!(
        "\u{feff}Email,role,workspace_id\r\n\"one@x.test\",editor,\r\n two@x.test ,,{}\r\n\"a, b\",viewer,\r\nshort@x.test\r\n",
        lab.workspace
    );
    let asked = format!("{}?role=annotator&delivery=none", path(&home));
    let answer = table(&ada, &asked, csv).await.expect(200);
    assert_eq!(
        statuses(&answer),
        ["invited", "invited", "invalid_email", "invited"]
    );
    assert_eq!(answer.json()["invitations"][0]["url"], Value::Null);
    assert_eq!(
        kept(app).await,
        [
            "one@x.test editor",
            "short@x.test annotator",
            "two@x.test annotator"
        ]
    );
    let there = format!(
        "SELECT email FROM project_invitations WHERE workspace_id = {}",
        app.sql(&lab.workspace)
    );
    assert_eq!(app.db().texts(&there).await, ["two@x.test"]);

    let before = app.db().row_counts().await;
    for (bad, line, why) in [
        (
            b"".as_slice(),
            1,
            "the first line has to name a column email",
        ),
        (
            b"role\nviewer\n",
            1,
            "the first line has to name a column email",
        ),
        (b"email\n", 1, "the table has no rows"),
        (
            b"email,name\na@x.test,A\n",
            1,
            "there is no column \"name\"; columns are email, role, workspace_id",
        ),
        (
            b"email\na@x.test\nb@x.test,viewer\n",
            3,
            "a row has 2 columns, the header 1",
        ),
        (b"email\n\xfc@x.test\n", 2, "the table is not UTF-8"),
    ] {
        let answer = table(&ada, &path(&home), bad).await.expect(422);
        let told = &answer.detail()[0];
        assert_eq!(told["loc"], json!(["body", line]), "{answer}");
        assert_eq!(told["ctx"]["error"], why, "{answer}");
    }
    assert_eq!(app.db().row_counts().await, before);
});
