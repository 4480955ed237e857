//! The operations of the OpenAPI document, as the malformed requests use them.

use std::collections::BTreeMap;

use serde_json::Value;

const UNKNOWN_ID: &str = "01900000-0000-7000-8000-000000000000";

/// Operations that get no malformed requests, each with the reason.
pub(super) const EXCEPTIONS: &[(&str, &str)] = &[(
    "DELETE /profile",
    "a request that is accepted deletes the user that sends all others",
)];

/// An operation of the OpenAPI document.
pub(super) struct Operation {
    pub(super) method: String,
    pub(super) path_template: String,
    pub(super) path_parameters: Vec<String>,
    /// The names of the query parameters, and whether each is required.
    pub(super) query_parameters: Vec<(String, bool)>,
    pub(super) has_body: bool,
}

impl Operation {
    fn from_document(path_template: &str, method: &str, operation: &Value) -> Self {
        let parameters = operation["parameters"].as_array();
        let parameters_in = |location: &str| -> Vec<(String, bool)> {
            parameters
                .into_iter()
                .flatten()
                .filter(|parameter| parameter["in"] == location)
                .map(|parameter| {
                    let name = parameter["name"].as_str().unwrap().to_owned();
                    (name, parameter["required"] == true)
                })
                .collect()
        };
        Self {
            method: method.to_uppercase(),
            path_template: path_template.to_owned(),
            path_parameters: parameters_in("path")
                .into_iter()
                .map(|(name, _)| name)
                .collect(),
            query_parameters: parameters_in("query"),
            has_body: operation["requestBody"].is_object(),
        }
    }

    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method, self.path_template)
    }

    /// The path with its required query parameters. A parameter has its value of `values`, or else
    /// an id that does not exist. `malformed`, a parameter and its value, takes precedence.
    pub(super) fn path(
        &self,
        values: &BTreeMap<&str, String>,
        malformed: Option<(&str, &str)>,
    ) -> String {
        let value = |name: &str| -> String {
            match malformed {
                Some((malformed_name, text)) if malformed_name == name => text.to_owned(),
                _ => values
                    .get(name)
                    .cloned()
                    .unwrap_or_else(|| UNKNOWN_ID.to_owned()),
            }
        };
        let mut path = self.path_template.clone();
        for name in &self.path_parameters {
            path = path.replace(&format!("{{{name}}}"), &value(name));
        }
        for (name, required) in &self.query_parameters {
            if *required || malformed.is_some_and(|(malformed_name, _)| malformed_name == name) {
                path = with_query(&path, &format!("{name}={}", value(name)));
            }
        }
        path
    }
}

pub(super) fn with_query(path: &str, query: &str) -> String {
    let separator = if path.contains('?') { '&' } else { '?' };
    format!("{path}{separator}{query}")
}

/// Returns the operations of the document that get malformed requests.
pub(super) fn operations(document: &Value) -> Vec<Operation> {
    let mut all = Vec::new();
    for (path_template, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            all.push(Operation::from_document(path_template, method, operation));
        }
    }
    for (name, reason) in EXCEPTIONS {
        assert!(
            all.iter().any(|operation| operation.name() == *name),
            "{name} is no operation, but an exception: {reason}"
        );
    }
    all.retain(|operation| {
        let name = operation.name();
        !EXCEPTIONS.iter().any(|(exception, _)| *exception == name)
    });
    all
}
