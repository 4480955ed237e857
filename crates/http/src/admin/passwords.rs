//! New passwords for others.

use axum::extract::State;
use axum::response::Response;
use freehold_app::NewPassword;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::fields::Secret;
use super::{AboutItself, By, CredentialsWrite, Order};
use crate::error::Problem;
use crate::extract::body::{BULK, request_body};
use crate::response::done_silently;
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(reset_password))
}

request_body! {
    /// Passwords to be set.
    struct ResetPasswords[BULK] {
        user_identities: Vec<ResetPassword>,
    }

    /// A login and its new password.
    struct ResetPassword {
        /// `email:password`.
        method: String,
        /// The address, if `email` does not say it.
        subject: Option<String>,
        email: Option<String>,
        #[schema(value_type = String, format = "password")]
        password: Option<Secret>,
    }
}

impl AboutItself for ResetPasswords {}

impl ResetPassword {
    fn entry(self) -> NewPassword {
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
            password: password.map(|Secret(text)| text),
        }
    }
}

/// Sets the passwords of people who sign in by one, all of them or none. Their sessions end and
/// their reset links are void.
#[utoipa::path(
    post, path = "/admin/simple/accounts/reset-password", tag = "Operators",
    security(("operator" = [])),
    params(("reason" = Option<String>, Query, description = "For the audit trail")),
    request_body = ResetPasswords,
    responses(
        (status = 204, description = "The passwords are set"),
        (status = 400, description = "Another method, something missing, or a password that the policy refuses"),
        (status = 404, description = "An address that does not sign in by a password"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:credentials:write"))),
)]
async fn reset_password(
    State(house): State<AppState>,
    By { operator, .. }: By<CredentialsWrite>,
    Order { call, body }: Order<ResetPasswords>,
) -> Result<Response, Problem> {
    let entries = body.user_identities.into_iter().map(ResetPassword::entry);
    let entries: Vec<NewPassword> = entries.collect();
    let done = house.app().set_passwords(&operator, &call, &entries);
    Ok(done_silently(&done.await?))
}
