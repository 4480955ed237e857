//! What a project contains: testsets, evaluators, environments. Reads only.

use freehold_domain::{Permission, ResourceKind};
use freehold_store::ResourceRecord;
use uuid::Uuid;

use crate::access::{Grant, in_project};
use crate::app::App;
use crate::caller::Caller;
use crate::failure::Outcome;

/// Which items are asked for. Everything, if nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceFilter {
    /// Only those with one of these ids or slugs; all, when there is no list.
    pub refs: Option<Vec<ResourceRef>>,
    /// Only those with exactly this name.
    pub name: Option<String>,
    /// Archived ones too.
    pub include_archived: bool,
    /// At most so many.
    pub limit: Option<usize>,
}

/// How one item is referred to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceRef {
    /// By its id.
    Id(Uuid),
    /// By its slug.
    Slug(String),
}

impl ResourceFilter {
    fn admits(&self, record: &ResourceRecord) -> bool {
        let referred = self.refs.as_ref().is_none_or(|refs| {
            refs.iter().any(|wanted| match wanted {
                ResourceRef::Id(id) => *id == record.id,
                ResourceRef::Slug(slug) => *slug == record.slug,
            })
        });
        referred
            && self
                .name
                .as_ref()
                .is_none_or(|name| record.name.as_ref() == Some(name))
    }
}

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

    /// The items of the caller's project that `filter` admits, oldest first.
    ///
    /// # Errors
    /// A refusal when the caller may not look.
    pub async fn resources(
        &self,
        caller: &Caller,
        kind: ResourceKind,
        filter: &ResourceFilter,
    ) -> Outcome<Vec<ResourceRecord>> {
        let grant = may_view(caller, kind)?;
        let mut found = self
            .store()
            .resources(grant.project(), kind, filter.include_archived)
            .await?;
        found.retain(|record| filter.admits(record));
        found.truncate(filter.limit.unwrap_or(usize::MAX));
        Ok(found)
    }
}

fn may_view(caller: &Caller, kind: ResourceKind) -> Outcome<Grant> {
    let permission = match kind {
        ResourceKind::Testset => Permission::ViewTestsets,
        ResourceKind::Evaluator => Permission::ViewEvaluators,
        ResourceKind::Environment => Permission::ViewEnvironments,
    };
    Ok(in_project(caller, permission).map_err(crate::access::refusal)?)
}
