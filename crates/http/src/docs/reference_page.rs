//! The API reference as one HTML page, rendered by the server from the OpenAPI document and the
//! list of errors. It has no scripts and loads nothing.

use std::fmt::Write as _;
use std::sync::OnceLock;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, header};
use serde_json::{Map, Value, json};

use crate::docs::DOCUMENT;
use crate::error::list::errors;
use crate::error::title;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;\
color:#1a1a1a;background:#fff}code,pre{font:14px/1.45 ui-monospace,monospace}pre{overflow:auto;padding:.6rem;\
background:#f3f3f0;border-radius:4px}details{border-top:1px solid #ddd;padding:.4rem 0}summary{cursor:pointer}\
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.25rem .6rem .25rem 0;\
border-top:1px solid #eee}b.m{display:inline-block;min-width:4.2rem}small{color:#555}\
@media(prefers-color-scheme:dark){body{color:#e8e8e4;background:#161616}pre{background:#242422}details,td,th{border-color:#383838}small{color:#aaa}a{color:#9cf}}";

/// Returns the page. The first request renders it.
pub(crate) fn page() -> Response {
    static PAGE: OnceLock<Bytes> = OnceLock::new();
    let page = PAGE.get_or_init(|| {
        let document = serde_json::from_str(DOCUMENT).unwrap_or_default();
        Bytes::from(render(&document))
    });
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    let policy = HeaderValue::from_static(
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    );
    (
        [
            (header::CONTENT_TYPE, html),
            (header::CONTENT_SECURITY_POLICY, policy),
        ],
        page.clone(),
    )
        .into_response()
}

fn render(document: &Value) -> String {
    let info = &document["info"];
    let name = text(&info["title"]);
    let mut out = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\"><title>{name} API</title><style>{STYLE}</style>\
         <h1>{name} API <small>{}</small></h1>{}<p><a href=\"openapi.json\">openapi.json</a> · \
         <a href=\"#errors\">Errors</a></p>",
        text(&info["version"]),
        paragraphs(&info["description"]),
    );
    for tag in tags(document) {
        let _ = write!(out, "<h2>{}</h2>", escape(&tag));
        for (path, method, operation) in operations(document) {
            if operation["tags"][0].as_str() == Some(&tag) {
                render_operation(&mut out, document, path, method, operation);
            }
        }
    }
    out.push_str("<h2 id=\"errors\">Errors</h2><table><tr><th>Code<th>Status<th>When");
    for error in errors() {
        let (code, status, description) = (error.code, error.status, escape(error.description));
        let _ = write!(
            out,
            "<tr id=\"error-{code}\"><td><code>{code}</code><td>{status}<td><b>{}</b>. {description}",
            title(code)
        );
    }
    out.push_str("</table></html>");
    out
}

fn operations(document: &Value) -> impl Iterator<Item = (&String, &String, &Value)> {
    document["paths"]
        .as_object()
        .into_iter()
        .flatten()
        .flat_map(|(path, item)| {
            item.as_object()
                .into_iter()
                .flatten()
                .map(move |(method, operation)| (path, method, operation))
        })
}

/// Returns the tags in the order in which the document first uses them.
fn tags(document: &Value) -> Vec<String> {
    let mut tags = Vec::new();
    for (_, _, operation) in operations(document) {
        let tag = operation["tags"][0].as_str().unwrap_or_default().to_owned();
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

fn render_operation(
    out: &mut String,
    document: &Value,
    path: &str,
    method: &str,
    operation: &Value,
) {
    let _ = write!(
        out,
        "<details id=\"{}\"><summary><b class=\"m\">{}</b> <code>{}</code> {}</summary>{}<p><small>Scope: \
         {} · permission: {}</small></p>",
        text(&operation["operationId"]),
        escape(&method.to_ascii_uppercase()),
        escape(path),
        text(&operation["summary"]),
        paragraphs(&operation["description"]),
        text(&operation["x-scope"]),
        text(&operation["x-permission"]),
    );
    if let Some(parameters) = operation["parameters"].as_array() {
        out.push_str("<table>");
        for parameter in parameters {
            let _ = write!(
                out,
                "<tr><td><code>{}</code><td>{}<td>{}",
                text(&parameter["name"]),
                text(&parameter["in"]),
                text(&parameter["description"])
            );
        }
        out.push_str("</table>");
    }
    if let Some(schema) = schema_of(&operation["requestBody"]) {
        let _ = write!(
            out,
            "<p>Body</p><pre>{}</pre>",
            escape(&schema_outline(document, schema, 0))
        );
    }
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        let _ = write!(
            out,
            "<p><b>{}</b> {}</p>",
            escape(status),
            text(&response["description"])
        );
        if let Some(schema) = schema_of(response) {
            let _ = write!(
                out,
                "<pre>{}</pre>",
                escape(&schema_outline(document, schema, 0))
            );
        }
    }
    out.push_str("</details>");
}

fn schema_of(holder: &Value) -> Option<&Value> {
    holder["content"]
        .as_object()?
        .values()
        .next()?
        .get("schema")
}

/// Renders a schema as a JSON value with types in place of values.
fn schema_outline(document: &Value, schema: &Value, depth: usize) -> String {
    if depth > 6 {
        return "…".into();
    }
    let schema = resolve(document, schema);
    if let Some(one_of) = schema["oneOf"].as_array() {
        let options: Vec<_> = one_of
            .iter()
            .map(|option| schema_outline(document, option, depth + 1))
            .collect();
        return options.join(" | ");
    }
    if let Some(parts) = schema["allOf"].as_array() {
        return schema_outline(document, &merge(document, parts), depth);
    }
    if let Some(properties) = schema["properties"].as_object() {
        return members(document, schema, properties, depth);
    }
    if schema.get("items").is_some() {
        return format!("[{}]", schema_outline(document, &schema["items"], depth));
    }
    match &schema["type"] {
        Value::String(one) => one.clone(),
        Value::Array(many) => many
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(" | "),
        _ => "any".into(),
    }
}

/// Returns one object schema with the properties of all `parts`.
fn merge(document: &Value, parts: &[Value]) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for part in parts {
        let part = resolve(document, part);
        properties.extend(part["properties"].as_object().cloned().unwrap_or_default());
        required.extend(part["required"].as_array().cloned().unwrap_or_default());
    }
    json!({"type": "object", "properties": properties, "required": required})
}

/// Returns the schema that `schema` refers to, or `schema` if it is not a reference.
fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"]
        .as_str()
        .and_then(|path| path.rsplit('/').next())
    {
        Some(name) => &document["components"]["schemas"][name],
        None => schema,
    }
}

fn members(
    document: &Value,
    schema: &Value,
    properties: &Map<String, Value>,
    depth: usize,
) -> String {
    let required = |name: &str| {
        schema["required"]
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one == name))
    };
    let indent = "  ".repeat(depth + 1);
    let mut out = String::from("{\n");
    for (name, property) in properties {
        let optional_mark = if required(name) { "" } else { "?" };
        let _ = writeln!(
            out,
            "{indent}{name}{optional_mark}: {}",
            schema_outline(document, property, depth + 1)
        );
    }
    out + &"  ".repeat(depth) + "}"
}

fn paragraphs(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    text.split("\n\n")
        .filter(|text| !text.is_empty())
        .map(|text| format!("<p>{}</p>", with_code(text)))
        .collect()
}

fn text(value: &Value) -> String {
    with_code(value.as_str().unwrap_or_default())
}

/// Escapes `text`, with text between backticks as `<code>`.
fn with_code(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let shown = parts.map(|(number, part)| match number % 2 {
        0 => escape(part),
        _ => format!("<code>{}</code>", escape(part)),
    });
    shown.collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outline_of_all_of_has_the_properties_of_every_part() {
        let document = json!({"components": {"schemas": {
            "A": {"properties": {"a": {"type": "string"}}, "required": ["a"]},
        }}});
        let schema = json!({"allOf": [
            {"$ref": "#/components/schemas/A"},
            {"properties": {"b": {"type": "boolean"}}},
        ]});
        assert_eq!(
            schema_outline(&document, &schema, 0),
            "{\n  a: string\n  b?: boolean\n}"
        );
    }

    #[test]
    fn page_lists_all_operations_and_errors_without_external_resources() {
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        let page = render(&document);
        for (path, _, operation) in operations(&document) {
            assert!(page.contains(&escape(path)), "{path}");
            assert!(
                page.contains(&format!("id=\"{}\"", text(&operation["operationId"]))),
                "{path}"
            );
        }
        assert!(
            errors()
                .iter()
                .all(|error| page.contains(&format!("error-{}", error.code)))
        );
        for external in ["http://", "https://", "<script", "src=", "@import"] {
            assert!(!page.contains(external), "{external}");
        }
    }
}
