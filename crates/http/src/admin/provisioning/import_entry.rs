//! Parses a single entry of `POST /admin/simple/accounts/`, for imports.

use freehold_app::provisioning::Graph;
use serde_json::Value;

use super::create::rename_path;
use super::request_parts::command_options;
use super::simple_accounts::{PATH_RENAMES, SimpleAccount};
use crate::extract::body::{Field as _, FieldReader};

/// Parses an entry of `POST /admin/simple/accounts/`.
///
/// # Errors
/// The first problem, as a sentence that begins with the field path.
pub fn parse_simple_account(entry: &Value) -> Result<Graph, String> {
    let mut reader = FieldReader::at("entry");
    let Some(account) = SimpleAccount::read(entry, &mut reader) else {
        return Err(first_problem(&reader.into_problems()));
    };
    let options = command_options(account.options.as_ref());
    let forbidden = [
        ("dry_run", options.dry_run == Some(true)),
        ("idempotency_key", options.idempotency_key.is_some()),
    ];
    if let Some((name, _)) = forbidden.into_iter().find(|(_, forbidden)| *forbidden) {
        return Err(format!("options.{name}: Not allowed in an entry."));
    }
    let mut graph = account.graph("", None);
    graph.path_prefix = String::new();
    Ok(graph)
}

/// Replaces the graph's field paths in `sentence` by those of the entry.
#[must_use]
pub fn rename_simple_account_paths(sentence: &str) -> String {
    // Paths are at the beginning of a sentence or in quotes.
    let mut text = rename_path(sentence, &PATH_RENAMES);
    for (from, to) in PATH_RENAMES {
        text = text.replace(&format!("'{from}"), &format!("'{to}"));
    }
    text
}

fn first_problem(problems: &[Value]) -> String {
    let Some(problem) = problems.first() else {
        return "Invalid entry.".to_owned();
    };
    let path = problem["loc"].as_array().into_iter().flatten().skip(1);
    let path: Vec<String> = path
        .map(|step| match step {
            Value::String(name) => name.clone(),
            other => other.to_string(),
        })
        .collect();
    let message = problem["msg"].as_str().unwrap_or_default();
    if path.is_empty() {
        format!("{message}.")
    } else {
        format!("{}: {message}.", path.join("."))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn entry_is_read_like_the_request() {
        let graph = parse_simple_account(&json!({
            "user": {"email": "ada@x.test"}, "organization": {"name": "Acme"},
            "options": {"create_api_keys": false},
        }))
        .unwrap();
        assert_eq!(graph.path_prefix, "");
        assert_eq!(graph.users[0].1.email, "ada@x.test");
        assert_eq!(graph.organizations[0].1.name, "Acme");
        assert!(!graph.options.api_keys && graph.options.seeds);
    }

    #[test]
    fn errors_begin_with_the_field_path() {
        let error = |entry: Value| parse_simple_account(&entry).unwrap_err();
        assert_eq!(error(json!({"user": {}})), "user.email: Field required.");
        let keyed = json!({"user": {"email": "a@x.test"}, "options": {"idempotency_key": "x"}});
        assert!(error(keyed).starts_with("options.idempotency_key: "));
        assert_eq!(
            rename_simple_account_paths("organizations.org.name: cannot be empty."),
            "organization.name: cannot be empty."
        );
        assert_eq!(
            rename_simple_account_paths("Invalid reference at 'projects.prj.x': no"),
            "Invalid reference at 'project.x': no"
        );
    }
}
