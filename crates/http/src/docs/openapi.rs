//! The OpenAPI document. It is generated from the handlers and committed (`openapi.json`), so that
//! a review shows each change of the API. `cargo xtask openapi` rewrites the file.

use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ObjectBuilder, RefOr, Required};
use utoipa::{Modify, OpenApi};

/// The parts of the document that belong to no handler.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Freehold",
        description = "Accounts, organizations, workspaces and projects.\n\n\
            Every path works with and without a leading `/api` and a trailing slash. Writes \
            accept an `Idempotency-Key` header and `?dry_run=true` where the operation lists \
            them. Errors have `detail` and beside it `type`, `title`, `status`, `code` and \
            `request_id`.\n\n\
            Each operation names the scope in which the caller needs a permission (`x-scope`: \
            `none`, `user`, `organization`, `workspace` or `project`) and the permission \
            (`x-permission`). Paths below `/admin` are for operators only: there the permission \
            is a scope of the operator key, such as `operator:accounts:write`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/")),
    modifiers(&SecuritySchemes),
)]
struct ApiDocument;

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
            "`Secret <token>`: a service token that `GET /access/permissions/check` returned.",
        );
        components.add_security_scheme("service", SecurityScheme::ApiKey(ApiKey::Header(service)));
        let operator = ApiKeyValue::with_description(
            "Authorization",
            "`Access <key>`: the shared admin key, or the key of an operator.",
        );
        components
            .add_security_scheme("operator", SecurityScheme::ApiKey(ApiKey::Header(operator)));
    }
}

/// Adds the parameters that commands accept: `dry_run` and `Idempotency-Key`. Endpoints of
/// the session protocol have their own rules for repeated requests and accept no key.
fn add_command_parameters(openapi: &mut utoipa::openapi::OpenApi) {
    let text = |kind| ObjectBuilder::new().schema_type(kind);
    let key = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "A unique key of the request. If a request with the same key was completed, its \
             response is returned again and nothing is written.",
        ))
        .schema(Some(
            text(Type::String).min_length(Some(1)).max_length(Some(255)),
        ))
        .build();
    let dry_run = ParameterBuilder::new()
        .name("dry_run")
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(
            "Rolls the changes back and returns the response that they would have had.",
        ))
        .schema(Some(text(Type::Boolean)))
        .build();
    for (path, item) in &mut openapi.paths.paths {
        let commands = [
            item.post.as_mut().filter(|_| !is_query(path)),
            item.put.as_mut(),
            item.patch.as_mut(),
            item.delete.as_mut().filter(|_| !is_always_refused(path)),
        ];
        for operation in commands.into_iter().flatten() {
            let parameters = operation.parameters.get_or_insert_default();
            if !path.starts_with("/auth/") {
                parameters.push(RefOr::T(key.clone()));
            }
            parameters.push(RefOr::T(dry_run.clone()));
        }
    }
}

/// Whether `POST` on `path` reads: its filter is in the body.
fn is_query(path: &str) -> bool {
    path.ends_with("/query")
}

/// Whether `DELETE` on `path` changes nothing because every caller is refused.
fn is_always_refused(path: &str) -> bool {
    path == "/profile"
}

#[cfg(test)]
mod tests {
    use freehold_domain::OperatorScope;
    use serde_json::Value;
    use utoipa_axum::router::OpenApiRouter;

    use super::*;
    use crate::docs::DOCUMENT;
    use crate::router::all_routes;

    fn operations(document: &Value) -> Vec<(String, Value)> {
        let mut all = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                all.push((format!("{method} {path}"), operation.clone()));
            }
        }
        all
    }

    /// Generates the document. Extensions come in random order; here they are sorted.
    fn generate() -> Value {
        let mut document = OpenApiRouter::with_openapi(ApiDocument::openapi())
            .merge(all_routes().into_documented())
            .into_openapi();
        add_command_parameters(&mut document);
        let mut document = serde_json::to_value(document).unwrap();
        let paths = document["paths"].as_object_mut().unwrap();
        for item in paths.values_mut() {
            for operation in item.as_object_mut().unwrap().values_mut() {
                let fields = std::mem::take(operation.as_object_mut().unwrap());
                let (mut extensions, mut fields): (Vec<_>, Vec<_>) = fields
                    .into_iter()
                    .partition(|(name, _)| name.starts_with("x-"));
                extensions.sort_by(|(one, _), (other, _)| one.cmp(other));
                fields.append(&mut extensions);
                *operation = fields.into_iter().collect();
            }
        }
        document
    }

    #[test]
    fn openapi_is_current() {
        let generated = generate();
        if std::env::var_os("UPDATE_OPENAPI").is_some() {
            let text = serde_json::to_string_pretty(&generated).unwrap() + "\n";
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
            std::fs::write(path, text).unwrap();
        } else {
            let committed: Value = serde_json::from_str(DOCUMENT).unwrap();
            assert!(
                generated == committed,
                "openapi.json is not current: run cargo xtask openapi"
            );
        }
    }

    #[test]
    fn every_operation_declares_scope_permission_and_parameters() {
        let generated = generate();
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
            assert!(operation["summary"].is_string(), "{name} has no summary");
            let count = |name: &str, location: &str| {
                let parameters = operation["parameters"].as_array().into_iter().flatten();
                parameters
                    .filter(|parameter| parameter["name"] == name && parameter["in"] == location)
                    .count()
            };
            let is_read =
                name.starts_with("get ") || (name.starts_with("post ") && name.ends_with("/query"));
            let is_command = !is_read && name != "delete /profile";
            let takes_idempotency_key = is_command && !name.contains(" /auth/");
            assert_eq!(
                (
                    count("Idempotency-Key", "header"),
                    count("dry_run", "query")
                ),
                (usize::from(takes_idempotency_key), usize::from(is_command)),
                "{name}: Idempotency-Key and dry_run"
            );
            let open = scope == Some("none");
            assert_eq!(
                operation["security"].is_array(),
                open,
                "{name}: security does not fit its scope"
            );
        }
    }

    #[test]
    fn only_admin_operations_declare_an_operator_scope() {
        let generated = generate();
        let mut found = 0;
        for (name, operation) in operations(&generated) {
            let (_, path) = name.split_once(' ').unwrap();
            let for_operators = path.starts_with("/admin/");
            found += usize::from(for_operators);
            let permission = operation["x-permission"].as_str().unwrap();
            let scope = permission.strip_prefix("operator:");
            assert_eq!(scope.is_some(), for_operators, "{name} needs {permission}");
            if let Some(scope) = scope {
                assert!(
                    scope.parse::<OperatorScope>().is_ok(),
                    "{name}: {scope} is not a scope"
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
        let generated = generate();
        let mut ids: Vec<_> = operations(&generated)
            .into_iter()
            .map(|(_, operation)| operation["operationId"].to_string())
            .collect();
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}
