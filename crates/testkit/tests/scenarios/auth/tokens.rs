//! The tokens of a session, read as other programs read them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use freehold_testkit::{Response, TestApp};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;

/// The decoded front token, which pages read instead of the access token.
pub(crate) fn front_token(response: &Response) -> Value {
    let text = response.header("front-token").unwrap();
    serde_json::from_slice(&STANDARD.decode(text).unwrap()).unwrap()
}

/// The claims of an access token; panics if its signature does not match the
/// published key.
pub(crate) async fn verified_claims(app: &TestApp, token: &str) -> Value {
    let keys = app
        .anonymous()
        .get("/.well-known/jwks.json")
        .await
        .expect_status(200);
    let key = &keys.json()["keys"][0];
    let header = jsonwebtoken::decode_header(token).unwrap();
    assert_eq!(header.alg, Algorithm::RS256);
    assert_eq!(header.kid.as_deref(), key["kid"].as_str());
    let part = |name: &str| key[name].as_str().unwrap();
    let key = DecodingKey::from_rsa_components(part("n"), part("e")).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    // The scenario's clock is not the machine's.
    validation.validate_exp = false;
    jsonwebtoken::decode(token, &key, &validation)
        .unwrap()
        .claims
}
