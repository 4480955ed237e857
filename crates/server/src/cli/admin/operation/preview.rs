//! Previews of destructive commands: the response of a dry run, with names beside
//! the ids. The names are read through the admin API.
//!
//! An operator key without a scope for these reads gets a preview with ids only.

use serde_json::{Value, json};

use super::{
    super::{
        arguments::{OrganizationArgument, UserArgument},
        transport::{Request, Transport, path},
    },
    send::fetch,
};

/// Maximum number of objects of a kind whose names are fetched, with one request each.
const MAX_LOOKUPS: usize = 20;
/// Maximum number of organizations in a preview of a transfer.
const MAX_ROWS: usize = 200;

/// A transfer of ownership.
#[derive(Debug)]
pub(in crate::cli::admin) struct OwnershipTransfer {
    pub(in crate::cli::admin) from: UserArgument,
    pub(in crate::cli::admin) to: UserArgument,
    /// The organizations; empty for all of the owner's.
    pub(in crate::cli::admin) organizations: Vec<OrganizationArgument>,
}

impl OwnershipTransfer {
    /// Returns the organizations that would be transferred. `dry_run` is the response
    /// of the dry run: it lists the transferred ones and the errors if only a part
    /// can be transferred.
    pub(super) async fn preview(&self, transport: &Transport, dry_run: Option<&Value>) -> Value {
        let mut preview = json!({
            "from": email_of(transport, &self.from).await,
            "to": email_of(transport, &self.to).await,
        });
        let owned = match self.organizations.is_empty() {
            true => self.owned_organizations(transport).await,
            false => self.named_organizations(transport).await,
        };
        let is_transferred =
            |row: &Value| match dry_run.and_then(|body| body["transferred"].as_array()) {
                Some(ids) => ids.contains(&row["id"]),
                None => true,
            };
        preview["organizations"] = match owned {
            Some(rows) => rows.into_iter().filter(is_transferred).collect(),
            None => "all organizations of the owner; this key has no scope to list them".into(),
        };
        if let Some(errors) = dry_run.map(|body| &body["errors"]) {
            preview["errors"] = errors.clone();
        }
        preview
    }

    async fn owned_organizations(&self, transport: &Transport) -> Option<Vec<Value>> {
        let request = Request::get(path(&["admin", "organizations"]))
            .with_query("owner", Some(self.from.text()))
            .with_query("limit", Some(MAX_ROWS));
        let page = fetch(&request, transport).await.ok()?;
        let mut rows: Vec<Value> = page["organizations"].as_array()?.iter().map(row).collect();
        if !page["next"].is_null() {
            rows.push(json!({"name": "and more", "slug": null, "id": null}));
        }
        Some(rows)
    }

    async fn named_organizations(&self, transport: &Transport) -> Option<Vec<Value>> {
        let mut rows = Vec::new();
        for (index, argument) in self.organizations.iter().enumerate() {
            if index < MAX_LOOKUPS {
                let details = organization(transport, &argument.text()).await?;
                rows.push(row(&details["organization"]));
            } else {
                rows.push(match argument {
                    OrganizationArgument::Id(id) => json!({"name": null, "slug": null, "id": id}),
                    OrganizationArgument::Slug(slug) => {
                        json!({"name": null, "slug": slug, "id": null})
                    }
                });
            }
        }
        Some(rows)
    }
}

/// Returns the response of a dry-run deletion with names; if it has no body, the
/// accounts of the request. `None` if there is nothing to name.
pub(super) async fn deletion_preview(
    transport: &Transport,
    request_body: Option<&Value>,
    dry_run: Option<&Value>,
) -> Option<Value> {
    let Some(dry_run) = dry_run else {
        return accounts_preview(transport, request_body?.get("accounts")?).await;
    };
    let mut preview = dry_run.clone();
    let deleted = preview.get_mut("deleted")?;
    for row in rows_of_kind(deleted, "users").take(MAX_LOOKUPS) {
        let details = user(transport, &id_of_row(row)?).await?;
        row["email"] = details["user"]["email"].clone();
    }
    let mut nested = Vec::new();
    for row in rows_of_kind(deleted, "organizations").take(MAX_LOOKUPS) {
        let details = organization(transport, &id_of_row(row)?).await?;
        row["name"] = details["organization"]["name"].clone();
        row["slug"] = details["organization"]["slug"].clone();
        for workspace in details["workspaces"].as_array().into_iter().flatten() {
            let projects = workspace["projects"].as_array().into_iter().flatten();
            nested.extend(projects.cloned());
            nested.push(workspace.clone());
        }
    }
    for kind in ["workspaces", "projects"] {
        for row in rows_of_kind(deleted, kind) {
            if let Some(details) = nested.iter().find(|details| details["id"] == row["id"]) {
                row["name"] = details["name"].clone();
            }
        }
    }
    Some(preview)
}

/// Returns the users of a document, with the organizations that are deleted with
/// them.
async fn accounts_preview(transport: &Transport, accounts: &Value) -> Option<Value> {
    let accounts = accounts.as_object()?;
    let mut preview = json!({"users": [], "organizations": []});
    for (index, account) in accounts.values().enumerate() {
        let user_entry = &account["user"];
        let reference = user_entry["email"].as_str().or(user_entry["id"].as_str())?;
        if index >= MAX_LOOKUPS {
            push(
                &mut preview["users"],
                json!({"email": reference, "id": null}),
            );
            continue;
        }
        let Some(details) = user(transport, reference).await else {
            push(
                &mut preview["users"],
                json!({"email": reference, "id": null}),
            );
            continue;
        };
        let user = &details["user"];
        push(
            &mut preview["users"],
            json!({"email": user["email"], "id": user["id"]}),
        );
        let organizations = details["organizations"].as_array().into_iter().flatten();
        for owned in organizations.filter(|organization| organization["owner"] == true) {
            push(&mut preview["organizations"], row(owned));
        }
    }
    Some(preview)
}

fn push(rows: &mut Value, row: Value) {
    if let Value::Array(rows) = rows {
        rows.push(row);
    }
}

fn row(organization: &Value) -> Value {
    json!({
        "name": organization["name"], "slug": organization["slug"], "id": organization["id"],
    })
}

/// Returns the deleted rows of a kind.
fn rows_of_kind<'a>(deleted: &'a mut Value, kind: &str) -> impl Iterator<Item = &'a mut Value> {
    let rows = deleted.get_mut(kind).and_then(Value::as_array_mut);
    rows.into_iter().flatten()
}

fn id_of_row(row: &Value) -> Option<String> {
    row["id"].as_str().map(str::to_owned)
}

async fn user(transport: &Transport, reference: &str) -> Option<Value> {
    let request = Request::get(path(&["admin", "users", reference]));
    fetch(&request, transport).await.ok()
}

async fn organization(transport: &Transport, reference: &str) -> Option<Value> {
    let request = Request::get(path(&["admin", "organizations", reference]));
    fetch(&request, transport).await.ok()
}

/// Returns the email address of a user, or the argument if it cannot be read.
async fn email_of(transport: &Transport, user_argument: &UserArgument) -> Value {
    if let UserArgument::Id(id) = user_argument
        && let Some(details) = user(transport, &id.to_string()).await
    {
        return details["user"]["email"].clone();
    }
    user_argument.text().into()
}
