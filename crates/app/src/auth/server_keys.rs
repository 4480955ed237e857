//! The keys that all nodes share: read from the database, or made and kept there
//! by whichever node needs one first.

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

const SIGNING: &str = "access_token_rs256";
const ROTATION: &str = "refresh_token_rotation";
const INVITATIONS: &str = "invitation_tokens";

/// The keys that all nodes share, read or made when first needed.
pub(crate) struct Keys {
    store: Store,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn RandomSource>,
    signer: OnceCell<Signer>,
    invitations: OnceCell<InvitationTokens>,
}

impl Keys {
    pub(crate) fn new(store: Store, clock: Arc<dyn Clock>, chance: Arc<dyn RandomSource>) -> Self {
        Self {
            store,
            clock,
            chance,
            signer: OnceCell::new(),
            invitations: OnceCell::new(),
        }
    }

    pub(crate) async fn signer(&self) -> Outcome<&Signer> {
        self.signer.get_or_try_init(|| self.load()).await
    }

    async fn load(&self) -> Outcome<Signer> {
        let (kid, private) = self
            .shared(SIGNING, async || {
                // Some 100 ms of arithmetic: not on a thread that answers.
                tokio::task::spawn_blocking(new_rsa_key)
                    .await
                    .map_err(|error| Fault::Internal(error.to_string()))?
            })
            .await?;
        let rotation = self.shared_secret(ROTATION).await?;
        Signer::new(kid, &private, &rotation)
    }

    pub(crate) async fn invitation_tokens(&self) -> Outcome<&InvitationTokens> {
        let load = async || {
            let secret = self.shared_secret(INVITATIONS).await?;
            Ok(InvitationTokens::new(&secret))
        };
        self.invitations.get_or_try_init(load).await
    }

    /// 32 bytes of chance that all nodes share.
    async fn shared_secret(&self, purpose: &'static str) -> Outcome<Vec<u8>> {
        let make = async || {
            let mut secret = vec![0; 32];
            self.chance.fill(&mut secret);
            Ok(secret)
        };
        Ok(self.shared(purpose, make).await?.1)
    }

    /// The secret for `purpose`; whoever comes first makes it.
    async fn shared(
        &self,
        purpose: &'static str,
        make: impl AsyncFnOnce() -> Result<Vec<u8>, Fault>,
    ) -> Outcome<(Uuid, Vec<u8>)> {
        if let Some(known) = self.store.server_key(purpose).await? {
            return Ok(known);
        }
        let secret = make().await?;
        let now = self.clock.now();
        let mut tx = self.store.begin();
        tx.insert_server_key_if_absent(purpose, self.chance.uuid(now), secret, now);
        tx.commit().await?;
        let kept = self.store.server_key(purpose).await?;
        Ok(kept.ok_or_else(|| Fault::Internal(format!("no server key for {purpose}")))?)
    }
}

fn new_rsa_key() -> Result<Vec<u8>, Fault> {
    let broken = |_| Fault::Internal("an RSA key could not be made".to_owned());
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(broken)?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(broken)?;
    Ok(der.as_ref().to_vec())
}
