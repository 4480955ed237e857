//! `POST /admin/simple/accounts/reset-password`: set passwords of users.

use axum::extract::State;
use axum::response::Response;
use freehold_app::NewPassword;

use super::fields::SecretField;
use super::{AuthorizedOperator, CredentialsWrite, HasCommandOptions, OperatorCommand};
use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::extract::body::{MAX_BULK_BODY_BYTES, request_body};
use crate::response::no_content_response;
use crate::state::AppState;

pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::new().routes(routes!(set_passwords))
}

request_body! {
    /// New passwords of logins.
    struct ResetPasswords[MAX_BULK_BODY_BYTES] {
        user_identities: Vec<ResetPassword>,
    }

    /// A login, identified by its email address, and its new password.
    struct ResetPassword {
        /// `email:password`.
        method: String,
        /// The email address, if `email` is absent.
        subject: Option<String>,
        email: Option<String>,
        #[schema(value_type = String, format = "password")]
        password: Option<SecretField>,
    }
}

impl HasCommandOptions for ResetPasswords {}

impl ResetPassword {
    fn into_new_password(self) -> NewPassword {
        let Self {
            method,
            subject,
            email,
            password,
        } = self;
        NewPassword {
            method,
            email,
            subject,
            password: password.map(|SecretField(secret)| secret),
        }
    }
}

/// Sets the passwords of logins: all of them, or none. The users' sessions end and their reset links
/// stop working.
#[utoipa::path(
    post, path = "/admin/simple/accounts/reset-password", tag = "Operators",
    security(("operator" = [])),
    params(("reason" = Option<String>, Query, description = "Reason, recorded in the audit log")),
    request_body = ResetPasswords,
    responses(
        (status = 204, description = "All passwords were set"),
        (status = 400, description = "Unsupported method, missing property, or a password that the password policy refuses"),
        (status = 404, description = "An email address has no login with a password"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:credentials:write"))),
)]
async fn set_passwords(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<CredentialsWrite>,
    OperatorCommand { context, body }: OperatorCommand<ResetPasswords>,
) -> Result<Response, Problem> {
    let entries = body
        .user_identities
        .into_iter()
        .map(ResetPassword::into_new_password);
    let entries: Vec<NewPassword> = entries.collect();
    let output = state.app().set_passwords(&operator, &context, &entries);
    Ok(no_content_response(&output.await?))
}
