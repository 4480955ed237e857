//! Malformed requests to every operation of the OpenAPI document: each is refused
//! in JSON with a reason, never with a 5xx, and alike by both databases.

mod operations;

use std::collections::BTreeMap;

use freehold_testkit::{Client, Engine, Response, TestApp, TestUser};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use operations::{EXCEPTIONS, Operation, operations, with_query};

/// Requires that every operation of the document got malformed query strings, and malformed ids and
/// bodies if it has path parameters or a body.
fn check_coverage(document: &Value, outcomes: &Outcomes) {
    let mut problems = Vec::new();
    for (path_template, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{} {path_template}", method.to_uppercase());
            if EXCEPTIONS.iter().any(|(exception, _)| *exception == name) {
                continue;
            }
            for (kind, applies) in [
                ("id", path_template.contains('{')),
                ("body", operation["requestBody"].is_object()),
                ("query", true),
            ] {
                let prefix = format!("{name} with {kind} ");
                if applies && !outcomes.keys().any(|label| label.starts_with(&prefix)) {
                    problems.push(format!("{name}: no malformed {kind}"));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Values of path parameters.
const MALFORMED_IDS: &[&str] = &[
    "",
    "x",
    "%00",
    "%ff",
    "%c3%28",
    "%zz",
    "%",
    "..%2f..%2fetc",
    "'%20OR%201=1--",
    "%F0%9F%8F%A0",
    "null",
    "00000000-0000-0000-0000-000000000000",
    "01900000-0000-7000-8000-000000000000",
    "01900000-0000-7000-8000-00000000000g",
    "-1",
    "a%0d%0ab",
    "%2e%2e",
];

/// Bodies that are malformed for every operation.
fn bodies() -> Vec<Vec<u8>> {
    let text = |text: &str| text.as_bytes().to_vec();
    let mut all: Vec<_> = [
        "", " ", "{", "}", "[]", "null", "true", "1e999", "-0", "\"x\"", "{\"name\":}", "{\"name\" \"x\"}", "{'name':'x'}",
        "NaN", "{\"a\":1}{\"b\":2}", "\u{feff}{}", "{\"name\":\"\\ud800\"}", "{\"name\":\"\\u0000\"}", "{\"name\":\"a\\u0007b\"}",
        "{\"name\":1}", "{\"name\":[]}", "{\"name\":{\"a\":{}}}", "{\"name\":true,\"description\":0.5}", "{\"slug\":1}",
        "{\"slug\":\"\\u0000\"}", "{\"flags\":1}", "{\"flags\":[]}", "{\"flags\":{\"a\\u0000\":1}}", "{\"flags\":{\"a\":\"\\u0000\"}}",
        "{\"flags\":{\"a\":1e308,\"b\":-9223372036854775809,\"c\":18446744073709551616}}",
        "{\"username\":null}", "{\"username\":\"\\u0000\"}", "{\"username\":\"\\u202e\"}", "{\"username\":[\"a\"]}",
        "{\"formFields\":null}", "{\"formFields\":{}}", "{\"formFields\":[1]}", "{\"formFields\":[{}]}", "{\"formFields\":[{\"id\":1}]}",
        "{\"formFields\":[{\"id\":\"email\",\"value\":{}}]}", "{\"formFields\":[{\"id\":\"email\",\"value\":\"a\\u0000@x.test\"}]}",
        "{\"formFields\":[{\"id\":\"email\",\"value\":\"a@x.test\"},{\"id\":\"password\",\"value\":\"\\u0000\"}]}",
        "{\"formFields\":[{\"id\":\"password\",\"value\":\"Secret12!\"}],\"token\":\"\\u0000\"}",
        "{\"formFields\":[{\"id\":\"password\",\"value\":\"Secret12!\"}],\"token\":\"%%%\"}",
        "{\"testset\":{\"slug\":\"\\u0000\",\"data\":{\"testcases\":[{\"data\":{\"a\":\"\\u0000\"}}]}}}",
        "{\"testset\":{\"slug\":\"s\",\"data\":{\"testcases\":{}}}}", "{\"evaluator\":{\"slug\":[],\"flags\":{\"a\":1.5}}}",
        "{\"environment\":{\"slug\":\"\\ud83c\\udfe0\",\"data\":[]}}",
        "{\"testset_refs\":[{\"id\":\"x\"}]}", "{\"testset_refs\":1}", "{\"windowing\":{\"limit\":-1}}",
        "{\"windowing\":{\"limit\":1e99}}", "{\"testset\":{\"name\":\"\\u0000\"}}", "{\"include_archived\":\"maybe\"}",
    ]
    .map(text)
    .into();
    all.push(b"{\"name\":\"\xff\xfe\"}".to_vec());
    all.push(b"\x00\x01\x02".to_vec());
    all.push(b"{\"name\":\"a\x00b\"}".to_vec());
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        all.push(text(&format!(
            "{{\"flags\":{}1{}}}",
            open.repeat(31),
            close.repeat(31)
        )));
        all.push(text(&format!(
            "{}1{}",
            open.repeat(9000),
            close.repeat(9000)
        )));
        all.push(text(&open.repeat(9000)));
    }
    all.push(text(&format!("{{\"name\":\"{}\"}}", "x".repeat(1 << 20))));
    all.push(text(&format!("{{\"name\":\"{}\"}}", "x".repeat(60_000))));
    all.push(text(&format!(
        "{{{}\"name\":\"x\"}}",
        "\"k\":1,".repeat(5000)
    )));
    all
}

/// Ends the label of a body that the server refuses before it was sent whole: the connection may
/// break before the client has read the refusal.
const LONG_BODY: &str = ", too long";

/// The status and the error code of each request, to compare the databases.
type Outcomes = BTreeMap<String, (u16, String)>;

/// Requires a response below 500, and of an error a JSON body with a code and a reason.
fn record_outcome(outcomes: &mut Outcomes, label: String, response: &Response) {
    assert!(response.status() < 500, "{label}: {response}");
    if response.status() >= 400 {
        let json = response.json();
        assert!(
            !json["detail"].is_null() || json["message"].is_string(),
            "{label}: {response}"
        );
        assert!(
            json["code"].is_string() && json["request_id"].is_string(),
            "{label}: {response}"
        );
        assert_eq!(json["status"], response.status(), "{label}: {response}");
        outcomes.insert(
            label,
            (response.status(), json["code"].as_str().unwrap().to_owned()),
        );
    } else {
        outcomes.insert(label, (response.status(), String::new()));
    }
}

/// Sends the malformed requests of one database.
struct Sender {
    ada: TestUser,
    operator: Client,
    /// The ids of Ada's organization, workspace and project, by the names of the path parameters.
    ids: BTreeMap<&'static str, String>,
    operations: Vec<Operation>,
    outcomes: Outcomes,
}

impl Sender {
    async fn new(app: &TestApp, document: &Value) -> Self {
        let ada = app.sign_up("ada").await;
        let scope = ada.default_scope().await;
        Self {
            operator: app.operator(),
            ids: BTreeMap::from([
                ("organization_id", scope.organization),
                ("workspace_id", scope.workspace),
                ("project_id", scope.project),
            ]),
            operations: operations(document),
            outcomes: Outcomes::new(),
            ada,
        }
    }

    /// Returns the operator's client for operators' operations, and otherwise Ada's. Sign-out gets
    /// an invalid token, since it would end Ada's session.
    fn client(&self, operation: &Operation) -> Client {
        match operation.path_template.as_str() {
            "/auth/signout" => self.ada.with_authorization("Bearer x"),
            path if path.starts_with("/admin/") => self.operator.clone(),
            _ => Client::clone(&self.ada),
        }
    }

    async fn check_malformed_ids(&mut self) {
        for operation in &self.operations {
            let client = self.client(operation);
            for name in &operation.path_parameters {
                for id in MALFORMED_IDS {
                    let path = operation.path(&BTreeMap::new(), Some((name.as_str(), *id)));
                    let request = client
                        .request(&operation.method, &path)
                        .header("content-type", "application/json");
                    let response = request.body(r#"{"name":"x"}"#).await;
                    let label = format!("{} with id {name}={id}", operation.name());
                    record_outcome(&mut self.outcomes, label, &response);
                }
            }
        }
    }

    async fn check_malformed_bodies(&mut self) {
        let bodies = bodies();
        let operations = self
            .operations
            .iter()
            .filter(|operation| operation.has_body);
        for (index, operation) in operations.enumerate() {
            let name = operation.name();
            let client = self.client(operation);
            let path = operation.path(&self.ids, None);
            // Every operation gets half of the bodies, to bound the run time.
            for (n, body) in bodies.iter().enumerate().skip(index % 2).step_by(2) {
                let too_long = body.len() > 64 * 1024;
                // A connection cannot be used again if the server did not read the whole body.
                let client = if too_long {
                    client.with_own_connections()
                } else {
                    client.clone()
                };
                let request = client
                    .request(&operation.method, &path)
                    .header("content-type", "application/json");
                // A server that refuses a long body need not read it to its end.
                match request.body(body.clone()).try_send().await {
                    Some(response) => {
                        let length = if too_long { LONG_BODY } else { "" };
                        let label = format!("{name} with body {n}{length}");
                        record_outcome(&mut self.outcomes, label, &response);
                    }
                    None => assert!(too_long, "{name} with body {n} was not answered"),
                }
            }
            for content_type in [
                "text/plain",
                "application/x-www-form-urlencoded",
                "multipart/form-data",
                "application/",
                ";",
                "json",
            ] {
                let request = client
                    .request(&operation.method, &path)
                    .header("content-type", content_type);
                let response = request.body(r#"{"name":"x"}"#).await;
                let label = format!("{name} as {content_type}");
                record_outcome(&mut self.outcomes, label, &response);
            }
        }
    }

    async fn check_malformed_queries(&mut self) {
        for operation in &self.operations {
            let name = operation.name();
            let client = self.client(operation);
            let path = operation.path(&BTreeMap::new(), None);
            for query in [
                "dry_run=maybe",
                "dry_run",
                "project_id=%ff&workspace_id=%00",
                "a=%&b==&&&=",
                "project_id=x&project_id=y",
            ] {
                let response = client
                    .request(&operation.method, &with_query(&path, query))
                    .await;
                let label = format!("{name} with query {query}");
                record_outcome(&mut self.outcomes, label, &response);
            }
            for (parameter, _) in &operation.query_parameters {
                let path = operation.path(&BTreeMap::new(), Some((parameter.as_str(), "%00")));
                let response = client.request(&operation.method, &path).await;
                let label = format!("{name} with query {parameter}=%00");
                record_outcome(&mut self.outcomes, label, &response);
            }
        }
    }

    async fn check_malformed_headers_and_methods(&mut self) {
        // All operations share the layers that read headers and methods: every third one is enough.
        for operation in self.operations.iter().step_by(3) {
            let name = operation.name();
            let client = self.client(operation);
            let path = operation.path(&BTreeMap::new(), None);
            for method in [
                "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND",
            ] {
                let exists = format!("{method} {}", operation.path_template);
                let is_exception = EXCEPTIONS.iter().any(|(exception, _)| *exception == exists);
                if method == operation.method || is_exception {
                    continue;
                }
                let response = client.request(method, &path).await;
                assert!(response.status() < 500, "{response}");
                if method != "OPTIONS" {
                    let label = format!("{name} sent as {method}");
                    record_outcome(&mut self.outcomes, label, &response);
                }
            }
            for (header, value) in [
                ("idempotency-key", "a b"),
                ("idempotency-key", "x"),
                ("x-request-id", "\u{e9}"),
                ("x-forwarded-for", "nonsense, ::1, 1.2.3.4.5"),
                ("traceparent", "00-zz"),
                ("accept-encoding", "br;q=x, *"),
                ("accept", "application/xml"),
                (
                    "cookie",
                    "sAccessToken; =; sAccessToken=x; sRefreshToken=%00",
                ),
                ("st-auth-mode", "nonsense"),
                ("origin", "null"),
            ] {
                let request = client
                    .request(&operation.method, &path)
                    .header(header, value);
                let label = format!("{name} with {header}: {value}");
                record_outcome(&mut self.outcomes, label, &request.await);
            }
            for wrong in [
                "",
                "Bearer",
                "Bearer \u{e9}",
                "Basic YTpi",
                "ApiKey .",
                "Access x",
                "Secret x",
                &"x".repeat(7000),
            ] {
                let response = client
                    .with_authorization(wrong)
                    .request(&operation.method, &path)
                    .await;
                let label = format!("{name} as {}", &wrong[..wrong.len().min(9)]);
                record_outcome(&mut self.outcomes, label, &response);
            }
        }
    }

    async fn check_path_without_route(&mut self) {
        for id in MALFORMED_IDS {
            let response = self.ada.get(&format!("/nowhere/{id}")).await;
            let label = format!("GET /nowhere/{id}");
            record_outcome(&mut self.outcomes, label, &response);
        }
    }
}

/// Sends bytes that no client library would send. No response is a 5xx, and the
/// server goes on.
async fn check_malformed_bytes(app: &TestApp) {
    let address = app
        .anonymous()
        .base()
        .trim_start_matches("http://")
        .to_owned();
    let line = |text: &str| format!("{text}\r\nhost: x\r\nconnection: close\r\n\r\n").into_bytes();
    let mut requests: Vec<Vec<u8>> = [
        "GET /\u{0} HTTP/1.1",
        "GET  HTTP/1.1",
        "GET /%%%% HTTP/1.1",
        "GET /organizations\\..\\x HTTP/1.1",
        "GET * HTTP/1.1",
        "GET http://[::1 HTTP/1.1",
        "GET /profile HTTP/9.9",
        "OPTIONS * HTTP/1.1",
        "CONNECT x:1 HTTP/1.1",
        "nonsense",
    ]
    .map(line)
    .into();
    requests.push(b"\x16\x03\x01\x02\x00\x01\x00\x01".to_vec());
    requests.push(
        b"GET /profile HTTP/1.1\r\nhost: x\r\nauthorization: \xff\xfe\r\nconnection: close\r\n\r\n"
            .to_vec(),
    );
    requests.push(line(&format!(
        "GET /profile HTTP/1.1\r\nx: {}",
        "y".repeat(1 << 20)
    )));
    requests.push(line(&format!(
        "GET /profile HTTP/1.1{}",
        "\r\nx: y".repeat(500)
    )));
    requests.push(line(&format!("GET /{} HTTP/1.1", "x".repeat(100_000))));
    requests.push(line(
        "POST /auth/signin HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: -1",
    ));
    requests.push(line(
        "POST /auth/signin HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6",
    ));
    requests.push(b"POST /auth/signin HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".to_vec());
    for request in requests {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let _ = stream.write_all(&request).await;
        let _ = stream.shutdown().await;
        let mut response = Vec::new();
        let _ = stream.read_to_end(&mut response).await;
        let status = response.get(9..10);
        assert_ne!(
            status,
            Some(&b"5"[..]),
            "{}",
            String::from_utf8_lossy(&response)
        );
    }
    app.anonymous().get("/readyz").await.expect_status(200);
}

/// Sends all malformed requests to a server on one database.
async fn outcomes(engine: Engine) -> Outcomes {
    let no_limits = |settings: &mut freehold_testkit::Settings| {
        (
            settings.sign_in_limits.per_account,
            settings.sign_in_limits.per_address,
        ) = (0, 0);
        settings.seeds = false;
    };
    let app = TestApp::start(engine, no_limits, freehold_app::Extensions::none()).await;
    let response = app.anonymous().get("/openapi.json").await;
    let document = response.expect_status(200).json().clone();
    let mut sender = Sender::new(&app, &document).await;
    sender.check_malformed_ids().await;
    sender.check_malformed_queries().await;
    sender.check_malformed_headers_and_methods().await;
    sender.check_malformed_bodies().await;
    sender.check_path_without_route().await;
    check_malformed_bytes(&app).await;
    let Sender { ada, outcomes, .. } = sender;
    check_coverage(&document, &outcomes);
    ada.get("/profile").await.expect_status(200);
    app.finish().await;
    outcomes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_requests_are_refused_alike_on_both_engines() {
    let (sqlite, postgres) = (
        outcomes(Engine::Sqlite).await,
        outcomes(Engine::Postgres).await,
    );
    assert!(sqlite.len() > 3000, "only {} requests", sqlite.len());
    let labels = sqlite.keys().chain(postgres.keys());
    for label in labels.collect::<std::collections::BTreeSet<_>>() {
        match (sqlite.get(label), postgres.get(label)) {
            (Some(_), None) | (None, Some(_)) if label.ends_with(LONG_BODY) => {}
            (on_sqlite, on_postgres) => assert_eq!(on_sqlite, on_postgres, "{label}"),
        }
    }
}
