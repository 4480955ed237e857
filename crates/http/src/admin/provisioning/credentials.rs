//! Giving somebody who is there something to sign in with: a login or an API key.

use axum::extract::State;
use axum::response::Response;
use freehold_app::provisioning::{Graph, IdentityDraft, Wanted};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::create::make;
use super::entities::with_options;
use super::graph::wanted;
use super::request_parts::{NewApiKey, NewIdentity, Options, sayings};
use super::simple_accounts::one;
use super::views::AccountsView;
use crate::admin::fields::{EntityRef, Way};
use crate::admin::{AboutItself, By, CredentialsWrite, Order, Sayings};
use crate::error::Problem;
use crate::extract::body::request_body;
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create_identity))
        .routes(routes!(create_api_key))
}

request_body! {
    /// A login to be given to somebody.
    struct CreateIdentity {
        #[schema(value_type = EntityRef)]
        user_ref: Way,
        user_identity: NewIdentity,
        options: Option<Options>,
    }

    /// An API key to be made.
    struct CreateApiKey {
        api_key: NewApiKey,
        options: Option<Options>,
    }
}

with_options! { CreateIdentity, CreateApiKey }

/// Gives somebody a login.
#[utoipa::path(
    post, path = "/admin/simple/accounts/users/identities", tag = "Operators",
    security(("operator" = [])), request_body = CreateIdentity,
    responses(
        (status = 200, description = "Under `identity_0`", body = AccountsView<'_>),
        (status = 400, description = "It cannot be made; the text says why"),
        (status = 404, description = "The person is not there"),
        (status = 501, description = "The deployment has no such way of signing in"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:credentials:write"))),
)]
async fn create_identity(
    State(house): State<AppState>,
    By { operator, .. }: By<CredentialsWrite>,
    Order { call, body }: Order<CreateIdentity>,
) -> Result<Response, Problem> {
    let CreateIdentity {
        user_ref: Way(user),
        user_identity,
        options,
    } = body;
    let identity = IdentityDraft {
        user: Some(user),
        ..user_identity.draft()
    };
    let graph = Graph {
        wanted: Wanted {
            identities: true,
            strict: true,
            ..wanted(options.as_ref())
        },
        identities: one("identity_0", identity),
        ..Graph::default()
    };
    let renamed = [
        ("user_identities.identity_0.user_ref", "user_ref"),
        ("user_identities.identity_0.", "user_identity."),
    ];
    make(&house, &operator, &call, graph, &renamed).await
}

/// Makes an API key; its text is shown if `return_api_keys` says so.
#[utoipa::path(
    post, path = "/admin/simple/accounts/api-keys", tag = "Operators",
    security(("operator" = [])), request_body = CreateApiKey,
    responses(
        (status = 200, description = "Under `key`", body = AccountsView<'_>),
        (status = 400, description = "A reference that leads nowhere, or a value that breaks a rule"),
        (status = 404, description = "The project or the person is not there"),
        (status = 409, description = "The person is not a member of the project"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:credentials:write"))),
)]
async fn create_api_key(
    State(house): State<AppState>,
    By { operator, .. }: By<CredentialsWrite>,
    Order { call, body }: Order<CreateApiKey>,
) -> Result<Response, Problem> {
    let CreateApiKey { api_key, options } = body;
    let graph = Graph {
        wanted: Wanted {
            api_keys: true,
            ..wanted(options.as_ref())
        },
        api_keys: one("key", api_key.draft()),
        ..Graph::default()
    };
    let renamed = [("api_keys.key.", "api_key.")];
    make(&house, &operator, &call, graph, &renamed).await
}
