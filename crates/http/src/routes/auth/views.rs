//! An account as the session protocol shows it.

use freehold_app::UserRecord;
use freehold_domain::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// That somebody is signed in, and who.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SignedInView<'a> {
    /// Always `OK`.
    status: &'static str,
    user: AuthUserView<'a>,
}

/// An account with its ways to sign in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AuthUserView<'a> {
    id: String,
    is_primary_user: bool,
    tenant_ids: [&'static str; 1],
    emails: [&'a str; 1],
    #[schema(value_type = Vec<String>)]
    phone_numbers: [(); 0],
    #[schema(value_type = Vec<Object>)]
    third_party: [(); 0],
    webauthn: WebauthnView,
    /// In milliseconds since 1970.
    time_joined: i64,
    login_methods: [LoginMethodView<'a>; 1],
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct WebauthnView {
    #[schema(value_type = Vec<String>)]
    credential_ids: [(); 0],
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LoginMethodView<'a> {
    recipe_id: &'static str,
    recipe_user_id: String,
    tenant_ids: [&'static str; 1],
    time_joined: i64,
    verified: bool,
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
