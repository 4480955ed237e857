//! Service tokens. A permission check returns one to a service, which uses it
//! to call this API on behalf of the user for a short time
//! (docs/COMPATIBILITY.md#credentials-and-scope).
//!
//! Not here: who gets one (`access::check`), and whether its user is still a
//! member of its project (`access::caller`).

use std::fmt;
use std::time::Duration;

use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use freehold_domain::{Id, Project, Refusal, Timestamp, User};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::access::{AuthenticatedBy, Caller, Scope};
use crate::command::{Fault, Outcome};

/// How long a token is valid.
const TOKEN_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// Separates this key from others that may be derived from the admin key.
const HKDF_PURPOSE: &[u8] = b"freehold service token";

/// The key that service tokens are signed with. Nodes that share an admin key
/// accept each other's tokens.
#[derive(Clone)]
pub struct ServiceKey([u8; 32]);

impl fmt::Debug for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceKey(..)")
    }
}

impl Default for ServiceKey {
    /// Generates a random key, for a process that serves no requests.
    fn default() -> Self {
        let mut bytes = [0; 32];
        // Without random bytes, tokens would be signed with a predictable key.
        aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random bytes");
        Self(bytes)
    }
}

impl ServiceKey {
    /// Derives the key from the admin key, with a one-way function.
    #[must_use]
    pub fn derive_from_admin_key(admin_key: &str) -> Self {
        let mut bytes = [0; 32];
        Salt::new(HKDF_SHA256, HKDF_PURPOSE)
            .extract(admin_key.as_bytes())
            .expand(&[HKDF_PURPOSE], HKDF_SHA256)
            .and_then(|material| material.fill(&mut bytes))
            .expect("HKDF gives as many bytes as its hash has");
        Self(bytes)
    }

    /// Returns a token for `caller` in `scope`. If the caller authenticated with a
    /// service token, the new one expires at the same time.
    pub(crate) fn token(
        &self,
        caller: &Caller,
        scope: &Scope,
        now: Timestamp,
    ) -> Outcome<SecretString> {
        let record = scope.record();
        let exp = match caller.authenticated_by {
            AuthenticatedBy::Service { until } => until.seconds(),
            AuthenticatedBy::Key(_) | AuthenticatedBy::Session(_) => {
                (now + TOKEN_LIFETIME).seconds()
            }
        };
        let claims = Claims {
            user_id: caller.user.id.uuid(),
            user_email: caller.user.email.clone(),
            project_id: record.project.uuid(),
            workspace_id: record.workspace.uuid(),
            organization_id: record.organization.uuid(),
            organization_name: record.organization_name.clone(),
            exp,
        };
        let key = EncodingKey::from_secret(&self.0);
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
            .map(SecretString::from)
            .map_err(|error| Fault::Internal(format!("a service token: {error}")).into())
    }

    /// Verifies a token and returns its subject.
    pub(crate) fn verify(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<ServiceTokenSubject, Refusal> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.required_spec_claims.clear();
        // The expiry is checked below, with the application's clock.
        validation.validate_exp = false;
        validation.validate_aud = false;
        let key = DecodingKey::from_secret(&self.0);
        let claims = jsonwebtoken::decode::<VerifiedClaims>(token, &key, &validation)
            .map_err(|_| Refusal::ServiceTokenInvalid)?
            .claims;
        if now.seconds() >= claims.exp {
            return Err(Refusal::ServiceTokenExpired);
        }
        Ok(ServiceTokenSubject {
            user: Id::new(claims.user_id),
            project: Id::new(claims.project_id),
            until: Timestamp::from_micros(claims.exp.saturating_mul(1_000_000)),
        })
    }
}

/// The user and the project of a valid token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServiceTokenSubject {
    pub(crate) user: Id<User>,
    pub(crate) project: Id<Project>,
    pub(crate) until: Timestamp,
}

/// The claims of a token; their names are the reference API's.
#[derive(Serialize)]
struct Claims {
    user_id: Uuid,
    user_email: String,
    project_id: Uuid,
    workspace_id: Uuid,
    organization_id: Uuid,
    organization_name: Option<String>,
    exp: i64,
}

/// The claims that this server uses. The others are for services; this server
/// reads them from the database.
#[derive(Deserialize)]
struct VerifiedClaims {
    user_id: Uuid,
    project_id: Uuid,
    exp: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_is_derived_from_the_admin_key() {
        let admin = "0123456789abcdef0123456789abcdef";
        let key = ServiceKey::derive_from_admin_key(admin);
        assert_eq!(key.0, ServiceKey::derive_from_admin_key(admin).0);
        assert_ne!(key.0, ServiceKey::derive_from_admin_key("another").0);
        assert_ne!(key.0.as_slice(), admin.as_bytes());
        assert_eq!(format!("{key:?}"), "ServiceKey(..)");
        assert_ne!(ServiceKey::default().0, ServiceKey::default().0);
    }

    #[test]
    fn only_tokens_signed_with_the_key_are_accepted() {
        let key = ServiceKey::default();
        let now = Timestamp::from_micros(1_000_000_000_000_000);
        let user = Uuid::from_u128(1);
        let claims =
            |exp: i64| serde_json::json!({"user_id": user, "project_id": user, "exp": exp});
        let sign = |algorithm, claims: &serde_json::Value, key: &[u8]| {
            let header = Header::new(algorithm);
            jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(key)).unwrap()
        };
        let good = claims(now.seconds() + 1);
        let verify = |token: &str| key.verify(token, now).map(|subject| subject.user.uuid());
        assert_eq!(verify(&sign(Algorithm::HS256, &good, &key.0)), Ok(user));
        let late = sign(Algorithm::HS256, &claims(now.seconds()), &key.0);
        assert_eq!(verify(&late), Err(Refusal::ServiceTokenExpired));
        let no_end = serde_json::json!({"user_id": user, "project_id": user});
        for bad in [
            sign(Algorithm::HS256, &good, b"another"),
            sign(Algorithm::HS512, &good, &key.0),
            sign(Algorithm::HS256, &no_end, &key.0),
            // An expired token with a wrong signature is invalid, not expired.
            sign(Algorithm::HS256, &claims(0), b"another"),
            late.rsplit_once('.').unwrap().0.to_owned() + ".",
            "eyJhbGciOiJub25lIn0.e30.".to_owned(),
            String::new(),
        ] {
            assert_eq!(verify(&bad), Err(Refusal::ServiceTokenInvalid), "{bad}");
        }
    }
}
