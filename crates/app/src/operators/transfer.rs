//! Handing organizations over by an operator: many at once, to anybody who has
//! an account, in one transaction.

use std::collections::{HashMap, HashSet};

use freehold_domain::{
    AuditAction, Decision, Email, EntityKind, Id, Organization, Project, Refusal, Trace, User,
    Workspace,
};
use freehold_store::{LockedOrganization, LockedUser, OrganizationSelector, OwnershipTransfer};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::Operator;
use crate::command::{Command, CommandOutput, Event, Failure, Outcome, RequestContext};
use crate::operators::provisioning::{InBandError, Named, Parts};
use crate::runtime::App;

/// No organization has the slug.
const NOT_FOUND: &str = "organization_not_found";
/// The organization is somebody else's, or there is none.
const NOT_THE_SOURCES: &str = "not_owned_by_source";

/// What is to be handed over, as a request names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferOrder {
    /// Whose organizations.
    pub source: Named,
    /// To whom.
    pub target: Named,
    /// Which, under the request's own names; all that the source owns, if
    /// nothing is said.
    pub organizations: Option<Parts<Named>>,
    /// The workspaces in which roles are exchanged; in all of them, if nothing
    /// is said.
    pub workspaces: Option<Vec<String>>,
    /// The projects in which roles are exchanged; in all of them, if nothing
    /// is said.
    pub projects: Option<Vec<String>>,
}

/// What became of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TransferReport {
    /// The target's from now on, in the order of the request.
    pub transferred: Vec<Id<Organization>>,
    /// What was not handed over, and why.
    pub errors: Vec<InBandError>,
}

/// An order whose texts have been read.
struct Terms {
    source: WhichUser,
    target: WhichUser,
    organizations: Option<Parts<WhichOrganization>>,
    workspaces: Option<Vec<Id<Workspace>>>,
    projects: Option<Vec<Id<Project>>>,
}

/// A person, and how the request names them.
struct WhichUser {
    named: String,
    by: UserName,
}

enum UserName {
    Id(Id<User>),
    Email(Email),
    /// Nobody can have this address.
    Nobody,
}

enum WhichOrganization {
    Id(Id<Organization>),
    Slug(String),
}

impl App {
    /// Makes the target the owner of the source's organizations: those that
    /// are named, or all. The target becomes `owner` in each of their
    /// workspaces and projects, a member or not; the source takes over the
    /// target's roles where both were members and keeps no role `owner`.
    ///
    /// Organizations that are not the source's stay as they are, and the
    /// report says so. To oneself nothing changes.
    ///
    /// # Errors
    /// [`Refusal::InvalidAccounts`] and [`Refusal::InvalidReference`] for names
    /// that lead nowhere by their form; [`Refusal::EntityNotFound`] for people
    /// who are not there.
    pub async fn transfer_organizations(
        &self,
        operator: &Operator,
        call: &RequestContext,
        order: &TransferOrder,
    ) -> Outcome<CommandOutput<TransferReport>> {
        let action = AuditAction::OrganizationTransferred;
        let command = self.command(operator.actor(), call, action);
        let attempt = || async {
            let terms = terms(order)?;
            self.transfer_many_once(&command, &terms).await
        };
        command.run(attempt, |_| None).await
    }

    async fn transfer_many_once(
        &self,
        command: &Command<'_>,
        terms: &Terms,
    ) -> Outcome<CommandOutput<TransferReport>> {
        let mut work = command.begin();
        let people = [&terms.source, &terms.target];
        let held = work
            .tx
            .lock_and_read_users(&ids(people), &emails(people))
            .await?;
        let from = found(command, &terms.source, &held)?;
        let to = found(command, &terms.target, &held)?;
        let around = around(terms, from);
        let organizations = work.tx.lock_and_read_organizations(&around).await?;
        let report = sort(terms, from, &organizations);
        let now = work.now;
        if from != to && !report.transferred.is_empty() {
            let handover = OwnershipTransfer {
                workspaces: terms.workspaces.clone(),
                projects: terms.projects.clone(),
                new_creator: Some(to),
                actor: to,
                ..self.handover(report.transferred.clone(), from, to, now)
            };
            self.transfer_ownership(&mut work, &handover);
            for id in &report.transferred {
                let event = Event::on(AuditAction::OrganizationTransferred, id.uuid()).within(*id);
                work.record(event.with(json!({ "from": from, "to": to })));
            }
        } else if report.errors.is_empty() {
            let event = Event::on(AuditAction::OrganizationTransferred, from.uuid());
            let details = json!({ "from": from, "to": to, "transferred": 0 });
            work.record_without_effect(event.with(details), None);
        }
        for error in &report.errors {
            // Found with what was named, if it has an id, else with whose it
            // was said to be.
            let named = error.details["organization_id"].as_str();
            let target = named.and_then(|id| Uuid::try_parse(id).ok());
            let event = Event::on(
                AuditAction::OrganizationTransferred,
                target.unwrap_or(from.uuid()),
            );
            let refused = match error.code.as_str() {
                NOT_FOUND => NOT_FOUND,
                _ => NOT_THE_SOURCES,
            };
            let details = json!({ "from": from, "to": to, "about": error.details });
            work.record_without_effect(event.with(details), Some(refused));
        }
        work.commit(report).await
    }
}

fn around(terms: &Terms, from: Id<User>) -> OrganizationSelector {
    let mut around = OrganizationSelector::default();
    match &terms.organizations {
        None => around.owners.push(from),
        Some(named) => {
            for (_, name) in named {
                match name {
                    WhichOrganization::Id(id) => around.ids.push(*id),
                    WhichOrganization::Slug(slug) => around.slugs.push(slug.clone()),
                }
            }
        }
    }
    around
}

/// What can be handed over, each once, and what cannot.
fn sort(terms: &Terms, from: Id<User>, held: &[LockedOrganization]) -> TransferReport {
    let mut report = TransferReport::default();
    let Some(named) = &terms.organizations else {
        report.transferred = held.iter().map(|it| it.id).collect();
        return report;
    };
    let by_id: HashMap<_, _> = held.iter().map(|it| (it.id, it)).collect();
    let mut taken = HashSet::new();
    let by_slug: HashMap<_, _> = held.iter().map(|it| (it.slug.as_deref(), it)).collect();
    for (key, name) in named {
        let (label, id, it) = match name {
            WhichOrganization::Id(id) => (id.to_string(), *id, by_id.get(id)),
            WhichOrganization::Slug(slug) => match by_slug.get(&Some(slug.as_str())) {
                Some(it) => (slug.clone(), it.id, Some(it)),
                None => {
                    report.errors.push(InBandError {
                        code: NOT_FOUND.to_owned(),
                        message: format!("Organization not found: {slug}."),
                        details: json!({ "slug": slug, "ref": key }),
                    });
                    continue;
                }
            },
        };
        if it.is_none_or(|it| it.owner != from) {
            report.errors.push(InBandError {
                code: NOT_THE_SOURCES.to_owned(),
                message: format!(
                    "Organization '{label}' is not owned by the source user and will not be transferred."
                ),
                details: json!({ "ref": key, "organization_id": id }),
            });
        } else if taken.insert(id) {
            report.transferred.push(id);
        }
    }
    report
}

fn ids(people: [&WhichUser; 2]) -> Vec<Id<User>> {
    let ids = people.into_iter().filter_map(|who| match who.by {
        UserName::Id(id) => Some(id),
        _ => None,
    });
    ids.collect()
}

fn emails(people: [&WhichUser; 2]) -> Vec<&str> {
    let emails = people.into_iter().filter_map(|who| match &who.by {
        UserName::Email(email) => Some(email.as_str()),
        _ => None,
    });
    emails.collect()
}

fn found(command: &Command<'_>, who: &WhichUser, held: &[LockedUser]) -> Result<Id<User>, Failure> {
    let found = held.iter().find(|it| match &who.by {
        UserName::Id(id) => it.id == *id,
        UserName::Email(email) => it.email == email.as_str(),
        UserName::Nobody => false,
    });
    found.map(|it| it.id).ok_or_else(|| {
        let mut trace = Trace::new();
        trace.step("exists", who.named.clone(), false);
        let refusal = Refusal::EntityNotFound {
            kind: EntityKind::User,
            named: who.named.clone(),
        };
        command.refuse(None, None, Decision::refused(refusal, trace))
    })
}

/// Reads the texts of an order, all of them before anything is looked up.
fn terms(order: &TransferOrder) -> Result<Terms, Refusal> {
    let TransferOrder {
        source,
        target,
        organizations,
        workspaces,
        projects,
    } = order;
    let organizations = match organizations {
        None => None,
        Some(named) => {
            let mut read = Vec::with_capacity(named.len());
            for (key, name) in named {
                read.push((key.clone(), organization(key, name)?));
            }
            Some(read)
        }
    };
    Ok(Terms {
        source: user("users.source", source)?,
        target: user("users.target", target)?,
        organizations,
        workspaces: only("include_workspaces", workspaces.as_deref())?,
        projects: only("include_projects", projects.as_deref())?,
    })
}

fn user(path: &str, named: &Named) -> Result<WhichUser, Refusal> {
    let (text, by) = match named {
        Named::Id(text) => (text, UserName::Id(id(path.to_owned(), text)?)),
        Named::Email(text) => (
            text,
            Email::parse(text).map_or(UserName::Nobody, UserName::Email),
        ),
        Named::Ref(_) | Named::Slug(_) => {
            let sentence = format!("{path} must use 'id' or 'email'.");
            return Err(Refusal::InvalidAccounts(sentence));
        }
    };
    Ok(WhichUser {
        named: text.clone(),
        by,
    })
}

fn organization(key: &str, named: &Named) -> Result<WhichOrganization, Refusal> {
    let path = format!("organizations.{key}");
    match named {
        Named::Id(text) => Ok(WhichOrganization::Id(id(path, text)?)),
        Named::Slug(slug) => Ok(WhichOrganization::Slug(slug.clone())),
        Named::Ref(_) | Named::Email(_) => Err(Refusal::InvalidReference {
            path,
            reason: "an organization is named by 'id' or 'slug' here".to_owned(),
        }),
    }
}

fn only<T>(field: &str, texts: Option<&[String]>) -> Result<Option<Vec<Id<T>>>, Refusal> {
    let Some(texts) = texts else {
        return Ok(None);
    };
    let ids = texts
        .iter()
        .enumerate()
        .map(|(index, text)| id(format!("{field}.{index}"), text));
    Ok(Some(ids.collect::<Result<_, _>>()?))
}

fn id<T>(path: String, text: &str) -> Result<Id<T>, Refusal> {
    text.parse().map_err(|_| Refusal::InvalidReference {
        path,
        reason: format!("'{text}' is not a valid UUID"),
    })
}
