//! What would go, or move, if a command were meant: the answer to its rehearsal
//! with the names of what has only ids in it, asked for by the reads that
//! operators have.
//!
//! Who may take away but not look sees the ids.

use serde_json::{Value, json};

use super::{
    super::{
        arguments::{Which, Who},
        transport::{Wire, path},
    },
    Errand,
};

/// For how many of a kind their names are asked for, each with a request.
const MOST_ASKED: usize = 20;
/// How many organizations are shown of those that somebody owns.
const MOST_SHOWN: usize = 200;

/// Organizations on their way from one person to another.
#[derive(Debug)]
pub(in crate::cli::admin) struct OwnershipTransfer {
    pub(in crate::cli::admin) from: Who,
    pub(in crate::cli::admin) to: Who,
    /// These, or all.
    pub(in crate::cli::admin) named: Vec<Which>,
}

impl OwnershipTransfer {
    /// What would move, and what would not. `rehearsed` names it where not all
    /// of it would.
    pub(super) async fn preview(&self, wire: &Wire, rehearsed: Option<&Value>) -> Value {
        let mut shown = json!({
            "from": person(wire, &self.from).await,
            "to": person(wire, &self.to).await,
        });
        let owned = match self.named.is_empty() {
            true => self.owned(wire).await,
            false => self.those_named(wire).await,
        };
        let moves = |row: &Value| match rehearsed.and_then(|body| body["transferred"].as_array()) {
            Some(ids) => ids.contains(&row["id"]),
            None => true,
        };
        shown["organizations"] = match owned {
            Some(rows) => rows.into_iter().filter(moves).collect(),
            None => "all that are theirs; this key may not look at them".into(),
        };
        if let Some(errors) = rehearsed.map(|body| &body["errors"]) {
            shown["errors"] = errors.clone();
        }
        shown
    }

    async fn owned(&self, wire: &Wire) -> Option<Vec<Value>> {
        let list = Errand::look(path(&["admin", "organizations"]))
            .asking("owner", Some(self.from.text()))
            .asking("limit", Some(MOST_SHOWN));
        let found = list.found(wire).await.ok()?;
        let mut rows: Vec<Value> = found["organizations"].as_array()?.iter().map(row).collect();
        if !found["next"].is_null() {
            rows.push(json!({"name": "and more", "slug": null, "id": null}));
        }
        Some(rows)
    }

    async fn those_named(&self, wire: &Wire) -> Option<Vec<Value>> {
        let mut rows = Vec::new();
        for (asked, which) in self.named.iter().enumerate() {
            if asked < MOST_ASKED {
                let file = organization(wire, &which.text()).await?;
                rows.push(row(&file["organization"]));
            } else {
                rows.push(match which {
                    Which::Id(id) => json!({"name": null, "slug": null, "id": id}),
                    Which::Slug(slug) => json!({"name": null, "slug": slug, "id": null}),
                });
            }
        }
        Some(rows)
    }
}

/// The answer to a rehearsed removal, or, where it says nothing, what was asked;
/// with names. Nothing, if there is nothing to be named.
pub(super) async fn of_removal(
    wire: &Wire,
    asked: Option<&Value>,
    rehearsed: Option<&Value>,
) -> Option<Value> {
    let Some(rehearsed) = rehearsed else {
        return of_accounts(wire, asked?.get("accounts")?).await;
    };
    let mut shown = rehearsed.clone();
    let deleted = shown.get_mut("deleted")?;
    for row in every(deleted, "users").take(MOST_ASKED) {
        let file = user(wire, &id_in(row)?).await?;
        row["email"] = file["user"]["email"].clone();
    }
    let mut inside = Vec::new();
    for row in every(deleted, "organizations").take(MOST_ASKED) {
        let file = organization(wire, &id_in(row)?).await?;
        row["name"] = file["organization"]["name"].clone();
        row["slug"] = file["organization"]["slug"].clone();
        for workspace in file["workspaces"].as_array().into_iter().flatten() {
            let projects = workspace["projects"].as_array().into_iter().flatten();
            inside.extend(projects.cloned());
            inside.push(workspace.clone());
        }
    }
    for kind in ["workspaces", "projects"] {
        for row in every(deleted, kind) {
            if let Some(place) = inside.iter().find(|place| place["id"] == row["id"]) {
                row["name"] = place["name"].clone();
            }
        }
    }
    Some(shown)
}

/// People as a document names them, each with the organizations that go with
/// them.
async fn of_accounts(wire: &Wire, accounts: &Value) -> Option<Value> {
    let accounts = accounts.as_object()?;
    let mut shown = json!({"users": [], "organizations": []});
    for (asked, account) in accounts.values().enumerate() {
        let named = &account["user"];
        let named = named["email"].as_str().or(named["id"].as_str())?;
        if asked >= MOST_ASKED {
            push(&mut shown["users"], json!({"email": named, "id": null}));
            continue;
        }
        let Some(file) = user(wire, named).await else {
            push(&mut shown["users"], json!({"email": named, "id": null}));
            continue;
        };
        let user = &file["user"];
        push(
            &mut shown["users"],
            json!({"email": user["email"], "id": user["id"]}),
        );
        let organizations = file["organizations"].as_array().into_iter().flatten();
        for owned in organizations.filter(|it| it["owner"] == true) {
            push(&mut shown["organizations"], row(owned));
        }
    }
    Some(shown)
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

/// Those of a kind that an answer lists.
fn every<'a>(deleted: &'a mut Value, kind: &str) -> impl Iterator<Item = &'a mut Value> {
    let rows = deleted.get_mut(kind).and_then(Value::as_array_mut);
    rows.into_iter().flatten()
}

fn id_in(row: &Value) -> Option<String> {
    row["id"].as_str().map(str::to_owned)
}

async fn user(wire: &Wire, named: &str) -> Option<Value> {
    let file = Errand::look(path(&["admin", "users", named]));
    file.found(wire).await.ok()
}

async fn organization(wire: &Wire, named: &str) -> Option<Value> {
    let file = Errand::look(path(&["admin", "organizations", named]));
    file.found(wire).await.ok()
}

/// The address of somebody, or what was typed for them.
async fn person(wire: &Wire, who: &Who) -> Value {
    if let Who::Id(id) = who
        && let Some(file) = user(wire, &id.to_string()).await
    {
        return file["user"]["email"].clone();
    }
    who.text().into()
}
