//! Deleting accounts: people with what they own, organizations and what is in them; many at once,
//! or one by its id. Memberships, logins and API keys are taken away in [`super::remove`].

use axum::extract::State;
use axum::response::Response;
use freehold_app::provisioning::UnparsedReference;
use freehold_app::{CommandOutput, Deleted, DeletionTargets, Operator, RequestContext};
use freehold_domain::{Email, Id, Reason, Refusal};
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::views::DeletionView;
use crate::admin::fields::{EntityRef, EntityRefField, KeyedMap};
use crate::admin::{
    AccountsDelete, AuthorizedOperator, CommandOptions, HasCommandOptions, OperatorCommand,
};
use crate::error::Problem;
use crate::extract::PathParams;
use crate::extract::body::{MAX_BULK_BODY_BYTES, NoBody, request_body};
use crate::response::{no_content_response, operator_command_response};
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(delete_accounts))
        .routes(routes!(delete_simple_accounts))
        .routes(routes!(delete_account_user))
        .routes(routes!(delete_account_organization))
        .routes(routes!(delete_account_workspace))
        .routes(routes!(delete_account_project))
}

request_body! {
    /// What is to be deleted.
    struct DeleteAccounts[MAX_BULK_BODY_BYTES] {
        target: DeletionTarget,
        /// True if nothing is said: then the answer says what would go, and nothing does.
        dry_run: Option<bool>,
        /// For the audit trail.
        #[schema(value_type = Option<String>)]
        reason: Option<Reason>,
        /// `delete`, if anything.
        confirm: Option<String>,
    }

    /// People, organizations and what is in them. Where nothing but people are named, the
    /// organizations that they own go with them; else exactly what is named does.
    struct DeletionTarget {
        user_ids: Option<Vec<String>>,
        user_emails: Option<Vec<String>>,
        organization_ids: Option<Vec<String>>,
        workspace_ids: Option<Vec<String>>,
        project_ids: Option<Vec<String>>,
    }

    /// Accounts to be deleted, by keys of the caller's choice.
    struct DeleteSimpleAccounts[MAX_BULK_BODY_BYTES] {
        #[schema(value_type = HashMap<String, DeleteSimpleAccount>)]
        accounts: KeyedMap<DeleteSimpleAccount>,
        /// Everything is tried and nothing is kept.
        dry_run: Option<bool>,
        /// `delete`, if anything.
        confirm: Option<String>,
        /// For the audit trail.
        #[schema(value_type = Option<String>)]
        reason: Option<Reason>,
    }

    /// A person, who goes with the organizations that they own.
    struct DeleteSimpleAccount {
        /// By `id` or `email`.
        #[schema(value_type = EntityRef)]
        user: EntityRefField,
    }
}

impl HasCommandOptions for DeleteAccounts {
    const DRY_RUN_BY_DEFAULT: bool = true;

    fn command_options(&self) -> CommandOptions {
        CommandOptions {
            dry_run: self.dry_run,
            idempotency_key: None,
            reason: self.reason.clone(),
        }
    }
}

impl HasCommandOptions for DeleteSimpleAccounts {
    fn command_options(&self) -> CommandOptions {
        CommandOptions {
            dry_run: self.dry_run,
            idempotency_key: None,
            reason: self.reason.clone(),
        }
    }
}

/// Whoever confirms has to mean it.
fn check_confirm(confirm: Option<&str>) -> Result<(), Refusal> {
    match confirm {
        None | Some("delete") => Ok(()),
        Some(_) => Err(Refusal::InvalidAccounts(
            "confirm: has to be 'delete' where it is given.".to_owned(),
        )),
    }
}

/// The id that `text` is; `path` is where it stands in the request.
pub(super) fn parse_id<T>(path: impl Into<String>, text: &str) -> Result<Id<T>, Refusal> {
    text.parse().map_err(|_| Refusal::InvalidReference {
        path: path.into(),
        reason: format!("'{text}' is not a valid UUID"),
    })
}

fn parse_email(path: String, text: &str) -> Result<Email, Refusal> {
    Email::parse(text).map_err(|error| Refusal::InvalidReference {
        path,
        reason: error.to_string(),
    })
}

/// What the texts of a list are, or the place of the first that is nothing.
fn parse_list<T>(
    field: &str,
    texts: Option<Vec<String>>,
    read: impl Fn(String, &str) -> Result<T, Refusal>,
) -> Result<Vec<T>, Refusal> {
    let texts = texts.unwrap_or_default();
    let texts = texts.iter().enumerate();
    texts
        .map(|(index, text)| read(format!("target.{field}.{index}"), text))
        .collect()
}

impl DeleteAccounts {
    fn targets(self) -> Result<DeletionTargets, Refusal> {
        check_confirm(self.confirm.as_deref())?;
        let DeletionTarget {
            user_ids,
            user_emails,
            organization_ids,
            workspace_ids,
            project_ids,
        } = self.target;
        Ok(DeletionTargets {
            users: parse_list("user_ids", user_ids, parse_id)?,
            emails: parse_list("user_emails", user_emails, parse_email)?,
            organizations: parse_list("organization_ids", organization_ids, parse_id)?,
            workspaces: parse_list("workspace_ids", workspace_ids, parse_id)?,
            projects: parse_list("project_ids", project_ids, parse_id)?,
            all_must_exist: false,
        })
    }
}

impl DeleteSimpleAccounts {
    fn targets(self) -> Result<DeletionTargets, Refusal> {
        check_confirm(self.confirm.as_deref())?;
        let mut targets = DeletionTargets {
            all_must_exist: true,
            ..DeletionTargets::default()
        };
        let KeyedMap(accounts) = self.accounts;
        for (
            key,
            DeleteSimpleAccount {
                user: EntityRefField(reference),
            },
        ) in accounts
        {
            let path = format!("accounts.{key}.user");
            match reference {
                UnparsedReference::Id(text) => targets.users.push(parse_id(path, &text)?),
                UnparsedReference::Email(text) => targets.emails.push(parse_email(path, &text)?),
                // The contract's place, which does not say which of the accounts it is.
                UnparsedReference::Ref(_) | UnparsedReference::Slug(_) => {
                    return Err(Refusal::InvalidReference {
                        path: "user".to_owned(),
                        reason: format!("{path} must use 'id' or 'email'"),
                    });
                }
            }
        }
        Ok(targets)
    }
}

/// Deletes people, organizations, workspaces and projects, all of them or nothing. Without
/// `"dry_run": false` it only says what would go.
#[utoipa::path(
    delete, path = "/admin/accounts", tag = "Operators", security(("operator" = [])),
    request_body = DeleteAccounts,
    responses(
        (status = 200, description = "What was deleted, and what was not there", body = DeletionView),
        (status = 400, description = "A text that is no id or address, or another `confirm`"),
        (status = 409, description = "Somebody still owns an organization that is not named"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:delete"))),
)]
async fn delete_accounts(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<AccountsDelete>,
    OperatorCommand { context, body }: OperatorCommand<DeleteAccounts>,
) -> Result<Response, Problem> {
    let targets = body.targets()?;
    let output = state.app().delete_accounts(&operator, &context, &targets);
    let output = output.await?;
    let dry_run = output.dry_run_events.is_some();
    operator_command_response(StatusCode::OK, &output, |deleted| {
        DeletionView::of_many(dry_run, deleted)
    })
}

/// Deletes people with the organizations that they own, all of them or nothing.
#[utoipa::path(
    delete, path = "/admin/simple/accounts", tag = "Operators", security(("operator" = [])),
    request_body = DeleteSimpleAccounts,
    responses(
        (status = 204, description = "They are gone. An address that nobody has is passed over"),
        (status = 400, description = "A reference that leads nowhere, or another `confirm`"),
        (status = 404, description = "Nobody has an id that is named"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:delete"))),
)]
async fn delete_simple_accounts(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<AccountsDelete>,
    OperatorCommand { context, body }: OperatorCommand<DeleteSimpleAccounts>,
) -> Result<Response, Problem> {
    let targets = body.targets()?;
    let output = state.app().delete_accounts(&operator, &context, &targets);
    Ok(no_content_response(&output.await?))
}

async fn delete_one(
    state: &AppState,
    operator: &Operator,
    context: &RequestContext,
    targets: DeletionTargets,
) -> Result<Response, Problem> {
    let targets = DeletionTargets {
        all_must_exist: true,
        ..targets
    };
    let output: CommandOutput<Deleted> = state
        .app()
        .delete_accounts(operator, context, &targets)
        .await?;
    let dry_run = output.dry_run_events.is_some();
    operator_command_response(StatusCode::OK, &output, |deleted| {
        DeletionView::of_one(dry_run, deleted)
    })
}

/// Deletes a person with the organizations that they own.
#[utoipa::path(
    delete, path = "/admin/simple/accounts/users/{user_id}", tag = "Operators",
    security(("operator" = [])),
    params(
        ("user_id" = String, Path, description = "The person's id"),
        ("reason" = Option<String>, Query, description = "For the audit trail"),
    ),
    responses(
        (status = 200, description = "What was deleted", body = DeletionView),
        (status = 400, description = "No id"),
        (status = 404, description = "No such person"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:delete"))),
)]
async fn delete_account_user(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<AccountsDelete>,
    path: PathParams<1>,
    OperatorCommand {
        context,
        body: NoBody,
    }: OperatorCommand<NoBody>,
) -> Result<Response, Problem> {
    let PathParams([user]) = path;
    let targets = DeletionTargets {
        users: vec![parse_id("user_id", &user)?],
        ..DeletionTargets::default()
    };
    delete_one(&state, &operator, &context, targets).await
}

/// Deletes an organization with all in it.
#[utoipa::path(
    delete, path = "/admin/simple/accounts/organizations/{organization_id}", tag = "Operators",
    security(("operator" = [])),
    params(
        ("organization_id" = String, Path, description = "The organization's id"),
        ("reason" = Option<String>, Query, description = "For the audit trail"),
    ),
    responses(
        (status = 200, description = "What was deleted", body = DeletionView),
        (status = 400, description = "No id"),
        (status = 404, description = "No such organization"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:delete"))),
)]
async fn delete_account_organization(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<AccountsDelete>,
    path: PathParams<1>,
    OperatorCommand {
        context,
        body: NoBody,
    }: OperatorCommand<NoBody>,
) -> Result<Response, Problem> {
    let PathParams([organization]) = path;
    let targets = DeletionTargets {
        organizations: vec![parse_id("organization_id", &organization)?],
        ..DeletionTargets::default()
    };
    delete_one(&state, &operator, &context, targets).await
}

/// Deletes a workspace with all in it, also the last one of its organization.
#[utoipa::path(
    delete, path = "/admin/simple/accounts/workspaces/{workspace_id}", tag = "Operators",
    security(("operator" = [])),
    params(
        ("workspace_id" = String, Path, description = "The workspace's id"),
        ("reason" = Option<String>, Query, description = "For the audit trail"),
    ),
    responses(
        (status = 200, description = "What was deleted", body = DeletionView),
        (status = 400, description = "No id"),
        (status = 404, description = "No such workspace"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:delete"))),
)]
async fn delete_account_workspace(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<AccountsDelete>,
    path: PathParams<1>,
    OperatorCommand {
        context,
        body: NoBody,
    }: OperatorCommand<NoBody>,
) -> Result<Response, Problem> {
    let PathParams([workspace]) = path;
    let targets = DeletionTargets {
        workspaces: vec![parse_id("workspace_id", &workspace)?],
        ..DeletionTargets::default()
    };
    delete_one(&state, &operator, &context, targets).await
}

/// Deletes a project with all in it, also a default one: then the oldest that is left in its
/// workspace becomes the default.
#[utoipa::path(
    delete, path = "/admin/simple/accounts/projects/{project_id}", tag = "Operators",
    security(("operator" = [])),
    params(
        ("project_id" = String, Path, description = "The project's id"),
        ("reason" = Option<String>, Query, description = "For the audit trail"),
    ),
    responses(
        (status = 200, description = "What was deleted", body = DeletionView),
        (status = 400, description = "No id"),
        (status = 404, description = "No such project"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:delete"))),
)]
async fn delete_account_project(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<AccountsDelete>,
    path: PathParams<1>,
    OperatorCommand {
        context,
        body: NoBody,
    }: OperatorCommand<NoBody>,
) -> Result<Response, Problem> {
    let PathParams([project]) = path;
    let targets = DeletionTargets {
        projects: vec![parse_id("project_id", &project)?],
        ..DeletionTargets::default()
    };
    delete_one(&state, &operator, &context, targets).await
}
