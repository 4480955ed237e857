//! Compares the table with the OpenAPI document: the operations, and the
//! permissions that they need.

use std::collections::BTreeMap;

use freehold_domain::{Level, Permission, RoleCatalog};
use serde_json::Value;

use super::table::{CALLERS, Cell, Row};

/// The operations of the document, as the table writes them, with their
/// `x-permission`.
pub(super) fn operations(document: &Value) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let required_permission = operation["x-permission"].as_str().unwrap_or_default();
            let name = format!("{} {path}", method.to_uppercase());
            all.insert(name, required_permission.to_owned());
        }
    }
    all
}

/// The operations that are in only one of the document and the table.
pub(super) fn unmatched(document: &BTreeMap<String, String>, rows: &[Row]) -> Vec<String> {
    let mut problems = Vec::new();
    for operation in document.keys() {
        match rows
            .iter()
            .filter(|row| row.operation == *operation)
            .count()
        {
            0 => problems.push(format!("{operation} has no row in the access matrix")),
            1 => {}
            n => problems.push(format!("{operation} has {n} rows")),
        }
    }
    let stale = rows
        .iter()
        .filter(|row| !document.contains_key(&row.operation));
    problems.extend(stale.map(|row| format!("{} is no operation", row.operation)));
    problems
}

/// The cells that contradict the document about what a role may do.
pub(super) fn contradictions(document: &BTreeMap<String, String>, rows: &[Row]) -> Vec<String> {
    let roles = RoleCatalog::built_in();
    let mut problems = Vec::new();
    for row in rows {
        let Some(required_permission) = document.get(&row.operation) else {
            continue;
        };
        for (caller, cell) in CALLERS.iter().zip(row.cells) {
            let Some(role) = roles.find(Level::Project, caller) else {
                continue;
            };
            let may = match required_permission.as_str() {
                "none" | "member" => true,
                "owner" => *caller == "owner",
                "admin" => matches!(*caller, "admin" | "owner"),
                // An admin of the workspace may, too.
                "delete_workspace" if *caller == "admin" => true,
                text => match text.parse::<Permission>() {
                    Ok(permission) => role.permissions().contains(permission),
                    Err(_) => continue,
                },
            };
            if may == (cell == Cell::Refused(403)) {
                let operation = &row.operation;
                problems.push(format!(
                    "{operation} needs {required_permission}, and {caller}: {cell:?}"
                ));
            }
        }
    }
    problems
}

#[test]
fn missing_rows_and_stale_rows_are_reported() {
    let row = |operation: &str| Row {
        operation: operation.to_owned(),
        cells: [Cell::Allowed; CALLERS.len()],
    };
    let document = serde_json::json!({"paths": {"/a": {"get": {}, "post": {}}, "/b": {"get": {}}}});
    let problems = unmatched(
        &operations(&document),
        &[row("GET /a"), row("GET /b"), row("GET /b"), row("GET /c")],
    );
    let expected = [
        "GET /b has 2 rows",
        "POST /a has no row in the access matrix",
        "GET /c is no operation",
    ];
    assert_eq!(problems, expected);
}

#[test]
fn row_that_contradicts_the_document_is_reported() {
    let document = serde_json::json!({"paths": {"/a": {"get": {"x-permission": "edit_api_keys"}}}});
    let row = Row {
        operation: "GET /a".to_owned(),
        cells: [Cell::Allowed; CALLERS.len()],
    };
    let problems = contradictions(&operations(&document), &[row]);
    assert_eq!(
        problems.len(),
        3,
        "viewer, annotator and editor: {problems:?}"
    );
}
