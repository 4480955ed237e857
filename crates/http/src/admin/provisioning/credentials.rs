//! Creation of logins and API keys for existing users.

use axum::extract::State;
use axum::response::Response;
use freehold_app::provisioning::{Graph, GraphOptions, IdentityDraft};

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
use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::extract::body::request_body;
use crate::state::AppState;

pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::new()
        .routes(routes!(create_account_identity))
        .routes(routes!(create_account_api_key))
}

request_body! {
    /// A login to create for a user.
    struct CreateIdentity {
        #[schema(value_type = EntityRef)]
        user_ref: EntityRefField,
        user_identity: NewIdentity,
        options: Option<Options>,
    }

    /// An API key to create.
    struct CreateApiKey {
        api_key: NewApiKey,
        options: Option<Options>,
    }
}

impl_command_options! { CreateIdentity, CreateApiKey }

/// Creates a login for a user.
#[utoipa::path(
    post, path = "/admin/simple/accounts/users/identities", tag = "Operators",
    security(("operator" = [])), request_body = CreateIdentity,
    responses(
        (status = 200, description = "The login, under `identity_0`", body = CreatedAccountsView<'_>),
        (status = 400, description = "The login cannot be created; the message has the reason"),
        (status = 404, description = "The user does not exist"),
        (status = 501, description = "The sign-in method is not supported"),
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

/// Creates an API key. The response contains the key itself if `return_api_keys` is true.
#[utoipa::path(
    post, path = "/admin/simple/accounts/api-keys", tag = "Operators",
    security(("operator" = [])), request_body = CreateApiKey,
    responses(
        (status = 200, description = "The API key, under `key`", body = CreatedAccountsView<'_>),
        (status = 400, description = "Invalid reference or value"),
        (status = 404, description = "The project or the user does not exist"),
        (status = 409, description = "The user is not a member of the project"),
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
