//! What a project contains: testsets, evaluators and environments. This file
//! reads them. [`edit`] creates and changes them, with the types in [`change`];
//! [`filter`] selects items, by labels and notes in [`containment`], and
//! [`page`] collects them. The content of new projects is in [`initial`].

mod change;
mod containment;
mod edit;
mod filter;
mod initial;
mod page;

use freehold_domain::{Permission, ResourceKind};
use freehold_store::{ResourceRecord, ResourceScan};
use uuid::Uuid;

use crate::access::{Caller, Grant, check_project_permission, into_refusal};
use crate::command::Outcome;
use crate::runtime::App;
use page::PageBuilder;

pub use change::{NewResource, ResourceData, ResourceTransition, ResourceUpdate};
pub use filter::{ResourceFilter, ResourceOrder, ResourceRef};
pub use page::ResourcePage;

pub(crate) use initial::InitialContent;

/// How many items are read at once: each can have a megabyte or more.
const BATCH_SIZE: usize = 100;

impl App {
    /// One item of the caller's project, or `None`.
    ///
    /// # Errors
    /// The refusal if the caller lacks the permission.
    pub async fn resource(
        &self,
        caller: &Caller,
        kind: ResourceKind,
        id: Uuid,
    ) -> Outcome<Option<ResourceRecord>> {
        let grant = check_view(caller, kind)?;
        Ok(self.store().resource(grant.project(), kind, id).await?)
    }

    /// The items of the caller's project that match `filter`, as many as fit on
    /// a page.
    ///
    /// # Errors
    /// The refusal if the caller lacks the permission, or if labels or notes
    /// take too many comparisons.
    pub async fn resources(
        &self,
        caller: &Caller,
        kind: ResourceKind,
        filter: &ResourceFilter,
    ) -> Outcome<ResourcePage> {
        let grant = check_view(caller, kind)?;
        let mut builder = PageBuilder::of(filter);
        let mut size = builder.limit().saturating_add(1).min(BATCH_SIZE);
        let mut scan = ResourceScan {
            project: grant.project(),
            kind,
            with_archived: filter.include_archived,
            only: filter.only(),
            descending: filter.order == ResourceOrder::Descending,
            after: filter.after,
            limit: i64::try_from(size).unwrap_or(i64::MAX),
        };
        loop {
            let records = self.store().resources(&scan).await?;
            let at_end = records.len() < size;
            scan.after = records.last().map(|last| last.id);
            if !builder.add(records)? || at_end {
                return Ok(builder.page());
            }
            size = BATCH_SIZE;
            scan.limit = i64::try_from(size).unwrap_or(i64::MAX);
        }
    }
}

fn check_view(caller: &Caller, kind: ResourceKind) -> Outcome<Grant> {
    let permission = match kind {
        ResourceKind::Testset => Permission::ViewTestsets,
        ResourceKind::Evaluator => Permission::ViewEvaluators,
        ResourceKind::Environment => Permission::ViewEnvironments,
    };
    Ok(check_project_permission(caller, permission).map_err(into_refusal)?)
}
