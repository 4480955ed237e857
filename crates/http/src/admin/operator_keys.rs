//! Named operators: their keys are made, listed and taken back here.

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
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::Problem;
use crate::extract::PathParams;
use crate::extract::body::{Field, FieldReader, NoBody, request_body};
use crate::response::{SecretView, ok_json, operator_command_response};
use crate::state::AppState;

use super::{
    AuthorizedOperator, CommandOptions, HasCommandOptions, OperatorCommand, OperatorReadContext,
    OperatorsWrite,
};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_operators, create_operator))
        .routes(routes!(revoke_operator))
}

request_body! {
    /// A named operator.
    struct CreateOperator {
        /// What the audit trail calls them: 1 to 100 visible characters. No other good key has it.
        #[schema(value_type = String)]
        name: OperatorName,
        /// What the key is good for, one or more: `accounts:read`, `accounts:write`,
        /// `accounts:delete`, `credentials:write`, `audit:read`, `operators:write`.
        #[schema(value_type = Vec<String>)]
        scopes: OperatorScopes,
        /// When it stops working; never if nothing is said.
        #[schema(value_type = Option<String>, format = "date-time")]
        expires_at: Option<InputValue<Timestamp>>,
        /// Everything is tried and nothing is kept.
        dry_run: Option<bool>,
        /// Ask twice, do once.
        idempotency_key: Option<String>,
        /// For the audit trail.
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
        let text = String::read(value, reader)?;
        Self::parse(&text)
            .map_err(|error| reader.report_value_error(&error.to_string(), value))
            .ok()
    }
}

impl Field for OperatorScope {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let text = String::read(value, reader)?;
        text.parse()
            .map_err(|error: freehold_domain::NotAScope| {
                reader.report_value_error(&error.to_string(), value)
            })
            .ok()
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

/// A named operator's key. Its text is shown once, when it is made.
#[derive(Debug, Serialize, ToSchema)]
struct OperatorView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<OperatorKey>,
    name: &'a str,
    /// How its text begins.
    prefix: &'a str,
    #[schema(value_type = Vec<String>)]
    scopes: OperatorScopes,
    created_at: String,
    /// Which operator made it.
    created_by: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    /// To the minute.
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

/// A key that was just made.
#[derive(Debug, Serialize, ToSchema)]
struct CreatedOperatorView<'a> {
    #[serde(flatten)]
    operator: OperatorView<'a>,
    /// The key; it is not shown again.
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

/// All named operators.
#[derive(Debug, Serialize, ToSchema)]
struct OperatorsView<'a> {
    /// Those whose key is good by name, then those whose key was taken back, the latest first.
    operators: Vec<OperatorView<'a>>,
}

/// The named operators, those included whose key was taken back.
#[utoipa::path(
    get, path = "/admin/operators", tag = "Operators",
    params(("reason" = Option<String>, Query, description = "For the audit trail")),
    responses((status = 200, description = "The operators", body = OperatorsView<'_>)),
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

/// Makes a named operator with a key, which may do nothing that the asking operator may not.
#[utoipa::path(
    post, path = "/admin/operators", tag = "Operators",
    request_body = CreateOperator,
    responses(
        (status = 200, description = "The key; it is not shown again", body = CreatedOperatorView<'_>),
        (status = 409, description = "A good key has this name"),
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

/// Takes a named operator's key back. It opens nothing from then on; the name is free again.
#[utoipa::path(
    delete, path = "/admin/operators/{name}", tag = "Operators",
    params(
        ("name" = String, Path, description = "The operator's name"),
        ("reason" = Option<String>, Query, description = "For the audit trail"),
    ),
    responses(
        (status = 200, description = "The key as it ended", body = OperatorView<'_>),
        (status = 404, description = "No good key has this name"),
    ),
    security(("operator" = [])),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:operators:write"))),
)]
async fn revoke_operator(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<OperatorsWrite>,
    path: PathParams<1>,
    OperatorCommand {
        context,
        body: NoBody,
    }: OperatorCommand<NoBody>,
) -> Result<Response, Problem> {
    let PathParams([name]) = path;
    let app = state.app();
    let revoked = app.revoke_operator_key(&operator, &context, &name).await?;
    operator_command_response(StatusCode::OK, &revoked, |record| {
        OperatorView::from(record)
    })
}
