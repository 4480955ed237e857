//! Invitations by the contract's three endpoints: who may ask whom, what the
//! link is, and what comes of following it.

mod accept;
mod bulk;
mod inbox;
mod issue;
mod links;
mod list;
mod resend;

use freehold_testkit::{InviteLink, Person, Place, TestApp};
use serde_json::json;

pub(crate) const NO_RIGHT: &str =
    "You do not have permission to perform this action. Please contact your Organization Owner";
pub(crate) const ALREADY: &str = "User is already a member of the workspace";
pub(crate) const NOWHERE: &str = "01900000-0000-7000-8000-000000000000";

/// How many rows a table has.
pub(crate) async fn count(app: &TestApp, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    app.db().number(&sql).await
}

/// Somebody who joins by an invitation.
pub(crate) async fn joins(
    app: &TestApp,
    by: &Person,
    place: &Place,
    name: &str,
    role: &str,
) -> Person {
    let link = by
        .invites_by_link(place, &format!("{name}@acme.test"), role)
        .await;
    let who = app.person(name).await;
    who.accepts(&link)
        .await
        .expect_body(200, &json!({"message": "Added user to workspace"}));
    who
}

/// Their roles in the organization, the workspace and its projects, by name.
pub(crate) async fn roles(app: &TestApp, who: &Person, place: &Place) -> String {
    let (user, organization) = (app.sql(&who.id), app.sql(&place.organization));
    let workspace = app.sql(&place.workspace);
    let sql = format!(
        "SELECT role FROM organization_members WHERE user_id = {user} AND organization_id = {organization}
         UNION ALL SELECT role FROM workspace_members WHERE user_id = {user} AND workspace_id = {workspace}
         UNION ALL SELECT role FROM project_members WHERE user_id = {user} AND workspace_id = {workspace}"
    );
    app.db().texts(&sql).await.join(" ")
}

/// What is said of an invitation that cannot be accepted.
#[track_caller]
pub(crate) fn says(answer: freehold_testkit::Answer, status: u16, error: &str) {
    let answer = answer.expect(status);
    assert_eq!(answer.detail()["error"], error, "{answer}");
    assert_eq!(answer.code(), error.to_lowercase());
    let message = answer.detail()["message"].as_str().unwrap();
    assert!(message.ends_with('.'), "{message}");
}

/// A link whose token can be looked for in a database.
pub(crate) async fn plain_link(by: &Person, place: &Place, email: &str) -> InviteLink {
    let mut link = by.invites_by_link(place, email, "viewer").await;
    while link.token.contains('_') {
        link = InviteLink::of(&by.asks_again(place, email).await.expect(200));
    }
    link
}
