//! Members of organizations and workspaces.

mod password_reset;
mod remove;
mod roles;

use freehold_testkit::{Person, Place, TestApp};
use serde_json::Value;

/// Somebody with one role in all of an organization.
pub(crate) async fn joins(app: &TestApp, home: &Place, name: &str, role: &str) -> Person {
    let who = app.person(name).await;
    app.adds_member(&home.organization, &who, ["viewer", role, role])
        .await;
    who
}

/// What somebody is in a workspace and in each project of it.
pub(crate) async fn roles(app: &TestApp, place: &Place, who: &Person) -> Vec<String> {
    let (workspace, user) = (app.sql(&place.workspace), app.sql(&who.id));
    let sql = format!(
        "SELECT role FROM workspace_members WHERE workspace_id = {workspace} AND user_id = {user}
         UNION ALL
         SELECT role FROM project_members WHERE workspace_id = {workspace} AND user_id = {user}"
    );
    app.db().texts(&sql).await
}

/// What the trail says of the last time that this was done.
pub(crate) async fn details_of_last(app: &TestApp, action: &str) -> Value {
    let sql = format!(
        "SELECT CAST(details AS TEXT) FROM audit_events
          WHERE action = '{action}' AND refused IS NULL ORDER BY at DESC, id DESC LIMIT 1"
    );
    serde_json::from_str(&app.db().texts(&sql).await[0]).unwrap()
}
