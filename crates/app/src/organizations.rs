//! Organizations: looking at one, making one, changing one. Handing over and
//! deleting have files of their own.

use freehold_domain::{
    AuditAction, Email, FreeText, Id, Organization, OrganizationFlags, OrganizationSlug, Refusal,
};
use freehold_store::{OrganizationRecord, Rule};
use serde_json::{Map, Value, json};

use crate::access::owns;
use crate::app::App;
use crate::call::{Call, Done};
use crate::caller::Caller;
use crate::command::Command;
use crate::event::Event;
use crate::failure::{Failure, Outcome};
use crate::founding::{Founding, NewOrganization};
use crate::workspaces::WorkspaceDetails;

/// An organization as its members see it.
#[derive(Clone, Debug)]
pub struct OrganizationDetails {
    /// The organization.
    pub organization: OrganizationRecord,
    /// The workspace that stands for it. An operator may have left it without.
    pub workspace: Option<WorkspaceDetails>,
}

/// A field that may be left out, cleared, or given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// As it is.
    #[default]
    Keep,
    /// Nothing from now on.
    Clear,
    /// This from now on.
    Set(T),
}

/// What somebody wants to change about an organization.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OrganizationUpdate {
    /// Its name in URLs, as written; fixed once chosen.
    pub slug: Change<String>,
    /// Its name.
    pub name: Change<FreeText>,
    /// What it is for.
    pub description: Change<FreeText>,
    /// Switches, put over those it has.
    pub flags: Change<Map<String, Value>>,
}

impl OrganizationUpdate {
    /// Whether it says anything: clearing alone does not count, as clients of
    /// the contract send nulls for what they do not mean.
    fn says_something(&self) -> bool {
        matches!(&self.slug, Change::Set(slug) if !slug.is_empty())
            || matches!(&self.name, Change::Set(name) if !name.is_empty())
            || matches!(&self.description, Change::Set(text) if !text.is_empty())
            || matches!(&self.flags, Change::Set(flags) if !flags.is_empty())
    }
}

impl App {
    /// An organization, for its members.
    ///
    /// # Errors
    /// [`Refusal::NotOrganizationMember`], also when there is none.
    pub async fn organization(
        &self,
        caller: &Caller,
        id: Id<Organization>,
    ) -> Outcome<OrganizationDetails> {
        let found = self.store().organization_for_member(id, caller.user.id);
        let (organization, workspace) = found.await?.ok_or(Refusal::NotOrganizationMember)?;
        let workspace = match workspace {
            Some(workspace) => Some(self.with_people(workspace).await?),
            None => None,
        };
        Ok(OrganizationDetails {
            organization,
            workspace,
        })
    }

    /// Founds an organization that the caller owns.
    ///
    /// # Errors
    /// [`Refusal::NotAllowedToCreateOrganizations`] by the operator's list;
    /// whatever an extension says.
    pub async fn create_organization(
        &self,
        caller: &Caller,
        call: &Call,
        new: NewOrganization,
    ) -> Outcome<Done<CreatedOrganization>> {
        let command = self.command(caller.actor(), call, AuditAction::OrganizationCreated);
        // The account was deleted since the credential was looked at.
        let meaning = |rule| (rule == Rule::Reference).then_some(Refusal::UserNotFound);
        let attempt = || self.create_once(&command, caller, &new);
        command.run(attempt, meaning).await
    }

    async fn create_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        new: &NewOrganization,
    ) -> Outcome<Done<CreatedOrganization>> {
        let decision =
            self.may_create_organizations(Email::parse(&caller.user.email).ok().as_ref());
        if decision.refusal.is_some() {
            return Err(command.refuse(None, None, decision));
        }
        let mut work = command.begin();
        let founding = Founding {
            owner: caller.user.id,
            new: new.clone(),
        };
        let founded = self.found(&mut work, vec![founding]);
        let id = founded.first().map(|founded| founded.organization);
        work.commit(CreatedOrganization {
            id: id.ok_or(Refusal::NotFound)?,
            name: new.name.clone().map(FreeText::into_string),
            description: new.description.clone().map(FreeText::into_string),
        })
        .await
    }

    /// Changes an organization that the caller owns. `id` is nothing when what
    /// was sent is no id; the contract looks at what is to be changed first.
    ///
    /// # Errors
    /// [`Refusal::NothingToUpdate`], [`Refusal::BadUuid`], [`Refusal::Forbidden`],
    /// [`Refusal::InvalidOrganizationUpdate`], [`Refusal::SlugTaken`].
    pub async fn update_organization(
        &self,
        caller: &Caller,
        call: &Call,
        id: Option<Id<Organization>>,
        update: OrganizationUpdate,
    ) -> Outcome<Done<OrganizationRecord>> {
        if !update.says_something() {
            return Err(Refusal::NothingToUpdate.into());
        }
        let id = id.ok_or(Refusal::BadUuid)?;
        let command = self.command(caller.actor(), call, AuditAction::OrganizationUpdated);
        let meaning = |rule| (rule == Rule::OrganizationSlug).then_some(Refusal::SlugTaken);
        let attempt = || self.update_once(&command, caller, id, update.clone());
        command.run(attempt, meaning).await
    }

    async fn update_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        id: Id<Organization>,
        update: OrganizationUpdate,
    ) -> Outcome<Done<OrganizationRecord>> {
        let mut work = command.begin();
        let found = work.tx.lock_organization(id).await?;
        let decision = owns(caller.user.id, found.as_ref(), Refusal::Forbidden);
        let Some(organization) = found.filter(|_| decision.refusal.is_none()) else {
            return Err(command.refuse(None, Some(id.uuid()), decision));
        };
        let mut changed = changed(organization, update)?;
        changed.updated_at = Some(work.now);
        changed.updated_by = Some(caller.user.id);
        work.tx.update_organization(&changed);
        work.record(
            Event::on(AuditAction::OrganizationUpdated, id.uuid())
                .within(id)
                .with(json!({
                    "slug": changed.slug, "name": changed.name, "description": changed.description,
                })),
        );
        work.commit(changed).await
    }
}

/// The organization as `update` wants it.
fn changed(
    organization: OrganizationRecord,
    update: OrganizationUpdate,
) -> Result<OrganizationRecord, Failure> {
    let invalid = |reason: String| Refusal::InvalidOrganizationUpdate { reason };
    let slug = match (organization.slug.clone(), update.slug) {
        (old, Change::Keep) => old,
        (None, Change::Clear) => None,
        (Some(old), Change::Set(new)) if old == new => Some(old),
        (Some(old), Change::Clear | Change::Set(_)) => {
            return Err(invalid(format!("the slug is `{old}` and cannot be changed")).into());
        }
        (None, Change::Set(new)) => {
            let slug = OrganizationSlug::parse(&new).map_err(|error| invalid(error.to_string()))?;
            Some(slug.as_str().to_owned())
        }
    };
    let flags = match update.flags {
        Change::Set(request) => {
            let merged = OrganizationFlags::from_json(organization.flags)
                .merge(&request)
                .map_err(|error| invalid(error.to_string()))?;
            Some(merged.to_json())
        }
        Change::Keep | Change::Clear => organization.flags,
    };
    let text = |change: Change<FreeText>, old: Option<String>| match change {
        Change::Keep => old,
        Change::Clear => None,
        Change::Set(new) => Some(new.into_string()),
    };
    Ok(OrganizationRecord {
        slug,
        flags,
        name: text(update.name, organization.name),
        description: text(update.description, organization.description),
        ..organization
    })
}

/// What the maker of an organization is told.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CreatedOrganization {
    /// Its id.
    pub id: Id<Organization>,
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_of_empty_values_says_nothing() {
        assert!(!OrganizationUpdate::default().says_something());
        let empty = OrganizationUpdate {
            slug: Change::Set(String::new()),
            name: Change::Clear,
            description: Change::Set(FreeText::default()),
            flags: Change::Set(Map::new()),
        };
        assert!(!empty.says_something());
        let name = Change::Set(FreeText::parse("x").unwrap());
        assert!(
            OrganizationUpdate {
                name,
                ..Default::default()
            }
            .says_something()
        );
    }
}
