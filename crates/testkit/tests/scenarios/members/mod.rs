//! Members of organizations and workspaces.

mod password_reset;
mod remove;
mod roles;
mod single_levels;

use freehold_testkit::{TestApp, TestScope, TestUser};
use serde_json::Value;

/// Adds a user with one role on all levels of an organization.
pub(crate) async fn add_member(
    app: &TestApp,
    home: &TestScope,
    name: &str,
    role: &str,
) -> TestUser {
    let who = app.sign_up(name).await;
    app.insert_member(&home.organization, &who, ["viewer", role, role])
        .await;
    who
}

/// The roles of a user in a workspace and in each of its projects.
pub(crate) async fn member_roles(app: &TestApp, scope: &TestScope, who: &TestUser) -> Vec<String> {
    let (workspace, user) = (app.sql_id(&scope.workspace), app.sql_id(&who.id));
    let sql = format!(
        "SELECT role FROM workspace_members WHERE workspace_id = {workspace} AND user_id = {user}
         UNION ALL
         SELECT role FROM project_members WHERE workspace_id = {workspace} AND user_id = {user}"
    );
    app.db().query_texts(&sql).await
}

/// The last audit event of this action.
pub(crate) async fn last_event_details(app: &TestApp, action: &str) -> Value {
    let sql = format!(
        "SELECT CAST(details AS TEXT) FROM audit_events
          WHERE action = '{action}' AND refused IS NULL ORDER BY at DESC, id DESC LIMIT 1"
    );
    serde_json::from_str(&app.db().query_texts(&sql).await[0]).unwrap()
}
