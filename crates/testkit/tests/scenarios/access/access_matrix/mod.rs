//! The access matrix: every operation of the OpenAPI document, requested by every
//! kind of caller.
//!
//! An operation without a row fails the test; so does a row without an operation,
//! and one that contradicts the `x-permission` of its operation. A refused caller
//! gets the same response for a foreign object as for a missing one, and changes
//! nothing.

mod fixture;
mod openapi;
mod requests;
mod table;

use std::collections::BTreeMap;

use freehold_testkit::{Client, PendingRequest, Response, TestApp, scenario};
use serde_json::Value;

use fixture::{AccessFixture, Names, UNKNOWN_ID};
use openapi::{contradictions, operations, unmatched};
use requests::request;
use table::{CALLERS, Cell, Row, is_operator_operation, operator_row, rows};

/// The names in braces of a text, each once.
fn names(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for part in text.split('{').skip(1) {
        let Some((name, _)) = part.split_once('}') else {
            continue;
        };
        let is_name = !name.is_empty() && name.bytes().all(|b| b == b'_' || b.is_ascii_lowercase());
        if is_name && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// A request whose names are not filled in yet.
struct OperationRequest<'a> {
    operation: &'a str,
    template: String,
    body: &'static str,
}

impl<'a> OperationRequest<'a> {
    fn of(operation: &'a str) -> Self {
        let request = request(operation);
        let (_, path) = operation.split_once(' ').unwrap();
        Self {
            operation,
            template: format!("{path}?{}", request.query),
            body: request.body,
        }
    }

    fn names(&self) -> Vec<&str> {
        let mut all = names(&self.template);
        all.extend(names(self.body));
        all.sort_unstable();
        all.dedup();
        all
    }

    fn writes(&self) -> bool {
        !self.operation.starts_with("GET ")
    }

    /// The request with the ids of these names; a write is a dry run if `dry_run`.
    fn request<'n>(
        &self,
        client: &Client,
        name: impl Fn(&str) -> &'n str,
        dry_run: bool,
    ) -> PendingRequest {
        let fill = |text: &str| {
            names(text)
                .into_iter()
                .fold(text.to_owned(), |text, placeholder| {
                    text.replace(&format!("{{{placeholder}}}"), name(placeholder))
                })
        };
        let mut path = fill(&self.template);
        if dry_run && self.writes() {
            path += "&dry_run=true";
        }
        let (method, _) = self.operation.split_once(' ').unwrap();
        let request = client
            .request(method, &path)
            .header("x-request-id", "access");
        if self.body.is_empty() {
            return request;
        }
        request
            .header("content-type", "application/json")
            .body(fill(self.body))
    }
}

/// Sends the request of one row as every caller.
async fn check_row(fixture: &AccessFixture, row: &Row, problems: &mut Vec<String>) {
    let operation = OperationRequest::of(&row.operation);
    let real = |name: &str| match fixture.acme.get(name) {
        // Some names exist only for operators; no caller here gets as far as a
        // lookup.
        None if is_operator_operation(&row.operation) => UNKNOWN_ID,
        id => id.unwrap_or_else(|| panic!("no id for {name}")),
    };
    for ((caller, client), cell) in CALLERS.iter().zip(&fixture.callers).zip(row.cells) {
        let allowed = matches!(cell, Cell::Allowed | Cell::OwnOnly);
        let response = operation.request(client, real, allowed).await;
        let status = response.status();
        let as_expected = match cell {
            Cell::Allowed | Cell::OwnOnly => (200..300).contains(&status),
            Cell::Refused(expected) => status == expected,
        };
        if !as_expected {
            problems.push(format!("{caller}: not {cell:?}: {response}"));
        }
        // Not for the sibling key: its member may read what is around the project.
        let sent = operation.names();
        let mut others = fixture.acme.iter().filter(|(name, _)| !sent.contains(name));
        if cell == Cell::OwnOnly
            && *caller == "foreign"
            && others.any(|(_, id)| response.text().contains(id.as_str()))
        {
            problems.push(format!(
                "{caller}: the response has ids of another organization: {response}"
            ));
        }
    }
    // A deleted key allows what an anonymous caller may do.
    let response = operation.request(&fixture.dead_key, real, true).await;
    if row.cells[0] == Cell::Refused(401) && response.status() != 401 {
        problems.push(format!("the key of a removed member: {response}"));
    }
}

/// The whole response as text, without its date and the last use of keys, which a job records at
/// any time.
fn comparable_text(response: &Response, writes: bool) -> String {
    let mut headers = response.sorted_headers();
    headers.retain(|(name, _)| name != "date");
    let mut body = response.text();
    if writes && response.status() < 300 {
        // A created object has a new id in each response.
        let mut created = response.json().clone();
        clear_texts(&mut created);
        body = created.to_string();
    }
    if body.contains("last_used_at") {
        headers.retain(|(name, _)| name != "content-length");
        let mut keys = response.json().clone();
        clear_last_use(&mut keys);
        body = keys.to_string();
    }
    format!("{} {headers:?} {body}", response.status())
}

fn clear_last_use(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(clear_last_use),
        Value::Object(members) => {
            for (name, member) in members {
                match name.as_str() {
                    "last_used_at" => *member = Value::Null,
                    _ => clear_last_use(member),
                }
            }
        }
        _ => {}
    }
}

fn clear_texts(value: &mut Value) {
    match value {
        Value::String(text) => text.clear(),
        Value::Array(items) => items.iter_mut().for_each(clear_texts),
        Value::Object(members) => members.values_mut().for_each(clear_texts),
        _ => {}
    }
}

/// Sends the request of a caller with every combination of own, foreign and
/// unknown ids. With the same own ids, the responses must be equal whether the
/// others are foreign or unknown. Returns the number of combinations.
async fn check_foreign_equals_missing(
    operation: &OperationRequest<'_>,
    client: &Client,
    [own, foreign, unknown]: [&Names; 3],
    problems: &mut Vec<String>,
) -> usize {
    let mut placeholders = operation.names();
    placeholders.retain(|name| !name.ends_with("token"));
    let combinations = 3_usize.pow(u32::try_from(placeholders.len()).unwrap());
    let mut responses: BTreeMap<Vec<bool>, (String, Response)> = BTreeMap::new();
    for combination in 0..combinations {
        let digit = |n: usize| combination / 3_usize.pow(u32::try_from(n).unwrap()) % 3;
        let is_own: Vec<_> = (0..placeholders.len()).map(|n| digit(n) == 0).collect();
        if is_own.iter().all(|own| *own) {
            continue;
        }
        let name =
            |placeholder: &str| match placeholders.iter().position(|name| *name == placeholder) {
                Some(n) => [own, foreign, unknown][digit(n)][placeholder].as_str(),
                None => unknown[placeholder].as_str(),
            };
        let response = operation.request(client, name, true).await;
        let comparable_text = comparable_text(&response, operation.writes());
        let (first, other) = responses
            .entry(is_own)
            .or_insert_with(|| (comparable_text.clone(), response.clone()));
        if *first != comparable_text {
            problems.push(format!("these differ:\n{other}\n{response}"));
        }
    }
    combinations
}

async fn check_existence_is_hidden(
    fixture: &AccessFixture,
    row: &Row,
    problems: &mut Vec<String>,
) -> usize {
    let operation = OperationRequest::of(&row.operation);
    let caller = |name| {
        let index = CALLERS.iter().position(|caller| *caller == name);
        &fixture.callers[index.unwrap()]
    };
    let AccessFixture {
        acme,
        other_organization,
        removed_users_organization,
        unknown,
        ..
    } = fixture;
    let mut combinations = 0;
    for (name, own, foreign) in [
        ("anonymous", other_organization, acme),
        ("outsider", other_organization, acme),
        ("removed", removed_users_organization, acme),
        ("foreign", other_organization, acme),
        ("owner", acme, other_organization),
        ("sibling", acme, other_organization),
    ] {
        combinations += check_foreign_equals_missing(
            &operation,
            caller(name),
            [own, foreign, unknown],
            problems,
        )
        .await;
    }
    combinations
}

/// A caller who is no operator gets the same response for an operation as for an
/// unknown path below `/admin`.
async fn check_operator_route_is_hidden(
    fixture: &AccessFixture,
    row: &Row,
    problems: &mut Vec<String>,
) {
    let operation = OperationRequest::of(&row.operation);
    for client in &fixture.callers {
        let known = operation.request(client, |_| UNKNOWN_ID, false).await;
        let unknown = client
            .get("/admin/nowhere")
            .header("x-request-id", "access");
        let unknown = unknown.await;
        if comparable_text(&known, false) != comparable_text(&unknown, false) {
            problems.push(format!("these differ:\n{known}\n{unknown}"));
        }
    }
}

/// The contents of the database without audit events and the last use of keys.
async fn contents_without_audit(app: &TestApp) -> BTreeMap<String, Vec<String>> {
    let mut all = app.db().contents().await;
    all.remove("audit_events");
    if let Some(keys) = all.get_mut("api_keys") {
        *keys = vec![keys.len().to_string()];
    }
    all
}

scenario!(
    access_matrix_holds_for_every_caller,
    |settings| {
        (
            settings.sign_in_limits.per_account,
            settings.sign_in_limits.per_address,
        ) = (0, 0);
    },
    async |app| {
        let document = app
            .anonymous()
            .get("/openapi.json")
            .await
            .expect_status(200);
        let (operations, mut rows) = (operations(document.json()), rows());
        let of_operators = operations.keys().filter(|name| is_operator_operation(name));
        rows.extend(of_operators.map(|operation| operator_row(operation)));
        let mut problems = unmatched(&operations, &rows);
        problems.extend(contradictions(&operations, &rows));
        let fixture = AccessFixture::create(app).await;
        let before = contents_without_audit(app).await;
        let mut combinations = 0;
        for row in rows
            .iter()
            .filter(|row| operations.contains_key(&row.operation))
        {
            check_row(&fixture, row, &mut problems).await;
            if is_operator_operation(&row.operation) {
                check_operator_route_is_hidden(&fixture, row, &mut problems).await;
            } else {
                combinations += check_existence_is_hidden(&fixture, row, &mut problems).await;
            }
        }
        let after = contents_without_audit(app).await;
        for (table, rows) in &before {
            if after[table] != *rows {
                problems.push(format!(
                    "{table} has changed: {rows:#?}\n{:#?}",
                    after[table]
                ));
            }
        }
        assert!(combinations > 500, "only {combinations} combinations");
        assert!(
            problems.is_empty(),
            "{} wrong:\n{}",
            problems.len(),
            problems.join("\n\n")
        );
    }
);
