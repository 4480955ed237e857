//! Handing organizations over from one person to another.

use axum::extract::State;
use axum::response::Response;
use freehold_app::provisioning::UnparsedReference;
use freehold_app::{TransferReport, TransferRequest};
use freehold_domain::{Id, Organization, Reason, Refusal};
use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::fields::{EntityRef, EntityRefField, KeyedMap};
use super::provisioning::AccountError;
use super::{
    AccountsWrite, AuthorizedOperator, CommandOptions, HasCommandOptions, OperatorCommand,
};
use crate::error::Problem;
use crate::extract::body::{Field, FieldReader, MAX_BULK_BODY_BYTES, request_body};
use crate::response::{no_content_response, operator_command_response};
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(transfer_ownership))
}

request_body! {
    /// Organizations to be handed over.
    struct TransferOwnership[MAX_BULK_BODY_BYTES] {
        /// `source`, who owns them, and `target`, each by `id` or `email`.
        #[schema(value_type = HashMap<String, EntityRef>)]
        users: KeyedMap<EntityRefField>,
        /// Each by `id` or `slug`; all that the source owns if nothing is said.
        #[schema(value_type = Option<HashMap<String, EntityRef>>)]
        organizations: Option<KeyedMap<EntityRefField>>,
        /// Where the source takes over the target's roles: `all` workspaces, which is the default,
        /// or those in a list of ids.
        #[schema(value_type = Option<Vec<String>>)]
        include_workspaces: Option<IdSelection>,
        /// As `include_workspaces`.
        #[schema(value_type = Option<Vec<String>>)]
        include_projects: Option<IdSelection>,
        /// For the audit trail.
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

/// All, or those with these ids.
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
    fn ids(only: Option<Self>) -> Option<Vec<String>> {
        match only {
            Some(Self::Selected(ids)) => Some(ids),
            Some(Self::All) | None => None,
        }
    }
}

impl TransferOwnership {
    fn into_order(self) -> Result<TransferRequest, Refusal> {
        let Self {
            users: KeyedMap(users),
            organizations,
            include_workspaces,
            include_projects,
            reason: _,
        } = self;
        let (mut source, mut target) = (None, None);
        for (key, EntityRefField(named)) in users {
            match key.as_str() {
                "source" => source = Some(named),
                "target" => target = Some(named),
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
        let named = |KeyedMap(named): KeyedMap<EntityRefField>| {
            let named = named.into_iter();
            named
                .map(|(key, EntityRefField(named))| (key, named))
                .collect()
        };
        Ok(TransferRequest {
            source,
            target,
            organizations: organizations.map(named),
            workspaces: IdSelection::ids(include_workspaces),
            projects: IdSelection::ids(include_projects),
        })
    }
}

/// What was handed over although something else was not.
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
            errors: errors.iter().map(|it| AccountError::of(it, None)).collect(),
        }
    }
}

/// Makes one person the owner of another's organizations: those that are named, or all of them. The
/// new owner becomes a member of everything in them, and the old one takes over the new one's roles.
#[utoipa::path(
    post, path = "/admin/simple/accounts/transfer-ownership", tag = "Operators",
    security(("operator" = [])), request_body = TransferOwnership,
    responses(
        (status = 204, description = "All of them are the target's"),
        (status = 200, description = "Some are; the others are not the source's", body = TransferView<'_>),
        (status = 400, description = "A reference that leads nowhere"),
        (status = 404, description = "One of the people is not there"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:write"))),
)]
async fn transfer_ownership(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<AccountsWrite>,
    OperatorCommand { context, body }: OperatorCommand<TransferOwnership>,
) -> Result<Response, Problem> {
    let order = body.into_order()?;
    let output = state
        .app()
        .transfer_organizations(&operator, &context, &order);
    let output = output.await?;
    if output.answer.errors.is_empty() {
        return Ok(no_content_response(&output));
    }
    operator_command_response(StatusCode::OK, &output, TransferView::from)
}
