//! What an edition may add. The core is complete without extensions and does not depend on an
//! edition.

mod events;
mod ports;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use freehold_domain::{
    Id, NotAPermissionCatalog, Organization, PermissionCatalog, PermissionDeclaration, Refusal,
    RoleCatalog,
};
use freehold_store::doctor::Check;
use freehold_store::migrations::{History, Migration};
use freehold_store::{Store, Tx};

use crate::command::{Event, Outcome};
use crate::jobs::Job;
pub use events::{CreationCause, TypedEvent};
pub use ports::{Admission, Plans, Quotas};

/// A future that an extension returns.
pub type ExtensionFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An error code of an extension: the reason of its refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorCode {
    /// The code in responses, for example `member_limit`.
    pub code: &'static str,
    /// A short title.
    pub title: &'static str,
    /// When it happens, and what to do about it.
    pub explanation: &'static str,
}

/// An extension of an edition. Every method but [`Extension::capability`] has a
/// default.
pub trait Extension: Send + Sync {
    /// Returns the name of the feature for the server's list of capabilities. It
    /// does not name the edition. It is also the namespace of the extension's migrations.
    fn capability(&self) -> &'static str;

    /// Returns the migrations of the extension's own tables, oldest first. A server without the
    /// extension leaves the tables alone.
    fn migrations(&self) -> &'static [Migration] {
        &[]
    }

    /// Returns the checks of the extension's tables for `freehold doctor`.
    fn doctor_checks(&self) -> &'static [Check] {
        &[]
    }

    /// Returns the codes of the extension's refusals.
    fn error_codes(&self) -> &'static [ErrorCode] {
        &[]
    }

    /// Handles an event inside the command's transaction, before the commit. Rows
    /// written here are committed or rolled back together with it. A refusal
    /// (see [`Extension::veto`]) rolls back the whole command. Called again if
    /// the transaction is run again.
    fn on_event<'a>(
        &'a self,
        _tx: &'a mut Tx,
        _event: &'a TypedEvent,
    ) -> ExtensionFuture<'a, Outcome<()>> {
        Box::pin(async { Ok(()) })
    }

    /// Returns the answer to whether an organization may have more members.
    fn quotas(&self) -> Option<&dyn Quotas> {
        None
    }

    /// Returns the answer to whether a user may enter an organization.
    fn admission(&self) -> Option<&dyn Admission> {
        None
    }

    /// Returns the plans.
    fn plans(&self) -> Option<&dyn Plans> {
        None
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

    /// Returns a refusal of this extension, with one of its codes and a sentence for the user.
    fn veto(&self, code: &ErrorCode, message: &str) -> Refusal {
        Refusal::Vetoed {
            extension: self.capability().to_owned(),
            code: code.code,
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

    /// Adds an extension that is shared.
    #[must_use]
    pub fn with_shared(mut self, extension: Arc<dyn Extension>) -> Self {
        self.0.push(extension);
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

    /// Returns the histories of the extensions that have tables.
    #[must_use]
    pub fn histories(&self) -> Vec<History> {
        let extensions = self.0.iter();
        let histories = extensions.map(|extension| History {
            namespace: extension.capability(),
            migrations: extension.migrations(),
        });
        histories
            .filter(|history| !history.migrations.is_empty())
            .collect()
    }

    /// Returns the extensions' checks for `freehold doctor`.
    pub fn doctor_checks(&self) -> impl Iterator<Item = &'static Check> {
        self.0
            .iter()
            .flat_map(|extension| extension.doctor_checks())
    }

    /// Returns the error codes of the extensions.
    pub fn error_codes(&self) -> impl Iterator<Item = &'static ErrorCode> {
        self.0.iter().flat_map(|extension| extension.error_codes())
    }

    /// Returns the names of the plans; `None` if no extension has plans.
    #[must_use]
    pub fn plans(&self) -> Option<Vec<String>> {
        let mut plans = self.0.iter().filter_map(|extension| extension.plans());
        plans.next().map(Plans::names)
    }

    pub(crate) async fn dispatch_event(&self, tx: &mut Tx, event: &Event) -> Outcome<()> {
        let Some(event) = &event.typed else {
            return Ok(());
        };
        for extension in &self.0 {
            extension.on_event(tx, event).await?;
        }
        Ok(())
    }

    /// Returns the refusal of the first extension that does not allow so many more members.
    pub(crate) async fn may_add_members(
        &self,
        tx: &mut Tx,
        organization: Id<Organization>,
        count: u32,
    ) -> Outcome<Option<Refusal>> {
        for quotas in self.0.iter().filter_map(|extension| extension.quotas()) {
            let refusal = quotas.may_add_members(tx, organization, count).await?;
            if refusal.is_some() {
                return Ok(refusal);
            }
        }
        Ok(None)
    }

    /// Returns the refusal of the first extension that does not admit the user.
    pub(crate) async fn may_enter(
        &self,
        store: &Store,
        organization: Id<Organization>,
        email: &str,
    ) -> Outcome<Option<Refusal>> {
        for admission in self.0.iter().filter_map(|extension| extension.admission()) {
            let refusal = admission.may_enter(store, organization, email).await?;
            if refusal.is_some() {
                return Ok(refusal);
            }
        }
        Ok(None)
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
