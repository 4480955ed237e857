//! Operator keys: list, create, revoke.

use axum::extract::State;
use axum::response::Response;
use freehold_app::{CreatedOperatorKey, Failure, NewOperatorKey, OperatorKeyRecord};
use freehold_domain::{
    Id, OperatorKey, OperatorName, OperatorScope, OperatorScopes, Reason, Refusal, Timestamp,
};
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::extract::body::{Field, FieldReader, request_body};
use crate::response::{SecretView, ok_json, operator_command_response};
use crate::state::AppState;

use super::fields::read_parsed;
use super::{
    AuthorizedOperator, CommandOptions, HasCommandOptions, OperatorCommand, OperatorPathCommand,
    OperatorReadContext, OperatorsWrite,
};

pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::new()
        .routes(routes!(list_operators, create_operator))
        .routes(routes!(revoke_operator))
}

request_body! {
    /// A new operator key.
    struct CreateOperator {
        /// Name of the operator in the audit log: 1 to 100 visible characters, unique among the
        /// operator keys that are not revoked.
        #[schema(value_type = String)]
        name: OperatorName,
        /// Scopes of the key, at least one: `accounts:read`, `accounts:write`,
        /// `accounts:delete`, `credentials:write`, `audit:read`, `operators:write`.
        #[schema(value_type = Vec<String>)]
        scopes: OperatorScopes,
        /// Expiry time. Default: the key does not expire.
        #[schema(value_type = Option<String>, format = "date-time")]
        expires_at: Option<InputValue<Timestamp>>,
        /// Dry run: the request is executed and rolled back.
        dry_run: Option<bool>,
        /// The same as the header `Idempotency-Key`.
        idempotency_key: Option<String>,
        /// Recorded in the audit log.
        #[schema(value_type = Option<String>)]
        reason: Option<Reason>,
    }
}

impl HasCommandOptions for CreateOperator {
    fn command_options(&self) -> CommandOptions {
        CommandOptions {
            dry_run: self.dry_run,
            idempotency_key: self.idempotency_key.clone(),
            reason: self.reason.clone(),
        }
    }
}

impl Field for OperatorName {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        read_parsed(value, reader, Self::parse)
    }
}

impl Field for OperatorScope {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        read_parsed(value, reader, str::parse)
    }
}

impl Field for OperatorScopes {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let scopes = Vec::<OperatorScope>::read(value, reader)?;
        if scopes.is_empty() {
            reader.report_value_error("a key has at least one scope", value);
            return None;
        }
        Some(scopes.into_iter().collect())
    }
}

/// A value, and what was sent for it.
#[derive(Debug)]
struct InputValue<T> {
    value: T,
    text: Value,
}

impl<T: Field> Field for InputValue<T> {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let text = value.clone();
        T::read(value, reader).map(|value| Self { value, text })
    }
}

/// An operator key, without the secret.
#[derive(Debug, Serialize, ToSchema)]
struct OperatorView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<OperatorKey>,
    name: &'a str,
    /// The first characters of the key.
    prefix: &'a str,
    #[schema(value_type = Vec<String>)]
    scopes: OperatorScopes,
    created_at: String,
    /// Name of the operator who created the key.
    created_by: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    /// Time of the last use, accurate to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<String>,
}

impl<'a> From<&'a OperatorKeyRecord> for OperatorView<'a> {
    fn from(record: &'a OperatorKeyRecord) -> Self {
        let OperatorKeyRecord {
            id,
            name,
            prefix,
            scopes,
            expires_at,
            last_used_at,
            revoked_at,
            created_at,
            created_by,
        } = record;
        Self {
            id: *id,
            name,
            prefix,
            scopes: *scopes,
            created_at: created_at.iso_offset(),
            created_by,
            expires_at: expires_at.map(Timestamp::iso_offset),
            last_used_at: last_used_at.map(Timestamp::iso_offset),
            revoked_at: revoked_at.map(Timestamp::iso_offset),
        }
    }
}

/// A new operator key with its secret.
#[derive(Debug, Serialize, ToSchema)]
struct CreatedOperatorView<'a> {
    #[serde(flatten)]
    operator: OperatorView<'a>,
    /// The key. It is shown only in this response.
    #[schema(value_type = String)]
    key: SecretView<'a>,
}

impl<'a> From<&'a CreatedOperatorKey> for CreatedOperatorView<'a> {
    fn from(created: &'a CreatedOperatorKey) -> Self {
        let CreatedOperatorKey { record, key } = created;
        Self {
            operator: record.into(),
            key: SecretView(key),
        }
    }
}

/// All operator keys.
#[derive(Debug, Serialize, ToSchema)]
struct OperatorsView<'a> {
    /// First the keys that are not revoked, by name; then the revoked ones, most recently revoked
    /// first.
    operators: Vec<OperatorView<'a>>,
}

/// Lists operator keys, including revoked ones.
#[utoipa::path(
    get, path = "/admin/operators", tag = "Operators",
    params(("reason" = Option<String>, Query, description = "Reason, recorded in the audit log")),
    responses((status = 200, description = "The operator keys", body = OperatorsView<'_>)),
    security(("operator" = [])),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:operators:write"))),
)]
async fn list_operators(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<OperatorsWrite>,
    OperatorReadContext(context): OperatorReadContext,
) -> Result<Response, Problem> {
    let keys = state.app().operator_keys(&operator, &context).await?;
    ok_json(&OperatorsView {
        operators: keys.iter().map(OperatorView::from).collect(),
    })
}

/// Creates an operator key. It can have only scopes that the operator who creates it has.
#[utoipa::path(
    post, path = "/admin/operators", tag = "Operators",
    request_body = CreateOperator,
    responses(
        (status = 200, description = "The key, shown only once", body = CreatedOperatorView<'_>),
        (status = 409, description = "An operator key that is not revoked has this name"),
    ),
    security(("operator" = [])),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:operators:write"))),
)]
async fn create_operator(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<OperatorsWrite>,
    OperatorCommand { context, body }: OperatorCommand<CreateOperator>,
) -> Result<Response, Problem> {
    let new = NewOperatorKey {
        name: body.name,
        scopes: body.scopes,
        expires_at: body.expires_at.as_ref().map(|expiry| expiry.value),
    };
    let app = state.app();
    let created = app.create_operator_key(&operator, &context, &new).await;
    let created = created.map_err(|failure| match (&failure, &body.expires_at) {
        (Failure::Refused(Refusal::InvalidField { field, .. }), Some(expiry))
            if field == "expires_at" =>
        {
            Problem::from(failure).with_input(&expiry.text)
        }
        _ => failure.into(),
    })?;
    operator_command_response(StatusCode::OK, &created, |created| {
        CreatedOperatorView::from(created)
    })
}

/// Revokes an operator key. It stops working at once, and its name can be used again.
#[utoipa::path(
    delete, path = "/admin/operators/{name}", tag = "Operators",
    params(
        ("name" = String, Path, description = "The operator's name"),
        ("reason" = Option<String>, Query, description = "Reason, recorded in the audit log"),
    ),
    responses(
        (status = 200, description = "The revoked key", body = OperatorView<'_>),
        (status = 404, description = "No operator key that is not revoked has this name"),
    ),
    security(("operator" = [])),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:operators:write"))),
)]
async fn revoke_operator(
    State(state): State<AppState>,
    command: OperatorPathCommand<OperatorsWrite, 1>,
) -> Result<Response, Problem> {
    let OperatorPathCommand {
        operator,
        context,
        path: [name],
        ..
    } = command;
    let app = state.app();
    let revoked = app.revoke_operator_key(&operator, &context, &name).await?;
    operator_command_response(StatusCode::OK, &revoked, |record| {
        OperatorView::from(record)
    })
}
