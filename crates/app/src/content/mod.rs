//! What a project contains: testsets, evaluators, environments. Here they are
//! read; `edit` makes and changes them, as `change` says; `filter` says which of
//! them are asked for, `containment` by their labels. What new projects begin
//! with is in `initial`.

mod change;
mod containment;
mod edit;
mod filter;
mod initial;

use freehold_domain::{Permission, ResourceKind};
use freehold_store::{ResourceRecord, ResourceScan};
use uuid::Uuid;

use crate::access::{Caller, Grant, in_project, refusal};
use crate::command::Outcome;
use crate::runtime::App;
use filter::Gathering;

pub use change::{NewResource, ResourceData, ResourceStep, ResourceUpdate};
pub use filter::{ResourceFilter, ResourceOrder, ResourcePage, ResourceRef};

pub(crate) use initial::Content;

/// How many items are read at once: each may hold a megabyte or more.
const PAGE: usize = 100;

impl App {
    /// One item of the caller's project; nothing, if it has no such item.
    ///
    /// # Errors
    /// A refusal when the caller may not look.
    pub async fn resource(
        &self,
        caller: &Caller,
        kind: ResourceKind,
        id: Uuid,
    ) -> Outcome<Option<ResourceRecord>> {
        let grant = may_view(caller, kind)?;
        Ok(self.store().resource(grant.project(), kind, id).await?)
    }

    /// The items of the caller's project that `filter` admits, as many as fit
    /// into one answer.
    ///
    /// # Errors
    /// A refusal when the caller may not look, or asks for labels or notes that
    /// take too long to compare.
    pub async fn resources(
        &self,
        caller: &Caller,
        kind: ResourceKind,
        filter: &ResourceFilter,
    ) -> Outcome<ResourcePage> {
        let grant = may_view(caller, kind)?;
        let mut gathering = Gathering::of(filter);
        let mut size = gathering.limit().saturating_add(1).min(PAGE);
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
            if !gathering.take(records)? || at_end {
                return Ok(gathering.page());
            }
            size = PAGE;
            scan.limit = i64::try_from(size).unwrap_or(i64::MAX);
        }
    }
}

fn may_view(caller: &Caller, kind: ResourceKind) -> Outcome<Grant> {
    let permission = match kind {
        ResourceKind::Testset => Permission::ViewTestsets,
        ResourceKind::Evaluator => Permission::ViewEvaluators,
        ResourceKind::Environment => Permission::ViewEnvironments,
    };
    Ok(in_project(caller, permission).map_err(refusal)?)
}
