//! Handing organizations over from one person to another.

use axum::extract::State;
use axum::response::Response;
use freehold_app::provisioning::Named;
use freehold_app::{TransferOrder, TransferReport};
use freehold_domain::{Id, Organization, Reason, Refusal};
use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::fields::{EntityRef, Keyed, Way};
use super::provisioning::AccountError;
use super::{AboutItself, AccountsWrite, By, Order, Sayings};
use crate::error::Problem;
use crate::extract::body::{BULK, Field, Reader, request_body};
use crate::response::{done_alike, done_silently};
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(transfer_ownership))
}

request_body! {
    /// Organizations to be handed over.
    struct TransferOwnership[BULK] {
        /// `source`, who owns them, and `target`, each by `id` or `email`.
        #[schema(value_type = HashMap<String, EntityRef>)]
        users: Keyed<Way>,
        /// Each by `id` or `slug`; all that the source owns if nothing is said.
        #[schema(value_type = Option<HashMap<String, EntityRef>>)]
        organizations: Option<Keyed<Way>>,
        /// Where the source takes over the target's roles: `all` workspaces, which is the default,
        /// or those in a list of ids.
        #[schema(value_type = Option<Vec<String>>)]
        include_workspaces: Option<Only>,
        /// As `include_workspaces`.
        #[schema(value_type = Option<Vec<String>>)]
        include_projects: Option<Only>,
        /// For the audit trail.
        #[schema(value_type = Option<String>)]
        reason: Option<Reason>,
    }
}

impl AboutItself for TransferOwnership {
    fn sayings(&self) -> Sayings {
        Sayings {
            dry_run: None,
            idempotency_key: None,
            reason: self.reason.clone(),
        }
    }
}

/// All, or those with these ids.
#[derive(Debug)]
enum Only {
    All,
    These(Vec<String>),
}

impl Field for Only {
    fn read(value: &Value, reader: &mut Reader) -> Option<Self> {
        match value {
            Value::String(word) if word == "all" => Some(Self::All),
            Value::Array(_) => Vec::<String>::read(value, reader).map(Self::These),
            _ => {
                reader.complain_because(
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

impl Only {
    fn ids(only: Option<Self>) -> Option<Vec<String>> {
        match only {
            Some(Self::These(ids)) => Some(ids),
            Some(Self::All) | None => None,
        }
    }
}

impl TransferOwnership {
    fn order(self) -> Result<TransferOrder, Refusal> {
        let Self {
            users: Keyed(users),
            organizations,
            include_workspaces,
            include_projects,
            reason: _,
        } = self;
        let (mut source, mut target) = (None, None);
        for (key, Way(named)) in users {
            match key.as_str() {
                "source" => source = Some(named),
                "target" => target = Some(named),
                _ => {}
            }
        }
        let (Some(source), Some(target)): (Option<Named>, Option<Named>) = (source, target) else {
            return Err(Refusal::InvalidAccounts(
                "transfer_ownership requires 'source' and 'target' keys in 'users'.".to_owned(),
            ));
        };
        let named = |Keyed(named): Keyed<Way>| {
            let named = named.into_iter();
            named.map(|(key, Way(named))| (key, named)).collect()
        };
        Ok(TransferOrder {
            source,
            target,
            organizations: organizations.map(named),
            workspaces: Only::ids(include_workspaces),
            projects: Only::ids(include_projects),
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
    State(house): State<AppState>,
    By { operator, .. }: By<AccountsWrite>,
    Order { call, body }: Order<TransferOwnership>,
) -> Result<Response, Problem> {
    let order = body.order()?;
    let done = house.app().transfer_organizations(&operator, &call, &order);
    let done = done.await?;
    if done.answer.errors.is_empty() {
        return Ok(done_silently(&done));
    }
    done_alike(StatusCode::OK, &done, TransferView::from)
}
