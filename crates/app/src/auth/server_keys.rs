//! The secret keys that all nodes share. The first node that needs one generates
//! it and stores it in the database.

use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use freehold_domain::{Clock, RandomSource};
use freehold_store::Store;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::tokens::Signer;
use crate::command::{Fault, Outcome};
use crate::invitations::InvitationTokens;

const ACCESS_TOKEN_KEY: &str = "access_token_rs256";
const REFRESH_TOKEN_KEY: &str = "refresh_token_rotation";
const INVITATION_TOKEN_KEY: &str = "invitation_tokens";

/// The keys that all nodes share, loaded or created when first needed.
pub(crate) struct ServerKeys {
    store: Store,
    clock: Arc<dyn Clock>,
    random: Arc<dyn RandomSource>,
    signer: OnceCell<Signer>,
    invitations: OnceCell<InvitationTokens>,
}

impl ServerKeys {
    pub(crate) fn new(store: Store, clock: Arc<dyn Clock>, random: Arc<dyn RandomSource>) -> Self {
        Self {
            store,
            clock,
            random,
            signer: OnceCell::new(),
            invitations: OnceCell::new(),
        }
    }

    pub(crate) async fn signer(&self) -> Outcome<&Signer> {
        self.signer.get_or_try_init(|| self.load()).await
    }

    async fn load(&self) -> Outcome<Signer> {
        let (kid, private) = self
            .load_or_create(ACCESS_TOKEN_KEY, async || {
                // Takes about 100 ms: not on a thread that serves requests.
                tokio::task::spawn_blocking(new_rsa_key)
                    .await
                    .map_err(|error| Fault::Internal(error.to_string()))?
            })
            .await?;
        let rotation = self.load_or_create_secret(REFRESH_TOKEN_KEY).await?;
        Signer::new(kid, &private, &rotation)
    }

    pub(crate) async fn invitation_tokens(&self) -> Outcome<&InvitationTokens> {
        let load = async || {
            let secret = self.load_or_create_secret(INVITATION_TOKEN_KEY).await?;
            Ok(InvitationTokens::new(&secret))
        };
        self.invitations.get_or_try_init(load).await
    }

    /// Returns 32 random bytes that all nodes share.
    async fn load_or_create_secret(&self, purpose: &'static str) -> Outcome<Vec<u8>> {
        let create = async || {
            let mut secret = vec![0; 32];
            self.random.fill(&mut secret);
            Ok(secret)
        };
        Ok(self.load_or_create(purpose, create).await?.1)
    }

    /// Returns the id and the secret for `purpose`; the first node creates it.
    async fn load_or_create(
        &self,
        purpose: &'static str,
        create: impl AsyncFnOnce() -> Result<Vec<u8>, Fault>,
    ) -> Outcome<(Uuid, Vec<u8>)> {
        if let Some(stored) = self.store.server_key(purpose).await? {
            return Ok(stored);
        }
        let secret = create().await?;
        let now = self.clock.now();
        let mut tx = self.store.begin();
        tx.insert_server_key_if_absent(purpose, self.random.uuid(now), secret, now);
        tx.commit().await?;
        let stored = self.store.server_key(purpose).await?;
        Ok(stored.ok_or_else(|| Fault::Internal(format!("no server key for {purpose}")))?)
    }
}

fn new_rsa_key() -> Result<Vec<u8>, Fault> {
    let generation_failed = |_| Fault::Internal("an RSA key could not be generated".to_owned());
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(generation_failed)?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(generation_failed)?;
    Ok(der.as_ref().to_vec())
}
