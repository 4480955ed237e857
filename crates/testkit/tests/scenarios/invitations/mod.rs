//! Invitations by the three endpoints of the reference API: who may invite whom,
//! what the link contains, and what accepting it does.

mod accept;
mod bulk;
mod inbox;
mod issue;
pub(crate) mod links;
mod list;
mod resend;

use freehold_testkit::{InvitationLink, TestApp, TestScope, TestUser};
use serde_json::json;

pub(crate) const NO_PERMISSION: &str =
    "You do not have permission to perform this action. Please contact your Organization Owner";
pub(crate) const ALREADY_MEMBER: &str = "User is already a member of the workspace";
pub(crate) const UNKNOWN_ID: &str = "01900000-0000-7000-8000-000000000000";

/// The number of rows of a table.
pub(crate) async fn count(app: &TestApp, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    app.db().query_number(&sql).await
}

/// Signs up a user who joins by an invitation.
pub(crate) async fn join_by_invitation(
    app: &TestApp,
    issuer: &TestUser,
    scope: &TestScope,
    name: &str,
    role: &str,
) -> TestUser {
    let link = issuer
        .invite_by_link(scope, &format!("{name}@acme.test"), role)
        .await;
    let who = app.sign_up(name).await;
    who.accept_invitation(&link)
        .await
        .expect_body(200, &json!({"message": "Added user to workspace"}));
    who
}

/// A user's roles in the organization, the workspace and its projects, by name.
pub(crate) async fn roles(app: &TestApp, who: &TestUser, scope: &TestScope) -> String {
    let (user, organization) = (app.sql_id(&who.id), app.sql_id(&scope.organization));
    let workspace = app.sql_id(&scope.workspace);
    let sql = format!(
        "SELECT role FROM organization_members WHERE user_id = {user} AND organization_id = {organization}
         UNION ALL SELECT role FROM workspace_members WHERE user_id = {user} AND workspace_id = {workspace}
         UNION ALL SELECT role FROM project_members WHERE user_id = {user} AND workspace_id = {workspace}"
    );
    app.db().query_texts(&sql).await.join(" ")
}

/// The error of an invitation that cannot be accepted.
#[track_caller]
pub(crate) fn expect_invite_error(response: freehold_testkit::Response, status: u16, error: &str) {
    let response = response.expect_status(status);
    assert_eq!(response.detail()["error"], error, "{response}");
    assert_eq!(response.code(), error.to_lowercase());
    let message = response.detail()["message"].as_str().unwrap();
    assert!(message.ends_with('.'), "{message}");
}

/// A link whose token has no `_`, so that the database can be searched for it.
pub(crate) async fn link_without_underscore(
    issuer: &TestUser,
    scope: &TestScope,
    email: &str,
) -> InvitationLink {
    let mut link = issuer.invite_by_link(scope, email, "viewer").await;
    while link.token.contains('_') {
        link = InvitationLink::from_response(
            &issuer
                .resend_invitation(scope, email)
                .await
                .expect_status(200),
        );
    }
    link
}
