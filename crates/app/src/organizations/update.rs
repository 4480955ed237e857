//! Updating an organization.

use freehold_domain::{
    AuditAction, FreeText, Id, Organization, OrganizationFlags, OrganizationSlug, Refusal,
};
use freehold_store::{OrganizationRecord, Rule};
use serde_json::{Map, Value, json};

use crate::access::{Caller, check_owner};
use crate::command::{
    Command, CommandOutput, Event, Failure, FieldChange, Outcome, RequestContext,
};
use crate::runtime::App;

/// The changes to an organization.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OrganizationUpdate {
    /// The slug, not yet validated. It cannot be changed once it is set.
    pub slug: FieldChange<String>,
    /// The name.
    pub name: FieldChange<FreeText>,
    /// The description.
    pub description: FieldChange<FreeText>,
    /// Flags, merged into the existing ones.
    pub flags: FieldChange<Map<String, Value>>,
}

impl OrganizationUpdate {
    /// Returns whether there is a change. Null values alone do not count, as
    /// clients of the reference API send null for fields they do not mean to
    /// change.
    fn has_changes(&self) -> bool {
        matches!(&self.slug, FieldChange::Set(slug) if !slug.is_empty())
            || matches!(&self.name, FieldChange::Set(name) if !name.is_empty())
            || matches!(&self.description, FieldChange::Set(text) if !text.is_empty())
            || matches!(&self.flags, FieldChange::Set(flags) if !flags.is_empty())
    }
}

impl App {
    /// Updates an organization that the caller owns. `id` is `None` if the request
    /// contains an invalid id; as in the reference API, an update without a change
    /// is refused before that (docs/COMPATIBILITY.md#organizations).
    ///
    /// # Errors
    /// [`Refusal::NothingToUpdate`], [`Refusal::InvalidUuid`], [`Refusal::Forbidden`],
    /// [`Refusal::InvalidOrganizationUpdate`], [`Refusal::SlugTaken`].
    pub async fn update_organization(
        &self,
        caller: &Caller,
        context: &RequestContext,
        id: Option<Id<Organization>>,
        update: OrganizationUpdate,
    ) -> Outcome<CommandOutput<OrganizationRecord>> {
        if !update.has_changes() {
            return Err(Refusal::NothingToUpdate.into());
        }
        let id = id.ok_or(Refusal::InvalidUuid)?;
        let command = self.command(caller.actor(), context, AuditAction::OrganizationUpdated);
        let refusal_of_rule = |rule| (rule == Rule::OrganizationSlug).then_some(Refusal::SlugTaken);
        let attempt = || self.update_organization_once(&command, caller, id, update.clone());
        command.run(attempt, refusal_of_rule).await
    }

    async fn update_organization_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        id: Id<Organization>,
        update: OrganizationUpdate,
    ) -> Outcome<CommandOutput<OrganizationRecord>> {
        let mut work = command.begin();
        let organization = work.tx.lock_and_read_organization(id).await?;
        let decision = check_owner(caller.user.id, organization.as_ref(), Refusal::Forbidden);
        let Some(organization) = organization.filter(|_| decision.refusal.is_none()) else {
            return Err(command.refuse(None, Some(id.uuid()), decision));
        };
        let mut changed = changed(organization, update)?;
        changed.updated_at = Some(work.now);
        changed.updated_by = Some(caller.user.id);
        work.tx.update_organization(&changed);
        work.record(
            Event::new(AuditAction::OrganizationUpdated, id.uuid())
                .in_organization(id)
                .with_details(json!({
                    "slug": changed.slug, "name": changed.name, "description": changed.description,
                })),
        );
        work.commit(changed).await
    }
}

/// Applies `update` to an organization.
fn changed(
    organization: OrganizationRecord,
    update: OrganizationUpdate,
) -> Result<OrganizationRecord, Failure> {
    let invalid = |reason: String| Refusal::InvalidOrganizationUpdate { reason };
    let slug = match (organization.slug.clone(), update.slug) {
        (old, FieldChange::Keep) => old,
        (None, FieldChange::Clear) => None,
        (Some(old), FieldChange::Set(new)) if old == new => Some(old),
        (Some(old), FieldChange::Clear | FieldChange::Set(_)) => {
            return Err(invalid(format!("the slug is `{old}` and cannot be changed")).into());
        }
        (None, FieldChange::Set(new)) => {
            let slug = OrganizationSlug::parse(&new).map_err(|error| invalid(error.to_string()))?;
            Some(slug.as_str().to_owned())
        }
    };
    let flags = match update.flags {
        FieldChange::Set(request) => {
            let merged = OrganizationFlags::from_json(organization.flags)
                .merge(&request)
                .map_err(|error| invalid(error.to_string()))?;
            Some(merged.to_json())
        }
        FieldChange::Keep | FieldChange::Clear => organization.flags,
    };
    let text = |change: FieldChange<FreeText>, old: Option<String>| match change {
        FieldChange::Keep => old,
        FieldChange::Clear => None,
        FieldChange::Set(new) => Some(new.into_string()),
    };
    Ok(OrganizationRecord {
        slug,
        flags,
        name: text(update.name, organization.name),
        description: text(update.description, organization.description),
        ..organization
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn update_of_empty_values_has_no_changes() {
        assert!(!OrganizationUpdate::default().has_changes());
        let empty = OrganizationUpdate {
            slug: FieldChange::Set(String::new()),
            name: FieldChange::Clear,
            description: FieldChange::Set(FreeText::default()),
            flags: FieldChange::Set(Map::new()),
        };
        assert!(!empty.has_changes());
        let name = FieldChange::Set(FreeText::parse("x").unwrap());
        assert!(
            OrganizationUpdate {
                name,
                ..Default::default()
            }
            .has_changes()
        );
    }
}
