//! Letters, from the command that is their cause to a real mail server: what
//! they say, and what becomes of them when it refuses, is away, or we stop.

mod jobs;
mod messages;
mod nodes;
mod transport;

use std::time::Duration;

use freehold_domain::{Clock, RandomSource};
use freehold_server::system::SystemChance;
use freehold_testkit::{Answer, Mail, Person, TestApp};
use serde_json::{Value, json};

const NEW: &str = "Better-Horse-8";
const HOUR: Duration = Duration::from_secs(60 * 60);

async fn forgets(app: &TestApp, email: &str) -> Answer {
    let body = json!({"formFields": [{"id": "email", "value": email}]});
    app.stranger()
        .post("/auth/user/password/reset/token", &body)
        .await
        .expect_body(200, &json!({"status": "OK"}))
}

async fn sets(app: &TestApp, link: &str, password: &str) -> Answer {
    let token = link.split(['=', '&']).nth(1).unwrap();
    let body = json!({
        "method": "token", "token": token, "formFields": [{"id": "password", "value": password}],
    });
    app.stranger()
        .post("/auth/user/password/reset", &body)
        .await
        .expect(200)
}

/// What every letter has: one link, on a button and bare, and nothing else
/// that leads anywhere.
fn leads_to(mail: &Mail) -> String {
    assert_eq!(mail.links.len(), 1, "{}", mail.text);
    let link = mail.links[0].clone();
    let href = format!("href=\"{}\"", link.replace('&', "&#38;"));
    assert_eq!(mail.html.matches(&href).count(), 2, "{}", mail.html);
    assert_eq!(mail.html.matches("http").count(), 3, "{}", mail.html);
    assert!(mail.text.starts_with(&format!("Hello {},", mail.to)));
    assert!(mail.html.contains(&format!("Hello {},", mail.to)));
    link
}

/// Puts an invitation from `who` into the database; its id.
async fn invites(app: &TestApp, who: &Person, organization: &str, email: &str) -> String {
    let now = app.clock().now();
    let id = SystemChance.uuid(now);
    let sql = format!(
        "INSERT INTO project_invitations
             (id, token, email, role, project_id, workspace_id, organization_id, expiration_date, issuer_id, mailed)
         SELECT {}, '{}', '{email}', 'viewer', id, workspace_id, organization_id, {}, {}, true
           FROM projects WHERE organization_id = {} AND is_default",
        app.db().uuid(id),
        id.simple().to_string().repeat(2),
        app.db().time(now + 168 * HOUR),
        app.sql(&who.id),
        app.sql(organization),
    );
    app.db().raw(&sql).await.unwrap();
    id.to_string()
}

fn invitation(id: &str, generation: i64) -> Value {
    json!({"letter": "invitation", "invitation": id, "generation": generation})
}

/// One text that a query answers.
async fn text(app: &TestApp, sql: &str) -> String {
    let mut texts = app.db().texts(sql).await;
    assert_eq!(texts.len(), 1, "{sql}: {texts:?}");
    texts.remove(0)
}
