//! Giving somebody who is there something to sign in with: a login or an API key.

use axum::extract::State;
use axum::response::Response;
use freehold_app::provisioning::{Graph, GraphOptions, IdentityDraft};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::create::provision;
use super::entities::impl_command_options;
use super::graph::graph_options;
use super::request_parts::{NewApiKey, NewIdentity, Options, command_options};
use super::simple_accounts::single_entry;
use super::views::CreatedAccountsView;
use crate::admin::fields::{EntityRef, EntityRefField};
use crate::admin::{
    AuthorizedOperator, CommandOptions, CredentialsWrite, HasCommandOptions, OperatorCommand,
};
use crate::error::Problem;
use crate::extract::body::request_body;
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create_account_identity))
        .routes(routes!(create_account_api_key))
}

request_body! {
    /// A login to be given to somebody.
    struct CreateIdentity {
        #[schema(value_type = EntityRef)]
        user_ref: EntityRefField,
        user_identity: NewIdentity,
        options: Option<Options>,
    }

    /// An API key to be made.
    struct CreateApiKey {
        api_key: NewApiKey,
        options: Option<Options>,
    }
}

impl_command_options! { CreateIdentity, CreateApiKey }

/// Gives somebody a login.
#[utoipa::path(
    post, path = "/admin/simple/accounts/users/identities", tag = "Operators",
    security(("operator" = [])), request_body = CreateIdentity,
    responses(
        (status = 200, description = "Under `identity_0`", body = CreatedAccountsView<'_>),
        (status = 400, description = "It cannot be made; the text says why"),
        (status = 404, description = "The person is not there"),
        (status = 501, description = "The deployment has no such way of signing in"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:credentials:write"))),
)]
async fn create_account_identity(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<CredentialsWrite>,
    OperatorCommand { context, body }: OperatorCommand<CreateIdentity>,
) -> Result<Response, Problem> {
    let CreateIdentity {
        user_ref: EntityRefField(user),
        user_identity,
        options,
    } = body;
    let identity = IdentityDraft {
        user: Some(user),
        ..user_identity.into_draft()
    };
    let graph = Graph {
        options: GraphOptions {
            identities: true,
            strict: true,
            ..graph_options(options.as_ref())
        },
        identities: single_entry("identity_0", identity),
        ..Graph::default()
    };
    let renames = [
        ("user_identities.identity_0.user_ref", "user_ref"),
        ("user_identities.identity_0.", "user_identity."),
    ];
    provision(&state, &operator, &context, graph, &renames).await
}

/// Makes an API key; its text is shown if `return_api_keys` says so.
#[utoipa::path(
    post, path = "/admin/simple/accounts/api-keys", tag = "Operators",
    security(("operator" = [])), request_body = CreateApiKey,
    responses(
        (status = 200, description = "Under `key`", body = CreatedAccountsView<'_>),
        (status = 400, description = "A reference that leads nowhere, or a value that breaks a rule"),
        (status = 404, description = "The project or the person is not there"),
        (status = 409, description = "The person is not a member of the project"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:credentials:write"))),
)]
async fn create_account_api_key(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<CredentialsWrite>,
    OperatorCommand { context, body }: OperatorCommand<CreateApiKey>,
) -> Result<Response, Problem> {
    let CreateApiKey { api_key, options } = body;
    let graph = Graph {
        options: GraphOptions {
            api_keys: true,
            ..graph_options(options.as_ref())
        },
        api_keys: single_entry("key", api_key.into_draft()),
        ..Graph::default()
    };
    let renames = [("api_keys.key.", "api_key.")];
    provision(&state, &operator, &context, graph, &renames).await
}
