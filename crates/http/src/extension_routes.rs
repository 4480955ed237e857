//! The routes of extensions. The access that a route declares is checked here, before its handler;
//! the handler gets the caller and the parsed request.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use freehold_app::{App, Caller, Operator, Outcome, RequestContext};
use http::Method;
use serde_json::{Map, Value, json};

use crate::admin::operator_of_any_scope;
use crate::error::Problem;
use crate::extract::body::{MAX_BODY_BYTES, parse_optional, read_body};
use crate::extract::command::request_context;
use crate::extract::query::query_pairs;
use crate::response::ok_json;
use crate::state::AppState;

/// Who may call the route of an extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteAccess {
    /// Everyone, without a credential.
    Public,
    /// A user, with any of their credentials.
    User,
    /// An operator, with the admin key or a named key.
    Operator,
}

/// A request to the route of an extension.
#[derive(Debug)]
pub struct ExtensionRequest {
    /// The user; `None` unless the route is for users.
    pub caller: Option<Caller>,
    /// The operator; `None` unless the route is for operators.
    pub operator: Option<Operator>,
    /// The request's id, its address and whether it is a dry run.
    pub context: RequestContext,
    /// The parameters of the path, by name.
    pub path: BTreeMap<String, String>,
    /// The parameters of the query, in their order.
    pub query: Vec<(String, String)>,
    /// The JSON body; null without one.
    pub body: Value,
}

/// The body of the response, or the refusal.
pub type ExtensionResponse = Pin<Box<dyn Future<Output = Outcome<Value>> + Send>>;

type Handler = Arc<dyn Fn(App, ExtensionRequest) -> ExtensionResponse + Send + Sync>;

/// A route of an extension.
#[derive(Clone)]
pub struct ExtensionRoute {
    method: Method,
    path: &'static str,
    access: RouteAccess,
    operation: Value,
    handler: Handler,
}

impl fmt::Debug for ExtensionRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} for {:?}", self.method, self.path, self.access)
    }
}

impl ExtensionRoute {
    /// A route. `path` has its parameters in braces, such as `/usage/{organization_id}`.
    /// `operation` is the OpenAPI operation, without what follows from `access`.
    pub fn new<F>(
        method: Method,
        path: &'static str,
        access: RouteAccess,
        operation: Value,
        handler: impl Fn(App, ExtensionRequest) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Outcome<Value>> + Send + 'static,
    {
        Self {
            method,
            path,
            access,
            operation,
            handler: Arc::new(move |app, request| Box::pin(handler(app, request))),
        }
    }

    /// The operation with its security, as in the OpenAPI document.
    fn described(&self) -> Value {
        let mut operation = self.operation.clone();
        let (security, scope) = match self.access {
            RouteAccess::Public => (json!([{}]), "none"),
            RouteAccess::User => {
                let user =
                    json!([{"session": []}, {"cookie": []}, {"api_key": []}, {"service": []}]);
                (user, "user")
            }
            RouteAccess::Operator => (json!([{"operator": []}]), "operator"),
        };
        if let Some(object) = operation.as_object_mut() {
            object.insert("security".to_owned(), security);
            object.insert("x-scope".to_owned(), json!(scope));
            object.entry("x-permission").or_insert(json!("none"));
        }
        operation
    }
}

/// Adds the routes to the OpenAPI document `document`.
pub(crate) fn describe(document: &str, routes: &[ExtensionRoute]) -> Result<String, Problem> {
    let mut document: Value = serde_json::from_str(document).map_err(|_| Problem::internal())?;
    for route in routes {
        let method = route.method.as_str().to_ascii_lowercase();
        let paths = document["paths"].as_object_mut();
        let item = paths.map(|paths| paths.entry(route.path).or_insert(Value::Object(Map::new())));
        if let Some(item) = item.and_then(Value::as_object_mut) {
            item.insert(method, route.described());
        }
    }
    Ok(document.to_string())
}

/// Returns a router with the routes.
pub(crate) fn router(routes: &[ExtensionRoute]) -> Router<AppState> {
    routes.iter().fold(Router::new(), |router, route| {
        let filter = MethodFilter::try_from(route.method.clone()).unwrap_or(MethodFilter::GET);
        let this = route.clone();
        let handler = move |State(state): State<AppState>, request: Request| async move {
            handle(&this, state, request).await
        };
        router.route(route.path, on(filter, handler))
    })
}

async fn handle(
    route: &ExtensionRoute,
    state: AppState,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let (mut caller, mut operator) = (None, None);
    match route.access {
        RouteAccess::Public => {}
        RouteAccess::User => {
            caller = Some(Caller::from_request_parts(&mut parts, &state).await?);
        }
        RouteAccess::Operator => operator = Some(operator_of_any_scope(&parts, &state).await?),
    }
    let path = RawPathParams::from_request_parts(&mut parts, &state).await;
    let path = path.map(|params| {
        let pairs = params
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        pairs.collect()
    });
    let bytes = read_body(body, MAX_BODY_BYTES).await?;
    let request = ExtensionRequest {
        caller,
        operator,
        context: request_context(&parts, &state),
        path: path.unwrap_or_default(),
        query: query_pairs(&parts.uri)
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect(),
        body: parse_optional(&parts.headers, &bytes)?,
    };
    ok_json(&(route.handler)(state.app().clone(), request).await?)
}
