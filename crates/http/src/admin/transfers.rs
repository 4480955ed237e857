//! `POST /admin/simple/accounts/transfer-ownership`: transfer organizations between users.

use axum::extract::State;
use axum::response::Response;
use freehold_app::provisioning::UnparsedReference;
use freehold_app::{TransferReport, TransferRequest};
use freehold_domain::{Id, Organization, Reason, Refusal};
use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::fields::{EntityRef, EntityRefField, KeyedMap};
use super::provisioning::AccountError;
use super::{
    AccountsWrite, AuthorizedOperator, CommandOptions, HasCommandOptions, OperatorCommand,
};
use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::extract::body::{Field, FieldReader, MAX_BULK_BODY_BYTES, request_body};
use crate::response::{no_content_response, operator_command_response};
use crate::state::AppState;

pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::new().routes(routes!(transfer_ownership))
}

request_body! {
    /// A transfer of ownership from one user to another.
    struct TransferOwnership[MAX_BULK_BODY_BYTES] {
        /// `source`, the current owner, and `target`, the new owner, each by `id` or `email`.
        #[schema(value_type = HashMap<String, EntityRef>)]
        users: KeyedMap<EntityRefField>,
        /// The organizations, each by `id` or `slug`. Default: all that the source owns.
        #[schema(value_type = Option<HashMap<String, EntityRef>>)]
        organizations: Option<KeyedMap<EntityRefField>>,
        /// The workspaces where source and target exchange their roles: `all` (the default) or a
        /// list of ids.
        #[schema(value_type = Option<Vec<String>>)]
        include_workspaces: Option<IdSelection>,
        /// The projects where source and target exchange their roles: `all` (the default) or a list
        /// of ids.
        #[schema(value_type = Option<Vec<String>>)]
        include_projects: Option<IdSelection>,
        /// Recorded in the audit log.
        #[schema(value_type = Option<String>)]
        reason: Option<Reason>,
    }
}

impl HasCommandOptions for TransferOwnership {
    fn command_options(&self) -> CommandOptions {
        CommandOptions {
            dry_run: None,
            idempotency_key: None,
            reason: self.reason.clone(),
        }
    }
}

/// `all`, or a list of ids.
#[derive(Debug)]
enum IdSelection {
    All,
    Selected(Vec<String>),
}

impl Field for IdSelection {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        match value {
            Value::String(word) if word == "all" => Some(Self::All),
            Value::Array(_) => Vec::<String>::read(value, reader).map(Self::Selected),
            _ => {
                reader.report_with_context(
                    "literal_error",
                    "Input should be 'all' or a list of ids",
                    value,
                    &json!({"expected": "'all' or a list of ids"}),
                );
                None
            }
        }
    }
}

impl IdSelection {
    /// Returns the ids, or `None` for all.
    fn ids(selection: Option<Self>) -> Option<Vec<String>> {
        match selection {
            Some(Self::Selected(ids)) => Some(ids),
            Some(Self::All) | None => None,
        }
    }
}

impl TransferOwnership {
    fn into_request(self) -> Result<TransferRequest, Refusal> {
        let Self {
            users: KeyedMap(users),
            organizations,
            include_workspaces,
            include_projects,
            reason: _,
        } = self;
        let (mut source, mut target) = (None, None);
        for (key, EntityRefField(reference)) in users {
            match key.as_str() {
                "source" => source = Some(reference),
                "target" => target = Some(reference),
                _ => {}
            }
        }
        let (Some(source), Some(target)): (Option<UnparsedReference>, Option<UnparsedReference>) =
            (source, target)
        else {
            return Err(Refusal::InvalidAccounts(
                "transfer_ownership requires 'source' and 'target' keys in 'users'.".to_owned(),
            ));
        };
        let references = |KeyedMap(entries): KeyedMap<EntityRefField>| {
            entries
                .into_iter()
                .map(|(key, EntityRefField(reference))| (key, reference))
                .collect()
        };
        Ok(TransferRequest {
            source,
            target,
            organizations: organizations.map(references),
            workspaces: IdSelection::ids(include_workspaces),
            projects: IdSelection::ids(include_projects),
        })
    }
}

/// The result of a transfer of which some organizations failed.
#[derive(Debug, Serialize, ToSchema)]
struct TransferView<'a> {
    #[schema(value_type = Vec<String>)]
    transferred: &'a [Id<Organization>],
    errors: Vec<AccountError<'a>>,
}

impl<'a> From<&'a TransferReport> for TransferView<'a> {
    fn from(report: &'a TransferReport) -> Self {
        let TransferReport {
            transferred,
            errors,
        } = report;
        Self {
            transferred,
            errors: errors
                .iter()
                .map(|error| AccountError::of(error, None))
                .collect(),
        }
    }
}

/// Transfers ownership of a user's organizations to another user: the given ones, or all. The new
/// owner becomes `owner` in all their workspaces and projects; the former owner gets the roles that
/// the new owner had.
#[utoipa::path(
    post, path = "/admin/simple/accounts/transfer-ownership", tag = "Operators",
    security(("operator" = [])), request_body = TransferOwnership,
    responses(
        (status = 204, description = "All organizations were transferred"),
        (status = 200, description = "Some organizations were not transferred; `errors` has the reasons", body = TransferView<'_>),
        (status = 400, description = "Invalid reference, or `source` or `target` is missing"),
        (status = 404, description = "A user does not exist"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:write"))),
)]
async fn transfer_ownership(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<AccountsWrite>,
    OperatorCommand { context, body }: OperatorCommand<TransferOwnership>,
) -> Result<Response, Problem> {
    let request = body.into_request()?;
    let output = state
        .app()
        .transfer_organizations(&operator, &context, &request);
    let output = output.await?;
    if output.answer.errors.is_empty() {
        return Ok(no_content_response(&output));
    }
    operator_command_response(StatusCode::OK, &output, TransferView::from)
}
