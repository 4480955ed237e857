//! One entry of the request by itself, for whoever has it from somewhere else: an import.

use freehold_app::provisioning::Graph;
use serde_json::Value;

use super::create::rename;
use super::request_parts::sayings;
use super::simple_accounts::{SimpleAccount, WORDS};
use crate::extract::body::{Field as _, Reader};

/// What an entry of `POST /admin/simple/accounts/` asks for.
///
/// # Errors
/// The first thing that is wrong with it, in a sentence that begins with its place.
pub fn parse_simple_account(entry: &Value) -> Result<Graph, String> {
    let mut reader = Reader::at("entry");
    let Some(account) = SimpleAccount::read(entry, &mut reader) else {
        return Err(first(&reader.into_problems()));
    };
    let said = sayings(account.options.as_ref());
    let amiss = [
        ("dry_run", said.dry_run == Some(true)),
        ("idempotency_key", said.idempotency_key.is_some()),
    ];
    if let Some((name, _)) = amiss.into_iter().find(|(_, amiss)| *amiss) {
        return Err(format!(
            "options.{name}: It is said of all entries together."
        ));
    }
    let mut graph = account.graph("", None);
    graph.at = String::new();
    Ok(graph)
}

/// A sentence about a part of such a graph, in the words of the entry.
#[must_use]
pub fn rename_simple_account_paths(sentence: &str) -> String {
    // At its beginning, or in quotes.
    let mut text = rename(sentence, &WORDS);
    for (from, to) in WORDS {
        text = text.replace(&format!("'{from}"), &format!("'{to}"));
    }
    text
}

fn first(problems: &[Value]) -> String {
    let Some(problem) = problems.first() else {
        return "It cannot be read.".to_owned();
    };
    let place = problem["loc"].as_array().into_iter().flatten().skip(1);
    let place: Vec<String> = place
        .map(|step| match step {
            Value::String(name) => name.clone(),
            other => other.to_string(),
        })
        .collect();
    let message = problem["msg"].as_str().unwrap_or_default();
    if place.is_empty() {
        format!("{message}.")
    } else {
        format!("{}: {message}.", place.join("."))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entry_is_read_as_in_the_request() {
        let graph = parse_simple_account(&json!({
            "user": {"email": "ada@x.test"}, "organization": {"name": "Acme"},
            "options": {"create_api_keys": false},
        }))
        .unwrap();
        assert_eq!(graph.at, "");
        assert_eq!(graph.users[0].1.email, "ada@x.test");
        assert_eq!(graph.organizations[0].1.name, "Acme");
        assert!(!graph.wanted.api_keys && graph.wanted.seeds);
    }

    #[test]
    fn what_is_wrong_begins_with_its_place() {
        let why = |entry: Value| parse_simple_account(&entry).unwrap_err();
        assert_eq!(why(json!({"user": {}})), "user.email: Field required.");
        let keyed = json!({"user": {"email": "a@x.test"}, "options": {"idempotency_key": "x"}});
        assert!(why(keyed).starts_with("options.idempotency_key: "));
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
