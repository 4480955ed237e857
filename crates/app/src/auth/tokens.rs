//! Access tokens and their signing keys, and the rotation of refresh tokens.
//!
//! Access tokens are RS256 JWTs: clients and other services can verify them with
//! the published key. This API takes the session's id from them and reads the
//! session, so that the tokens of a session that has ended are refused.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use freehold_domain::{Id, PlainToken, Session, Timestamp, User};
use freehold_store::SessionRecord;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::SessionProblem;
use super::verified_tokens::{VerifiedToken, VerifiedTokens};
use crate::command::{Fault, Outcome};

/// The tokens of a new or refreshed session.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The access token, a JWT.
    pub access: SecretString,
    /// When the access token expires.
    pub access_expires: Timestamp,
    /// The refresh token, which can be used once.
    pub refresh: SecretString,
    /// When the session expires.
    pub refresh_expires: Timestamp,
    /// The claims of the access token, for the front end.
    pub payload: Value,
    /// The subject: the user's id at the authentication provider.
    pub subject: String,
}

/// Signs and verifies access tokens, and derives refresh tokens.
pub(crate) struct Signer {
    pair: KeyPair,
    /// The encoded header, the same in every token.
    header: String,
    decoding_key: DecodingKey,
    validation: Validation,
    verified: VerifiedTokens,
    jwks: Value,
    rotation: hmac::Key,
}

/// The claims of an access token.
#[derive(Clone, Debug)]
pub(crate) struct Claims<'a> {
    pub(crate) session: Id<Session>,
    pub(crate) subject: &'a str,
    pub(crate) issuer: &'a str,
    pub(crate) refresh: &'a PlainToken,
    pub(crate) parent: Option<&'a PlainToken>,
    pub(crate) user_identities: &'a [String],
    pub(crate) session_identities: &'a Value,
    pub(crate) is_new_user: bool,
}

/// The claims that are read from an access token.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VerifiedClaims {
    session_handle: Uuid,
    exp: i64,
}

impl Signer {
    pub(super) fn new(id: Uuid, pkcs8: &[u8], rotation: &[u8]) -> Outcome<Self> {
        use aws_lc_rs::signature::KeyPair as _;
        let key_error = |what: String| Fault::Internal(format!("the signing key: {what}"));
        let pair = KeyPair::from_pkcs8(pkcs8).map_err(|error| key_error(error.to_string()))?;
        let (n, e) = {
            let public = pair.public_key();
            let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
            (
                encode(public.modulus().big_endian_without_leading_zero()),
                encode(public.exponent().big_endian_without_leading_zero()),
            )
        };
        let kid = id.to_string();
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(kid.clone());
        let header = serde_json::to_vec(&header).map_err(|error| key_error(error.to_string()))?;
        let mut validation = Validation::new(Algorithm::RS256);
        validation.required_spec_claims.clear();
        // The expiry is checked in `session_of`, with the application's clock.
        validation.validate_exp = false;
        validation.validate_aud = false;
        Ok(Self {
            pair,
            decoding_key: DecodingKey::from_rsa_components(&n, &e)
                .map_err(|error| key_error(error.to_string()))?,
            jwks: json!({ "keys": [
                { "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": n, "e": e }
            ] }),
            validation,
            verified: VerifiedTokens::new(),
            rotation: hmac::Key::new(hmac::HMAC_SHA256, rotation),
            header: URL_SAFE_NO_PAD.encode(header),
        })
    }

    /// Returns the public keys as a JSON Web Key Set.
    pub(crate) fn jwks(&self) -> &Value {
        &self.jwks
    }

    /// Returns an access token and its payload.
    pub(crate) fn access_token(
        &self,
        claims: &Claims<'_>,
        now: Timestamp,
        expires: Timestamp,
    ) -> Outcome<(String, Value)> {
        let hash = |token: &PlainToken| token.hashed().hex();
        let payload = json!({
            "sub": claims.subject,
            "iat": now.seconds(),
            "exp": expires.seconds(),
            "iss": claims.issuer,
            "sessionHandle": claims.session,
            "refreshTokenHash1": hash(claims.refresh),
            "parentRefreshTokenHash1": claims.parent.map(hash),
            "antiCsrfToken": null,
            "tId": "public",
            "rsub": claims.subject,
            "user_identities": claims.user_identities,
            "session_identities": claims.session_identities,
            "is_new_user": claims.is_new_user,
        });
        Ok((self.sign(&payload)?, payload))
    }

    /// Returns the compact form of a signed token. `jsonwebtoken` would parse the
    /// private key for every signature, which takes longer than the signature.
    fn sign(&self, payload: &Value) -> Outcome<String> {
        let body = URL_SAFE_NO_PAD.encode(payload.to_string());
        let mut token = format!("{}.{body}", self.header);
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                token.as_bytes(),
                &mut signature,
            )
            .map_err(|_| Fault::Internal("an access token could not be signed".to_owned()))?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    /// Returns the session of an access token.
    pub(crate) fn session_of(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Id<Session>, SessionProblem> {
        let VerifiedToken { session, expires } = self.verified.get_or_verify(token, || {
            jsonwebtoken::decode::<VerifiedClaims>(token, &self.decoding_key, &self.validation)
                .map(|data| VerifiedToken {
                    session: Id::new(data.claims.session_handle),
                    expires: data.claims.exp,
                })
                .map_err(|_| SessionProblem::Invalid)
        })?;
        if now.seconds() >= expires {
            return Err(SessionProblem::Expired);
        }
        Ok(session)
    }

    /// Returns whether the session's current refresh token was derived from
    /// `token`, which is not valid any more.
    pub(crate) fn is_ancestor(&self, session: &SessionRecord, token: &PlainToken) -> bool {
        let mut token = token.clone();
        (0..REUSE_DETECTION_DEPTH).any(|_| {
            token = self.next_refresh_token(session.id, &token);
            session.refresh.matches(&token.hashed())
        })
    }

    /// Derives the refresh token that replaces `token`. It is the same each time,
    /// so that a client that repeats a refresh whose response was lost gets the
    /// current token. It cannot be predicted without the rotation key.
    pub(crate) fn next_refresh_token(
        &self,
        session: Id<Session>,
        token: &PlainToken,
    ) -> PlainToken {
        let mut context = hmac::Context::with_key(&self.rotation);
        context.update(session.uuid().as_bytes());
        context.update(token.bytes());
        let mut bytes = [0; 32];
        bytes.copy_from_slice(context.sign().as_ref());
        PlainToken::from_bytes(bytes)
    }
}

/// How many generations back a refresh token is recognized as a former one: ten
/// days with one refresh an hour. The check takes a fraction of a millisecond.
const REUSE_DETECTION_DEPTH: usize = 256;

/// Encodes a refresh token for the client: the session's id, then the secret.
pub(crate) fn encode_refresh_token(session: Id<Session>, token: &PlainToken) -> String {
    let mut bytes = session.uuid().as_bytes().to_vec();
    bytes.extend_from_slice(token.bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes a refresh token.
pub(crate) fn decode_refresh_token(text: &str) -> Option<(Id<Session>, PlainToken)> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (id, token) = bytes.split_at_checked(16)?;
    let id = Uuid::from_slice(id).ok()?;
    Some((Id::new(id), PlainToken::from_bytes(token.try_into().ok()?)))
}

/// Returns the subject of a user's tokens.
pub(crate) fn subject(uid: Option<&str>, id: Id<User>) -> String {
    uid.map_or_else(|| id.to_string(), str::to_owned)
}
