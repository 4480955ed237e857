//! Every operation below `/admin`, with every credential that does not give
//! access, and with requests that are invalid anyway: callers without access
//! get only that refusal.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use freehold_testkit::{ADMIN_KEY, Client, PendingRequest, Response, TestApp, scenario};
use serde_json::{Value, json};

use super::{SCOPES, create_operator, create_operator_from};

/// An operation, and the scope that its description requires.
struct Operation {
    method: String,
    path: String,
    scope: String,
}

/// The operators' operations of the OpenAPI document.
async fn operations(app: &TestApp) -> Vec<Operation> {
    let document = app
        .anonymous()
        .get("/openapi.json")
        .await
        .expect_status(200);
    let paths = document.json()["paths"].as_object().unwrap().clone();
    let mut all = Vec::new();
    for (path, item) in paths.iter().filter(|(path, _)| path.starts_with("/admin")) {
        for (method, operation) in item.as_object().unwrap() {
            let needed = operation["x-permission"].as_str().unwrap_or_default();
            let scope = needed.strip_prefix("operator:").unwrap_or_default();
            assert!(
                SCOPES.contains(&scope),
                "{method} {path} says that it needs {needed:?}"
            );
            all.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                scope: scope.to_owned(),
            });
        }
    }
    all
}

/// The ways in which a request is invalid beside its credential.
const MALFORMED: [(&str, &str, &str); 4] = [
    ("application/json", "{\"users\": [", "malformed"),
    ("text/plain", "accounts", "of another type"),
    ("application/json", "[{\"email\": 7}]", "of another shape"),
    ("application/json", "", "empty"),
];

impl Operation {
    /// An invalid request: no entity that it names exists, and its parameters,
    /// idempotency key and body are malformed.
    fn request(
        &self,
        client: &Client,
        (kind, body, _): (&str, &str, &str),
        named: &str,
    ) -> PendingRequest {
        let parts = self
            .path
            .split('/')
            .map(|part| match part.starts_with('{') {
                true => named,
                false => part,
            });
        let path = parts.collect::<Vec<_>>().join("/");
        let query = "dry_run=maybe&limit=none&cursor=%00&after=x&reason=%01";
        let request = client.request(&self.method, &format!("{path}?{query}"));
        request
            .header("x-request-id", "admin-doors")
            .header("idempotency-key", "not usable")
            .header("content-type", kind)
            .body(body)
    }

    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// A response without its date and without `connection`, which depends on how much
/// of the body had arrived.
fn comparable_text(response: &Response) -> String {
    let mut headers = response.sorted_headers();
    headers.retain(|(name, _)| !["date", "connection"].contains(&name.as_str()));
    format!("{} {headers:?} {}", response.status(), response.text())
}

/// All callers that are no operators, by their credential.
async fn non_operators(app: &TestApp) -> Vec<(&'static str, Client)> {
    let ada = app.sign_up("ada").await;
    let key = ada.create_api_key().await;
    let check = "/access/permissions/check?action=run_service&resource_type=service";
    let service = ada
        .get(check)
        .await
        .expect_status(200)
        .text_field("credentials");
    let token = service.strip_prefix("Secret ").unwrap();

    let good = create_operator(app, "good", &SCOPES).await;
    let revoked = create_operator(app, "revoked", &SCOPES).await;
    app.operator()
        .delete("/admin/operators/revoked")
        .await
        .expect_status(200);
    let soon = freehold_domain::Clock::now(app.clock()) + Duration::from_secs(60);
    let expiring = json!({"name": "expired", "scopes": SCOPES, "expires_at": soon.iso_z()});
    let expired = create_operator_from(app, &expiring).await;
    expired
        .client
        .get("/admin/operators")
        .await
        .expect_status(200);
    app.clock().advance(Duration::from_secs(60));

    let (prefix, secret) = good.text.split_once('.').unwrap();
    let last = if secret.ends_with('0') { '1' } else { '0' };
    let credentials = [
        ("the admin key as a bearer's", format!("Bearer {ADMIN_KEY}")),
        ("the admin key as a user's", format!("ApiKey {ADMIN_KEY}")),
        ("the admin key alone", ADMIN_KEY.to_owned()),
        ("the admin key as a password", format!("Basic {ADMIN_KEY}")),
        (
            "half of the admin key",
            format!("Access {}", &ADMIN_KEY[..20]),
        ),
        ("more than the admin key", format!("Access {ADMIN_KEY}x")),
        (
            "the admin key twice",
            format!("Access {ADMIN_KEY} {ADMIN_KEY}"),
        ),
        ("another key", "Access replace-me".to_owned()),
        ("a scheme without a key", "Access ".to_owned()),
        ("a session", format!("Bearer {}", ada.access_token)),
        (
            "a session as an operator's",
            format!("Access {}", ada.access_token),
        ),
        ("a user's key", format!("ApiKey {}", key.text)),
        (
            "a user's key as an operator's",
            format!("Access {}", key.text),
        ),
        (
            "a user's key with the mark",
            format!("Access fho_{}", key.text),
        ),
        ("a service's token", service.clone()),
        (
            "a service's token as an operator's",
            format!("Access {token}"),
        ),
        (
            "an operator's key as a bearer's",
            format!("Bearer {}", good.text),
        ),
        (
            "an operator's key as a user's",
            format!("ApiKey {}", good.text),
        ),
        ("an operator's key alone", good.text.clone()),
        (
            "an operator's key with another end",
            format!("Access {prefix}.{}{last}", &secret[..63]),
        ),
        (
            "an unknown operator's key",
            format!("Access fho_AAAAAAAA.{secret}"),
        ),
        (
            "the beginning of an operator's key",
            format!("Access {prefix}"),
        ),
        (
            "a revoked operator's key",
            format!("Access {}", revoked.text),
        ),
        (
            "an expired operator's key",
            format!("Access {}", expired.text),
        ),
    ];
    let credentials = credentials
        .into_iter()
        .map(|(who, credentials)| (who, app.anonymous().with_authorization(credentials)));
    std::iter::once(("nothing", app.anonymous().clone()))
        .chain(credentials)
        .collect()
}

/// All rows but audit events and the last uses of keys.
async fn contents_without_audit(app: &TestApp) -> BTreeMap<String, Vec<String>> {
    let mut all = app.db().contents().await;
    all.remove("audit_events");
    for keys in ["api_keys", "operator_keys"] {
        let rows = all.get_mut(keys).unwrap();
        *rows = vec![rows.len().to_string()];
    }
    all
}

const UNKNOWN_ID: &str = "01900000-0000-7000-8000-000000000000";

scenario!(non_operators_are_refused_before_validation, async |app| {
    let non_operators = non_operators(app).await;
    let operations = operations(app).await;
    assert!(operations.len() >= 3, "{}", operations.len());
    let before = contents_without_audit(app).await;
    let mut outcomes = BTreeSet::new();
    for operation in &operations {
        for (who, client) in &non_operators {
            for (n, wrong) in MALFORMED.into_iter().enumerate() {
                let named = [UNKNOWN_ID, "%00", "nosuch", "x"][n];
                let response = operation.request(client, wrong, named).await;
                let what = wrong.2;
                let name = operation.name();
                assert_eq!(response.status(), 401, "{who}, {what}: {name}: {response}");
                outcomes.insert(comparable_text(&response));
            }
        }
    }
    // A path without a route, and a method that a route does not have.
    for (who, client) in &non_operators {
        for (method, path) in [("GET", "/admin/nowhere"), ("PATCH", "/admin/operators")] {
            let request = client
                .request(method, path)
                .header("x-request-id", "admin-doors");
            let response = request.await;
            assert_eq!(response.status(), 401, "{who}: {response}");
            outcomes.insert(format!("{:?}", response.detail()));
        }
    }
    let detail = format!("{:?}", json!({"message": "Unauthorized"}));
    assert!(outcomes.remove(&detail), "{outcomes:#?}");
    assert_eq!(outcomes.len(), 1, "all hear the same: {outcomes:#?}");
    assert_eq!(
        contents_without_audit(app).await,
        before,
        "nothing has changed"
    );
});

scenario!(missing_scope_is_refused_before_validation, async |app| {
    let operations = operations(app).await;
    let mut with = BTreeMap::new();
    for scope in SCOPES {
        let others: Vec<&str> = SCOPES.into_iter().filter(|it| *it != scope).collect();
        let without = create_operator(app, &format!("all but {scope}"), &others).await;
        let only = create_operator(app, &format!("only {scope}"), &[scope]).await;
        with.insert(scope.to_owned(), (without.client, only.client));
    }
    let before = contents_without_audit(app).await;
    for operation in &operations {
        let Operation { scope, .. } = operation;
        let (without, only) = &with[scope];
        let refused = json!({
            "message": format!("This operator key lacks the scope '{scope}'."),
            "scope": scope,
        });
        for (n, wrong) in MALFORMED.into_iter().enumerate() {
            let named = [UNKNOWN_ID, "%00", "nosuch", "x"][n];
            let response = operation.request(without, wrong, named).await;
            let response = response.expect_detail(403, refused.clone());
            assert_eq!(response.code(), "scope_missing");
            // Only a caller with the scope learns what is wrong.
            let response = operation.request(only, wrong, named).await;
            assert!(
                ![401, 403].contains(&response.status()) && response.status() < 500,
                "{response}"
            );
        }
    }
    assert_eq!(
        contents_without_audit(app).await,
        before,
        "nothing has changed"
    );

    // Any operator may learn which paths exist.
    for (_, only) in with.values() {
        only.get("/admin/nowhere")
            .await
            .expect_detail(404, "Not Found");
        only.patch("/admin/operators", &Value::Null)
            .await
            .expect_detail(405, "Method Not Allowed");
    }

    // Each of these refusals is audited with its actor.
    let refused = app.db().query_texts(
        "SELECT DISTINCT actor_name FROM audit_events
              WHERE action = 'operator.refused' AND refused = 'scope_missing' ORDER BY actor_name",
    );
    let needed: BTreeSet<String> = operations
        .iter()
        .map(|operation| format!("all but {}", operation.scope))
        .collect();
    assert_eq!(refused.await, needed.into_iter().collect::<Vec<_>>());
});
