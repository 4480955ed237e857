//! What an edition may add. The core has an answer for everything and never
//! asks which edition it is part of.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use freehold_domain::{Refusal, RoleCatalog};
use freehold_store::Tx;

use crate::command::{Event, Outcome};

/// A future that an extension gives back.
pub type ExtensionFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Something that an edition adds. Every method has an answer already, so an
/// extension says only where it differs.
pub trait Extension: Send + Sync {
    /// Listed among the capabilities of this server: what is here, never which
    /// edition it is.
    fn capability(&self) -> &'static str;

    /// Called inside the transaction that makes `event` true, before its
    /// commit. Rows written here are kept or undone together with it. A
    /// refusal (best [`Extension::veto`]) undoes the whole command. Called
    /// again when the transaction has to be run again.
    fn on_event<'a>(
        &'a self,
        _tx: &'a mut Tx,
        _event: &'a Event,
    ) -> ExtensionFuture<'a, Outcome<()>> {
        Box::pin(async { Ok(()) })
    }

    /// Which roles there are, in the place of the operator's catalogue. The
    /// first extension that has an answer gives it.
    fn roles(&self) -> Option<&RoleCatalog> {
        None
    }

    /// A refusal in this extension's name, with a sentence for the person.
    fn veto(&self, message: &str) -> Refusal {
        Refusal::Vetoed {
            extension: self.capability().to_owned(),
            message: message.to_owned(),
        }
    }
}

/// The extensions of this server, in the order in which they are asked.
#[derive(Clone, Default)]
pub struct Extensions(Vec<Arc<dyn Extension>>);

impl Extensions {
    /// The open core, complete.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// These, and one more.
    #[must_use]
    pub fn with(mut self, extension: impl Extension + 'static) -> Self {
        self.0.push(Arc::new(extension));
        self
    }

    /// What they add, by name.
    pub fn capabilities(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|extension| extension.capability())
    }

    /// Which roles there are, if one of them says.
    #[must_use]
    pub fn roles(&self) -> Option<&RoleCatalog> {
        self.0.iter().find_map(|extension| extension.roles())
    }

    pub(crate) async fn dispatch_event(&self, tx: &mut Tx, event: &Event) -> Outcome<()> {
        for extension in &self.0 {
            extension.on_event(tx, event).await?;
        }
        Ok(())
    }
}

impl fmt::Debug for Extensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.capabilities()).finish()
    }
}
