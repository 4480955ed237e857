//! Deletion of users, organizations, workspaces and projects with what they contain: several at once,
//! or one by its id. Memberships, logins and API keys are deleted in [`super::remove`].

use axum::extract::State;
use axum::response::Response;
use freehold_app::DeletionTargets;
use freehold_app::provisioning::UnparsedReference;
use freehold_domain::{Email, Id, Reason, Refusal};

use super::views::{DeletionView, bulk_response, cascade_response};
use crate::admin::fields::{EntityRef, EntityRefField, KeyedMap};
use crate::admin::{
    AccountsDelete, AuthorizedOperator, CommandOptions, HasCommandOptions, OperatorCommand,
    OperatorPathCommand,
};
use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::extract::body::{MAX_BULK_BODY_BYTES, request_body};
use crate::response::no_content_response;
use crate::state::AppState;

pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::new()
        .routes(routes!(delete_accounts))
        .routes(routes!(delete_simple_accounts))
        .routes(routes!(delete_account_user))
        .routes(routes!(delete_account_organization))
        .routes(routes!(delete_account_workspace))
        .routes(routes!(delete_account_project))
}

request_body! {
    /// A request to delete users, organizations, workspaces and projects.
    struct DeleteAccounts[MAX_BULK_BODY_BYTES] {
        target: DeletionTarget,
        /// Dry run: the response lists what would be deleted. Default: `true`.
        dry_run: Option<bool>,
        /// Recorded in the audit log.
        #[schema(value_type = Option<String>)]
        reason: Option<Reason>,
        /// `delete` if present.
        confirm: Option<String>,
    }

    /// The objects to delete. If only users are given, the organizations that they own are deleted
    /// too; otherwise exactly the given objects are deleted.
    struct DeletionTarget {
        user_ids: Option<Vec<String>>,
        user_emails: Option<Vec<String>>,
        organization_ids: Option<Vec<String>>,
        workspace_ids: Option<Vec<String>>,
        project_ids: Option<Vec<String>>,
    }

    /// Accounts to delete, under keys that the caller chooses.
    struct DeleteSimpleAccounts[MAX_BULK_BODY_BYTES] {
        #[schema(value_type = HashMap<String, DeleteSimpleAccount>)]
        accounts: KeyedMap<DeleteSimpleAccount>,
        /// Dry run: the request is executed and rolled back.
        dry_run: Option<bool>,
        /// `delete` if present.
        confirm: Option<String>,
        /// Recorded in the audit log.
        #[schema(value_type = Option<String>)]
        reason: Option<Reason>,
    }

    /// A user to delete, with the organizations that they own.
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

/// Refuses a `confirm` other than `delete`.
fn check_confirm(confirm: Option<&str>) -> Result<(), Refusal> {
    match confirm {
        None | Some("delete") => Ok(()),
        Some(_) => Err(Refusal::InvalidAccounts(
            "confirm: must be 'delete' or absent.".to_owned(),
        )),
    }
}

/// Parses an id. `path` is the field path of `text` in the request, for the error.
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

/// Parses the items of a list in `target`, or returns an error with the path of the first invalid one.
fn parse_list<T>(
    field: &str,
    texts: Option<Vec<String>>,
    parse: impl Fn(String, &str) -> Result<T, Refusal>,
) -> Result<Vec<T>, Refusal> {
    let texts = texts.unwrap_or_default();
    texts
        .iter()
        .enumerate()
        .map(|(index, text)| parse(format!("target.{field}.{index}"), text))
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
                // The field path of the reference API, which does not include the account.
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

/// Deletes users, organizations, workspaces and projects: all of them, or nothing. Without
/// `"dry_run": false` it is a dry run.
#[utoipa::path(
    delete, path = "/admin/accounts", tag = "Operators", security(("operator" = [])),
    request_body = DeleteAccounts,
    responses(
        (status = 200, description = "The deleted objects, and those that do not exist", body = DeletionView),
        (status = 400, description = "Malformed id or email address, or invalid `confirm`"),
        (status = 409, description = "A user owns an organization that the request does not include"),
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
    bulk_response(&output.await?)
}

/// Deletes users with the organizations that they own: all of them, or nothing.
#[utoipa::path(
    delete, path = "/admin/simple/accounts", tag = "Operators", security(("operator" = [])),
    request_body = DeleteSimpleAccounts,
    responses(
        (status = 204, description = "The users were deleted. Email addresses without a user are skipped"),
        (status = 400, description = "Invalid reference or `confirm`"),
        (status = 404, description = "No user has one of the ids"),
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
    command: &OperatorPathCommand<AccountsDelete, 1>,
    targets: DeletionTargets,
) -> Result<Response, Problem> {
    let OperatorPathCommand {
        operator, context, ..
    } = command;
    let targets = DeletionTargets {
        all_must_exist: true,
        ..targets
    };
    let output = state.app().delete_accounts(operator, context, &targets);
    cascade_response(&output.await?)
}

/// Deletes a user with the organizations that they own.
#[utoipa::path(
    delete, path = "/admin/simple/accounts/users/{user_id}", tag = "Operators",
    security(("operator" = [])),
    params(
        ("user_id" = String, Path, description = "The user's id"),
        ("reason" = Option<String>, Query, description = "Reason, recorded in the audit log"),
    ),
    responses(
        (status = 200, description = "The deleted objects", body = DeletionView),
        (status = 400, description = "Malformed id"),
        (status = 404, description = "No user has this id"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:delete"))),
)]
async fn delete_account_user(
    State(state): State<AppState>,
    command: OperatorPathCommand<AccountsDelete, 1>,
) -> Result<Response, Problem> {
    let [user] = &command.path;
    let targets = DeletionTargets {
        users: vec![parse_id("user_id", user)?],
        ..DeletionTargets::default()
    };
    delete_one(&state, &command, targets).await
}

/// Deletes an organization with its workspaces and projects.
#[utoipa::path(
    delete, path = "/admin/simple/accounts/organizations/{organization_id}", tag = "Operators",
    security(("operator" = [])),
    params(
        ("organization_id" = String, Path, description = "The organization's id"),
        ("reason" = Option<String>, Query, description = "Reason, recorded in the audit log"),
    ),
    responses(
        (status = 200, description = "The deleted objects", body = DeletionView),
        (status = 400, description = "Malformed id"),
        (status = 404, description = "No organization has this id"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:delete"))),
)]
async fn delete_account_organization(
    State(state): State<AppState>,
    command: OperatorPathCommand<AccountsDelete, 1>,
) -> Result<Response, Problem> {
    let [organization] = &command.path;
    let targets = DeletionTargets {
        organizations: vec![parse_id("organization_id", organization)?],
        ..DeletionTargets::default()
    };
    delete_one(&state, &command, targets).await
}

/// Deletes a workspace with its projects, even if it is the last one of its organization.
#[utoipa::path(
    delete, path = "/admin/simple/accounts/workspaces/{workspace_id}", tag = "Operators",
    security(("operator" = [])),
    params(
        ("workspace_id" = String, Path, description = "The workspace's id"),
        ("reason" = Option<String>, Query, description = "Reason, recorded in the audit log"),
    ),
    responses(
        (status = 200, description = "The deleted objects", body = DeletionView),
        (status = 400, description = "Malformed id"),
        (status = 404, description = "No workspace has this id"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:delete"))),
)]
async fn delete_account_workspace(
    State(state): State<AppState>,
    command: OperatorPathCommand<AccountsDelete, 1>,
) -> Result<Response, Problem> {
    let [workspace] = &command.path;
    let targets = DeletionTargets {
        workspaces: vec![parse_id("workspace_id", workspace)?],
        ..DeletionTargets::default()
    };
    delete_one(&state, &command, targets).await
}

/// Deletes a project with its content. If it was the default project, the oldest remaining project
/// of its workspace becomes the default.
#[utoipa::path(
    delete, path = "/admin/simple/accounts/projects/{project_id}", tag = "Operators",
    security(("operator" = [])),
    params(
        ("project_id" = String, Path, description = "The project's id"),
        ("reason" = Option<String>, Query, description = "Reason, recorded in the audit log"),
    ),
    responses(
        (status = 200, description = "The deleted objects", body = DeletionView),
        (status = 400, description = "Malformed id"),
        (status = 404, description = "No project has this id"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:delete"))),
)]
async fn delete_account_project(
    State(state): State<AppState>,
    command: OperatorPathCommand<AccountsDelete, 1>,
) -> Result<Response, Problem> {
    let [project] = &command.path;
    let targets = DeletionTargets {
        projects: vec![parse_id("project_id", project)?],
        ..DeletionTargets::default()
    };
    delete_one(&state, &command, targets).await
}
