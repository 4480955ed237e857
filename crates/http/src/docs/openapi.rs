//! The description of the API that programs read, made from the handlers and committed beside
//! them, so that a change of the API shows in review. `UPDATE_OPENAPI=1 cargo test -p
//! freehold-http` rewrites it.

use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ObjectBuilder, RefOr, Required};
use utoipa::{Modify, OpenApi};

/// The document as it is served: the committed one, which a test keeps current.
pub(crate) const DOCUMENT: &str = include_str!("../../openapi.json");

/// Everything about the document that no handler can say.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Freehold",
        description = "Accounts, organizations and everything in between.\n\n\
            Every path works with and without a leading `/api` and a trailing slash. Every \
            write takes an `Idempotency-Key` header and `?dry_run=true`. Errors carry `detail` \
            and beside it `type`, `title`, `status`, `code` and `request_id`.\n\n\
            Each operation says where it looks for rights (`x-scope`: `none`, `user`, \
            `organization`, `workspace` or `project`) and which right it needs there \
            (`x-permission`). What is below `/admin` is for operators only: there the right is \
            the scope of their key, as in `operator:accounts:write`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/")),
    modifiers(&SecuritySchemes),
)]
pub(crate) struct ApiDocument;

struct SecuritySchemes;

impl Modify for SecuritySchemes {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        let session = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("The access token of a session."))
            .build();
        components.add_security_scheme("session", SecurityScheme::Http(session));
        let cookie = ApiKeyValue::with_description("sAccessToken", "The same token in a cookie.");
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        let key = ApiKeyValue::with_description(
            "Authorization",
            "An API key: `ApiKey <prefix>.<secret>`, or the key alone.",
        );
        components.add_security_scheme("api_key", SecurityScheme::ApiKey(ApiKey::Header(key)));
        let service = ApiKeyValue::with_description(
            "Authorization",
            "`Secret <token>`: what `GET /access/permissions/check` gave to a service.",
        );
        components.add_security_scheme("service", SecurityScheme::ApiKey(ApiKey::Header(service)));
        let operator = ApiKeyValue::with_description(
            "Authorization",
            "`Access <key>`: the shared admin key, or an operator's own.",
        );
        components
            .add_security_scheme("operator", SecurityScheme::ApiKey(ApiKey::Header(operator)));
    }
}

/// Adds what all writes take: a rehearsal, and a key under which their answer is remembered. The
/// session protocol has rules of its own for requests that are repeated.
pub(crate) fn add_command_parameters(openapi: &mut utoipa::openapi::OpenApi) {
    let text = |kind| ObjectBuilder::new().schema_type(kind);
    let key = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Repeating a write under its key repeats the answer, not the write.",
        ))
        .schema(Some(
            text(Type::String).min_length(Some(1)).max_length(Some(255)),
        ))
        .build();
    let dry_run = ParameterBuilder::new()
        .name("dry_run")
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some("Answers as if it were done, and changes nothing."))
        .schema(Some(text(Type::Boolean)))
        .build();
    for (path, item) in &mut openapi.paths.paths {
        let writes = [
            &mut item.post,
            &mut item.put,
            &mut item.patch,
            &mut item.delete,
        ];
        for operation in writes.into_iter().flatten() {
            let parameters = operation.parameters.get_or_insert_default();
            if !path.starts_with("/auth/") {
                parameters.push(RefOr::T(key.clone()));
            }
            parameters.push(RefOr::T(dry_run.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use freehold_domain::OperatorScope;
    use serde_json::Value;

    use super::*;

    fn operations(document: &Value) -> Vec<(String, Value)> {
        let mut all = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                all.push((format!("{method} {path}"), operation.clone()));
            }
        }
        all
    }

    /// Compared as values: the order in which extensions are written is chance.
    #[test]
    fn openapi_is_current() {
        let generated: Value =
            serde_json::to_value(crate::router::documented_routes().into_openapi()).unwrap();
        if std::env::var_os("UPDATE_OPENAPI").is_some() {
            let text = serde_json::to_string_pretty(&generated).unwrap() + "\n";
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
            std::fs::write(path, text).unwrap();
        } else {
            let committed: Value = serde_json::from_str(DOCUMENT).unwrap();
            assert!(
                generated == committed,
                "run UPDATE_OPENAPI=1 cargo test -p freehold-http"
            );
        }
    }

    #[test]
    fn every_operation_declares_scope_permission_and_parameters() {
        let generated: Value =
            serde_json::to_value(crate::router::documented_routes().into_openapi()).unwrap();
        let all = operations(&generated);
        assert!(!all.is_empty());
        for (name, operation) in all {
            let scope = operation["x-scope"].as_str();
            assert!(
                matches!(
                    scope,
                    Some("none" | "user" | "organization" | "workspace" | "project")
                ),
                "{name}: x-scope is {scope:?}"
            );
            assert!(
                operation["x-permission"].is_string(),
                "{name} has no x-permission"
            );
            assert!(
                operation["summary"].is_string(),
                "{name} has no words for people"
            );
            let takes = |parameter: &str, place: &str| {
                let given = operation["parameters"].as_array().into_iter().flatten();
                given
                    .filter(|given| given["name"] == parameter && given["in"] == place)
                    .count()
            };
            let writes = ["post", "put", "patch", "delete"]
                .iter()
                .any(|method| name.starts_with(&format!("{method} ")));
            let takes_idempotency_key = writes && !name.contains(" /auth/");
            assert_eq!(
                (
                    takes("Idempotency-Key", "header"),
                    takes("dry_run", "query")
                ),
                (usize::from(takes_idempotency_key), usize::from(writes)),
                "{name}: how it can be repeated and rehearsed"
            );
            let open = scope == Some("none");
            assert_eq!(
                operation["security"].is_array(),
                open,
                "{name}: security fits its scope"
            );
        }
    }

    #[test]
    fn only_admin_operations_declare_an_operator_scope() {
        let generated: Value =
            serde_json::to_value(crate::router::documented_routes().into_openapi()).unwrap();
        let mut found = 0;
        for (name, operation) in operations(&generated) {
            let (_, path) = name.split_once(' ').unwrap();
            let for_operators = path.starts_with("/admin/");
            found += usize::from(for_operators);
            let needed = operation["x-permission"].as_str().unwrap();
            let scope = needed.strip_prefix("operator:");
            assert_eq!(scope.is_some(), for_operators, "{name} needs {needed}");
            if let Some(scope) = scope {
                assert!(
                    scope.parse::<OperatorScope>().is_ok(),
                    "{name}: {scope} is no scope"
                );
                assert_eq!(
                    operation["security"],
                    serde_json::json!([{"operator": []}]),
                    "{name}"
                );
            }
        }
        assert!(found > 10, "only {found} operations for operators");
    }

    #[test]
    fn operation_ids_are_unique() {
        let generated: Value =
            serde_json::to_value(crate::router::documented_routes().into_openapi()).unwrap();
        let mut ids: Vec<_> = operations(&generated)
            .into_iter()
            .map(|(_, o)| o["operationId"].to_string())
            .collect();
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}
