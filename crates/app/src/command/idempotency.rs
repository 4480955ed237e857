//! Idempotency: the response to a command is stored for a day, in the command's
//! transaction and under the caller's key, and replayed for a repeated request.
//!
//! A response may contain a secret (a new API key), so it is encrypted with a key
//! derived from the caller's: the row alone reveals nothing. Refusals are not
//! stored, because they changed nothing.

use std::time::Duration;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use freehold_domain::{Refusal, Timestamp};
use freehold_store::Tx;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Actor, Command, Failure, Fault, IdempotencyKey, Outcome};

/// How long a response is stored.
const RETENTION: Duration = Duration::from_secs(24 * 60 * 60);

const NONCE_LENGTH: usize = 12;

impl Command<'_> {
    /// Returns the stored response to an earlier request with the same key.
    pub(super) async fn stored_response(&self) -> Outcome<Option<Vec<u8>>> {
        let Some(key) = self.idempotency else {
            return Ok(None);
        };
        let id = record_id(&self.owner(), key);
        let Some(record) = self
            .app
            .store()
            .idempotency_record(&id, self.app.now())
            .await?
        else {
            return Ok(None);
        };
        let fingerprint = self.fingerprint(key);
        if record.fingerprint != fingerprint {
            return Err(Refusal::IdempotencyConflict.into());
        }
        open(&self.owner(), key, fingerprint, &record.response).map(Some)
    }

    /// Stores the response, as JSON, in the command's transaction.
    pub(super) fn store_response(
        &self,
        tx: &mut Tx,
        key: &IdempotencyKey,
        answer: Vec<u8>,
        now: Timestamp,
    ) -> Outcome<()> {
        let fingerprint = self.fingerprint(key);
        let sealed = seal(&self.owner(), key, fingerprint, answer)?;
        let id = record_id(&self.owner(), key);
        tx.insert_idempotency_record(id, fingerprint.to_vec(), sealed, now, now + RETENTION);
        Ok(())
    }
}

impl Command<'_> {
    /// Returns the actor as a part of the record's id, so that no actor gets the
    /// response of another.
    fn owner(&self) -> String {
        match &self.actor {
            // The user may repeat the request with another credential.
            Actor::User(user) | Actor::Key(user, _) | Actor::Service(user) => {
                format!("user {user}")
            }
            Actor::Anonymous => "anonymous".to_owned(),
            // By the key, since a later key may have the same name.
            Actor::Operator(operator) => match operator.key {
                Some(key) => format!("operator key {key}"),
                None => format!("operator {}", operator.name),
            },
        }
    }

    /// Returns the hash of the request and of the project, which comes from the
    /// credential and not from the request.
    fn fingerprint(&self, key: &IdempotencyKey) -> [u8; 32] {
        let mut input = key.fingerprint.to_vec();
        input.extend(
            self.project
                .map(|project| *project.uuid().as_bytes())
                .unwrap_or_default(),
        );
        let mut fingerprint = [0; 32];
        fingerprint.copy_from_slice(digest(&SHA256, &input).as_ref());
        fingerprint
    }
}

/// Converts a response to the JSON that is stored.
pub(super) fn response_json<T: Serialize>(answer: &T) -> Outcome<Vec<u8>> {
    serde_json::to_vec(answer).map_err(|error| serialization_failed(&error))
}

/// Parses a stored response.
pub(super) fn parse_response<T: DeserializeOwned>(response: &[u8]) -> Outcome<T> {
    serde_json::from_slice(response).map_err(|error| serialization_failed(&error))
}

fn record_id(owner: &str, key: &IdempotencyKey) -> Vec<u8> {
    let name = format!("{owner}\n{}", key.key);
    digest(&SHA256, name.as_bytes()).as_ref().to_vec()
}

fn sealing_key(owner: &str, key: &IdempotencyKey) -> Outcome<RandomizedNonceKey> {
    let mut bytes = [0; 32];
    Salt::new(HKDF_SHA256, b"freehold idempotency answer")
        .extract(key.key.as_bytes())
        .expand(&[owner.as_bytes()], HKDF_SHA256)
        .and_then(|material| material.fill(&mut bytes))
        .and_then(|()| RandomizedNonceKey::new(&AES_256_GCM, &bytes))
        .map_err(|_| sealing_failed())
}

fn seal(
    owner: &str,
    key: &IdempotencyKey,
    fingerprint: [u8; 32],
    mut answer: Vec<u8>,
) -> Outcome<Vec<u8>> {
    let nonce = sealing_key(owner, key)?
        .seal_in_place_append_tag(Aad::from(fingerprint), &mut answer)
        .map_err(|_| sealing_failed())?;
    let mut sealed = nonce.as_ref().to_vec();
    sealed.append(&mut answer);
    Ok(sealed)
}

fn open(
    owner: &str,
    key: &IdempotencyKey,
    fingerprint: [u8; 32],
    sealed: &[u8],
) -> Outcome<Vec<u8>> {
    let (nonce, answer) = sealed
        .split_at_checked(NONCE_LENGTH)
        .ok_or_else(sealing_failed)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| sealing_failed())?;
    let mut answer = answer.to_vec();
    let length = sealing_key(owner, key)?
        .open_in_place(nonce, Aad::from(fingerprint), &mut answer)
        .map_err(|_| sealing_failed())?
        .len();
    answer.truncate(length);
    Ok(answer)
}

fn sealing_failed() -> Failure {
    Fault::Internal("an idempotency record cannot be sealed or opened".to_owned()).into()
}

fn serialization_failed(error: &serde_json::Error) -> Failure {
    Fault::Internal(format!("an idempotency record: {error}")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> IdempotencyKey {
        IdempotencyKey {
            key: text.to_owned(),
            fingerprint: [7; 32],
        }
    }

    #[test]
    fn sealed_response_opens_only_with_its_own_key() {
        let sealed = seal("anonymous", &key("one"), [7; 32], b"secret".to_vec()).unwrap();
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        assert_eq!(
            open("anonymous", &key("one"), [7; 32], &sealed).unwrap(),
            b"secret"
        );
        assert!(open("anonymous", &key("two"), [7; 32], &sealed).is_err());
        assert!(open("operator", &key("one"), [7; 32], &sealed).is_err());
    }
}
