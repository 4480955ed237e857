//! Organizations, and the workspaces and projects in them, as their members use
//! them. Each response is exactly that of the reference API.

mod create;
mod delete;
mod projects;
mod read;
mod transfer;
mod update;
mod workspaces;

use freehold_testkit::TestUser;
use serde_json::{Value, json};

const UNKNOWN_ID: &str = "01900000-0000-7000-8000-000000000000";

fn flags() -> Value {
    json!({
        "is_demo": false, "allow_email": true, "allow_social": false, "allow_sso": false,
        "allow_root": false, "domains_only": false, "auto_join": false,
    })
}

async fn path(ada: &TestUser) -> String {
    format!("/organizations/{}", ada.only_organization_id().await)
}
