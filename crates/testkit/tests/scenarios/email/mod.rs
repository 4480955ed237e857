//! Emails, from the command that queues them to a real mail server: their contents,
//! and their delivery when the mail server refuses or is down, or a node stops.

mod jobs;
mod messages;
mod nodes;
mod transport;

use std::time::Duration;

use freehold_domain::{Clock, RandomSource};
use freehold_server::system::SystemRandomSource;
use freehold_testkit::{ReceivedEmail, Response, TestApp, TestUser};
use serde_json::{Value, json};

const NEW_PASSWORD: &str = "Better-Horse-8";
const HOUR: Duration = Duration::from_secs(60 * 60);

async fn request_password_reset(app: &TestApp, email: &str) -> Response {
    let body = json!({"formFields": [{"id": "email", "value": email}]});
    app.anonymous()
        .post("/auth/user/password/reset/token", &body)
        .await
        .expect_body(200, &json!({"status": "OK"}))
}

async fn set_password(app: &TestApp, link: &str, password: &str) -> Response {
    let token = link.split(['=', '&']).nth(1).unwrap();
    let body = json!({
        "method": "token", "token": token, "formFields": [{"id": "password", "value": password}],
    });
    app.anonymous()
        .post("/auth/user/password/reset", &body)
        .await
        .expect_status(200)
}

/// The link of an email; panics if there is another one, or if it is not both on the
/// button and in the text.
fn only_link(mail: &ReceivedEmail) -> String {
    assert_eq!(mail.links.len(), 1, "{}", mail.text);
    let link = mail.links[0].clone();
    let href = format!("href=\"{}\"", link.replace('&', "&#38;"));
    assert_eq!(mail.html.matches(&href).count(), 2, "{}", mail.html);
    assert_eq!(mail.html.matches("http").count(), 3, "{}", mail.html);
    assert!(mail.text.starts_with(&format!("Hello {},", mail.to)));
    assert!(mail.html.contains(&format!("Hello {},", mail.to)));
    link
}

/// Inserts an invitation from `who` into the database; returns its id.
async fn insert_invitation(
    app: &TestApp,
    who: &TestUser,
    organization: &str,
    email: &str,
) -> String {
    let now = app.clock().now();
    let id = SystemRandomSource.uuid(now);
    let sql = format!(
        "INSERT INTO project_invitations
             (id, token, email, role, project_id, workspace_id, organization_id, expiration_date, issuer_id, mailed)
         SELECT {}, '{}', '{email}', 'viewer', id, workspace_id, organization_id, {}, {}, true
           FROM projects WHERE organization_id = {} AND is_default",
        app.db().sql_uuid(id),
        id.simple().to_string().repeat(2),
        app.db().sql_time(now + 168 * HOUR),
        app.sql_id(&who.id),
        app.sql_id(organization),
    );
    app.db().execute(&sql).await.unwrap();
    id.to_string()
}

fn invitation_job(id: &str, generation: i64) -> Value {
    json!({"template": "invitation", "invitation": id, "generation": generation})
}

/// The only text that a query returns.
async fn text(app: &TestApp, sql: &str) -> String {
    let mut texts = app.db().query_texts(sql).await;
    assert_eq!(texts.len(), 1, "{sql}: {texts:?}");
    texts.remove(0)
}
