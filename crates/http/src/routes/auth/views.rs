//! JSON views of an account in the session protocol.

use freehold_app::UserRecord;
use freehold_domain::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// The response to a sign-in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SignedInView<'a> {
    /// Always `OK`.
    status: &'static str,
    /// The user who signed in.
    user: AuthUserView<'a>,
}

/// An account with its ways to sign in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AuthUserView<'a> {
    /// The user's id in the session protocol.
    id: String,
    /// Always `false`.
    is_primary_user: bool,
    /// Always `["public"]`.
    tenant_ids: [&'static str; 1],
    /// The email address, as a list of one.
    emails: [&'a str; 1],
    /// Always empty.
    #[schema(value_type = Vec<String>)]
    phone_numbers: [(); 0],
    /// Always empty.
    #[schema(value_type = Vec<Object>)]
    third_party: [(); 0],
    /// The user's passkeys.
    webauthn: WebauthnView,
    /// When the account was created, in milliseconds since 1970.
    time_joined: i64,
    /// The ways to sign in: one, by email and password.
    login_methods: [LoginMethodView<'a>; 1],
}

/// The passkeys of a user.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct WebauthnView {
    /// Always empty.
    #[schema(value_type = Vec<String>)]
    credential_ids: [(); 0],
}

/// A way to sign in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LoginMethodView<'a> {
    /// Always `emailpassword`.
    recipe_id: &'static str,
    /// The user's id in the session protocol.
    recipe_user_id: String,
    /// Always `["public"]`.
    tenant_ids: [&'static str; 1],
    /// When the account was created, in milliseconds since 1970.
    time_joined: i64,
    /// Always `false`.
    verified: bool,
    /// The email address.
    email: &'a str,
}

impl<'a> From<&'a UserRecord> for SignedInView<'a> {
    fn from(user: &'a UserRecord) -> Self {
        let UserRecord {
            id,
            uid,
            email,
            username: _,
            created_at,
            updated_at: _,
        } = user;
        let id = uid.clone().unwrap_or_else(|| id.to_string());
        let time_joined = created_at.map_or(0, Timestamp::millis);
        let tenant_ids = ["public"];
        Self {
            status: "OK",
            user: AuthUserView {
                id: id.clone(),
                is_primary_user: false,
                tenant_ids,
                emails: [email],
                phone_numbers: [],
                third_party: [],
                webauthn: WebauthnView { credential_ids: [] },
                time_joined,
                login_methods: [LoginMethodView {
                    recipe_id: "emailpassword",
                    recipe_user_id: id,
                    tenant_ids,
                    time_joined,
                    verified: false,
                    email,
                }],
            },
        }
    }
}
