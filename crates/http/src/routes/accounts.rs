//! The caller's own account.

use axum::extract::State;
use axum::response::Response;
use freehold_app::{Caller, UserRecord};
use freehold_domain::{Id, Refusal, Timestamp, User, Username};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::extract::body::{NoBody, request_body};
use crate::extract::{Command, UnscopedCaller};
use crate::response::{command_response, ok_json};
use crate::state::AppState;

pub(crate) fn routes() -> ApiRoutes {
    ApiRoutes::new()
        .routes(routes!(read_profile, delete_profile))
        .routes(routes!(update_username))
}

/// An account as its user sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProfileView<'a> {
    /// When the account was created.
    created_at: Option<String>,
    /// When the account was last changed.
    updated_at: Option<String>,
    /// The user's id.
    #[schema(value_type = String, format = "uuid")]
    id: Id<User>,
    /// The user's id in the session protocol.
    uid: Option<&'a str>,
    /// The email address, in lower case.
    email: &'a str,
    /// The name that other users see.
    username: Option<&'a str>,
    /// Always null: pictures are not stored.
    profile_picture: Option<&'a str>,
}

impl<'a> From<&'a UserRecord> for ProfileView<'a> {
    fn from(user: &'a UserRecord) -> Self {
        let UserRecord {
            id,
            uid,
            email,
            username,
            created_at,
            updated_at,
        } = user;
        Self {
            created_at: created_at.map(Timestamp::blank_offset),
            updated_at: updated_at.map(Timestamp::blank_offset),
            id: *id,
            uid: uid.as_deref(),
            email,
            username: username.as_deref(),
            profile_picture: None,
        }
    }
}

request_body! {
    /// A new name of the caller.
    struct UpdateUsername {
        /// 1 to 100 printable characters. Blanks at both ends are removed.
        username: String,
    }
}

/// Returns the caller's account.
#[utoipa::path(
    get, path = "/profile", tag = "Profile",
    responses((status = 200, description = "The account", body = ProfileView<'_>)),
    extensions(("x-scope" = json!("user")), ("x-permission" = json!("none"))),
)]
async fn read_profile(caller: Caller) -> Result<Response, Problem> {
    ok_json(&ProfileView::from(&caller.user))
}

/// Refuses to delete the caller's account: only operators delete accounts.
#[utoipa::path(
    delete, path = "/profile", tag = "Profile",
    responses((status = 404, description = "Always: users cannot delete their own accounts")),
    extensions(("x-scope" = json!("user")), ("x-permission" = json!("none"))),
)]
async fn delete_profile(
    _: UnscopedCaller,
    Command {
        context: _,
        body: NoBody,
    }: Command<NoBody>,
) -> Result<Response, Problem> {
    Err(Refusal::AccountDeletionUnavailable.into())
}

/// Changes the name that other users see.
#[utoipa::path(
    put, path = "/profile/username", tag = "Profile", request_body = UpdateUsername,
    responses(
        (status = 200, description = "The account with its new name", body = ProfileView<'_>),
        (status = 400, description = "The name is blank, too long, or has unprintable characters"),
    ),
    extensions(("x-scope" = json!("user")), ("x-permission" = json!("none"))),
)]
async fn update_username(
    State(state): State<AppState>,
    caller: Caller,
    Command { context, body }: Command<UpdateUsername>,
) -> Result<Response, Problem> {
    let name = Username::parse(&body.username)
        .map_err(|error| Refusal::UsernameInvalid(error.to_string()))?;
    let updated = state.app().rename_user(&caller, &context, name).await?;
    command_response(StatusCode::OK, &updated, ProfileView::from)
}
