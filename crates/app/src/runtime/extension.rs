//! The extension points for editions. The core is complete without extensions
//! and does not depend on an edition.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use freehold_domain::{
    NotAPermissionCatalog, PermissionCatalog, PermissionDeclaration, Refusal, RoleCatalog,
};
use freehold_store::Tx;

use crate::command::{Event, Outcome};
use crate::jobs::Job;

/// A future that an extension returns.
pub type ExtensionFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An extension of an edition. Every method but [`Extension::capability`] has a
/// default.
pub trait Extension: Send + Sync {
    /// Returns the name of the feature for the server's list of capabilities. It
    /// does not name the edition.
    fn capability(&self) -> &'static str;

    /// Handles an event inside the command's transaction, before the commit. Rows
    /// written here are committed or rolled back together with it. A refusal
    /// (see [`Extension::veto`]) rolls back the whole command. Called again if
    /// the transaction is run again.
    fn on_event<'a>(
        &'a self,
        _tx: &'a mut Tx,
        _event: &'a Event,
    ) -> ExtensionFuture<'a, Outcome<()>> {
        Box::pin(async { Ok(()) })
    }

    /// Returns the permissions that roles can have in addition to the built-in ones.
    fn permissions(&self) -> Vec<PermissionDeclaration> {
        Vec::new()
    }

    /// Returns the roles that replace the configured ones; called once, at the start.
    /// They are made over the permissions of `configured`, without which a permission
    /// that the deployer declares would be unknown. The first extension that returns
    /// some is used.
    fn roles(&self, _configured: &RoleCatalog) -> Option<RoleCatalog> {
        None
    }

    /// Returns the background jobs that a server runs for this extension. Their
    /// names must differ from all others, so they begin with that of the feature.
    fn jobs(&self) -> Vec<Job> {
        Vec::new()
    }

    /// Returns a refusal of this extension, with a sentence for the user.
    fn veto(&self, message: &str) -> Refusal {
        Refusal::Vetoed {
            extension: self.capability().to_owned(),
            message: message.to_owned(),
        }
    }
}

/// The extensions of this server, in the order in which they are called.
#[derive(Clone, Default)]
pub struct Extensions(Vec<Arc<dyn Extension>>);

impl Extensions {
    /// Returns no extensions: the open core.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds an extension.
    #[must_use]
    pub fn with(mut self, extension: impl Extension + 'static) -> Self {
        self.0.push(Arc::new(extension));
        self
    }

    /// Returns the names of their features.
    pub fn capabilities(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|extension| extension.capability())
    }

    /// Returns the built-in permissions and those of the extensions.
    ///
    /// # Errors
    /// If a permission of an extension is not valid, or two have the same one; the
    /// message names the extension.
    pub fn permissions(&self) -> Result<PermissionCatalog, ExtensionPermissionError> {
        let mut catalog = PermissionCatalog::built_in();
        for extension in &self.0 {
            let added = catalog.with(extension.permissions());
            catalog = added.map_err(|source| ExtensionPermissionError {
                extension: extension.capability(),
                source,
            })?;
        }
        Ok(catalog)
    }

    /// Returns the roles of the first extension that has some.
    #[must_use]
    pub fn roles(&self, configured: &RoleCatalog) -> Option<RoleCatalog> {
        let mut extensions = self.0.iter();
        extensions.find_map(|extension| extension.roles(configured))
    }

    pub(crate) fn jobs(&self) -> impl Iterator<Item = Job> {
        self.0.iter().flat_map(|extension| extension.jobs())
    }

    pub(crate) async fn dispatch_event(&self, tx: &mut Tx, event: &Event) -> Outcome<()> {
        for extension in &self.0 {
            extension.on_event(tx, event).await?;
        }
        Ok(())
    }
}

/// A permission of an extension is not valid.
#[derive(Debug, thiserror::Error)]
#[error("the extension {extension}: {source}")]
pub struct ExtensionPermissionError {
    extension: &'static str,
    source: NotAPermissionCatalog,
}

impl fmt::Debug for Extensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.capabilities()).finish()
    }
}
