//! Editions: the sample edition (`testkit/src/bin/sample_edition.rs`) as a process, and the open
//! program on the database that it used.

use freehold_testkit::{Engine, ServerProcess, TestUser, on_each_engine};
use serde_json::json;

use crate::fixtures::deployment::Deployment;

const SAMPLE: (&str, &str) = ("FREEHOLD_TEST_PROGRAM", "sample_edition");
const ADMIN_KEY: &str = "an admin key that is long enough for tests";

async fn start(deployment: &Deployment, env: &[(&str, &str)]) -> ServerProcess {
    let mut all = vec![("FREEHOLD_ADMIN_KEY", ADMIN_KEY)];
    all.extend(env);
    deployment.start_with(&all).await
}

async fn run(deployment: &Deployment, env: &[(&str, &str)], args: &[&str]) -> (i32, String) {
    let (database, folder) = (deployment.database(), deployment.folder.path());
    let output = ServerProcess::run_command(&database, folder, env, args).await;
    let text = [output.stdout, output.stderr].concat();
    let status = output.status.code().unwrap_or(-1);
    (status, String::from_utf8_lossy(&text).into_owned())
}

async fn sample_edition_adds_one_of_each(engine: Engine) {
    let deployment = Deployment::new(engine).await;
    let mut server = start(&deployment, &[SAMPLE]).await;
    let client = server.anonymous();

    let capabilities = client.get("/capabilities").await.expect_status(200);
    let capabilities = capabilities.json();
    assert_eq!(capabilities["capabilities"], json!(["sample_seats"]));
    assert_eq!(capabilities["plans"], json!(["free", "pro"]));
    assert_eq!(capabilities["permissions"], json!(["edit_seats"]));
    assert_eq!(capabilities["error_codes"][0]["code"], "sample_seat_limit");

    // The event of a sign-up writes the extension's row in the same transaction.
    let ada = TestUser::sign_up(client, "ada@acme.test").await;
    let home = ada.default_scope().await;
    let seats = format!("/sample/seats/{}", home.organization);
    ada.get(&seats).await.expect_body(200, &json!({"seats": 1}));
    // Its route asks who is calling, and is described.
    client.get(&seats).await.expect_status(401);
    let bob = TestUser::sign_up(client, "bob@acme.test").await;
    bob.get(&seats).await.expect_status(404);
    let document = client.get("/openapi.json").await;
    let operation = &document.json()["paths"]["/sample/seats/{organization_id}"]["get"];
    assert_eq!(operation["x-scope"], "user");
    assert!(
        operation["security"][0]["session"].is_array(),
        "{operation}"
    );

    // A veto rolls back the whole command.
    let refused = ada
        .post("/organizations/", &json!({"name": "forbidden"}))
        .await;
    assert_eq!(
        (refused.status(), refused.code()),
        (403, "sample_forbidden_name")
    );
    assert_eq!(ada.organizations().await.len(), 1);
    // The quota: two seats, of which the second is for the invitation.
    let invited = ada.invite(&home, "bob@acme.test", "viewer").await;
    invited.expect_status(200);
    let refused = ada.invite(&home, "cleo@acme.test", "viewer").await;
    assert_eq!(
        (refused.status(), refused.code()),
        (403, "sample_seat_limit")
    );
    // The admission.
    let eve = TestUser::sign_up(client, "eve@outside.test").await;
    let other = bob.default_scope().await;
    let link = bob
        .invite_by_link(&other, "eve@outside.test", "viewer")
        .await;
    eve.accept_invitation(&link).await.expect_status(401);
    // The plan that an operator asks for reaches the event.
    let operator = client.with_authorization(format!("Access {ADMIN_KEY}"));
    let graph = json!({
        "users": {"u": {"email": "dora@acme.test"}},
        "organizations": {"o": {"name": "O", "owner_user_ref": {"ref": "u"}}},
        "workspaces": {"w": {"name": "W", "organization_ref": {"ref": "o"}}},
        "projects": {"p": {
            "name": "P", "organization_ref": {"ref": "o"}, "workspace_ref": {"ref": "w"},
        }},
        "subscriptions": {"o": {"plan": "pro"}},
        "options": {"seed_defaults": false},
    });
    operator
        .post("/admin/accounts/", &graph)
        .await
        .expect_status(200);
    let plans = "SELECT DISTINCT plan FROM sample_seats ORDER BY plan";
    assert_eq!(deployment.query_texts(plans).await, ["free", "pro"]);
    // The job.
    loop {
        let metrics = client.get("/metrics").await.expect_status(200).text();
        if metrics
            .lines()
            .any(|line| line.contains("sample_recount") && !line.ends_with(" 0"))
        {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    server.terminate();
    server.wait_for_exit().await;

    // The setting, the command and the check.
    let wrong = [SAMPLE, ("FREEHOLD_SAMPLE_SEAT_LIMIT", "none")];
    let (status, text) = run(&deployment, &wrong, &["config", "check"]).await;
    assert_eq!(status, 2);
    assert!(text.contains("FREEHOLD_SAMPLE_SEAT_LIMIT"), "{text}");
    assert!(text.contains("a whole number, 1 or more"), "{text}");
    let (_, text) = run(&deployment, &[SAMPLE], &["config", "print"]).await;
    assert!(text.contains("sample_seat_limit = \"2\""), "{text}");
    let (status, text) = run(&deployment, &[SAMPLE], &["seats", "--label", "rows"]).await;
    assert_eq!((status, text.trim()), (0, "4 rows"));
    let (status, text) = run(&deployment, &[SAMPLE], &["doctor"]).await;
    assert_eq!(status, 0, "{text}");
    deployment
        .execute("UPDATE sample_seats SET seats = 0 WHERE plan = 'pro'")
        .await;
    let (status, text) = run(&deployment, &[SAMPLE], &["doctor"]).await;
    assert_eq!(status, 2, "{text}");
    assert!(text.contains("sample_seats_positive"), "{text}");

    // The open program starts on the database, leaves the table alone and says so.
    let (status, text) = run(&deployment, &[], &["doctor"]).await;
    assert_eq!(status, 0, "{text}");
    let mut server = start(&deployment, &[]).await;
    let client = server.anonymous();
    let capabilities = client.get("/capabilities").await;
    assert_eq!(capabilities.json()["capabilities"], json!([]));
    let ada = TestUser::sign_in(client, "ada@acme.test", freehold_testkit::PASSWORD).await;
    ada.create_organization("Without seats").await;
    ada.get(&seats).await.expect_status(404);
    server.terminate();
    server.wait_for_exit().await;
    let log = std::fs::read_to_string(deployment.folder.path().join("freehold.log")).unwrap();
    assert!(
        log.contains("tables of extensions that this server does not have"),
        "{log}"
    );
    let rows = "SELECT CAST(count(*) AS TEXT) FROM sample_seats";
    assert_eq!(deployment.query_texts(rows).await, ["4"]);
}

on_each_engine!(
    the_sample_edition_adds_one_of_each,
    sample_edition_adds_one_of_each
);
