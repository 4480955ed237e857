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
use crate::operators::provisioning::{ItemError, Parts, UnparsedReference};
use crate::runtime::App;

/// No organization has the slug.
const ORGANIZATION_NOT_FOUND: &str = "organization_not_found";
/// The organization is somebody else's, or there is none.
const NOT_OWNED_BY_SOURCE: &str = "not_owned_by_source";

/// What is to be handed over, as a request names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferRequest {
    /// Whose organizations.
    pub source: UnparsedReference,
    /// To whom.
    pub target: UnparsedReference,
    /// Which, under the request's own names; all that the source owns, if
    /// nothing is said.
    pub organizations: Option<Parts<UnparsedReference>>,
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
    pub errors: Vec<ItemError>,
}

/// An order whose texts have been read.
struct ParsedTransfer {
    source: NamedUser,
    target: NamedUser,
    organizations: Option<Parts<NamedOrganization>>,
    workspaces: Option<Vec<Id<Workspace>>>,
    projects: Option<Vec<Id<Project>>>,
}

/// A person, and how the request names them.
struct NamedUser {
    named: String,
    key: UserKey,
}

enum UserKey {
    Id(Id<User>),
    Email(Email),
    /// Nobody can have this address.
    Unmatchable,
}

enum NamedOrganization {
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
        context: &RequestContext,
        request: &TransferRequest,
    ) -> Outcome<CommandOutput<TransferReport>> {
        let action = AuditAction::OrganizationTransferred;
        let command = self.command(operator.actor(), context, action);
        let attempt = || async {
            let terms = terms(request)?;
            self.transfer_organizations_once(&command, &terms).await
        };
        command.run(attempt, |_| None).await
    }

    async fn transfer_organizations_once(
        &self,
        command: &Command<'_>,
        terms: &ParsedTransfer,
    ) -> Outcome<CommandOutput<TransferReport>> {
        let mut work = command.begin();
        let users = [&terms.source, &terms.target];
        let locked = work
            .tx
            .lock_and_read_users(&ids(users), &emails(users))
            .await?;
        let from = found(command, &terms.source, &locked)?;
        let to = found(command, &terms.target, &locked)?;
        let organizations_to_lock = organizations_to_lock(terms, from);
        let organizations = work
            .tx
            .lock_and_read_organizations(&organizations_to_lock)
            .await?;
        let report = select_organizations(terms, from, &organizations);
        let now = work.now;
        if from != to && !report.transferred.is_empty() {
            let ownership_transfer = OwnershipTransfer {
                workspaces: terms.workspaces.clone(),
                projects: terms.projects.clone(),
                new_creator: Some(to),
                actor: to,
                ..self.ownership_transfer(report.transferred.clone(), from, to, now)
            };
            self.transfer_ownership(&mut work, &ownership_transfer);
            for id in &report.transferred {
                let event = Event::new(AuditAction::OrganizationTransferred, id.uuid())
                    .in_organization(*id);
                work.record(event.with_details(json!({ "from": from, "to": to })));
            }
        } else if report.errors.is_empty() {
            let event = Event::new(AuditAction::OrganizationTransferred, from.uuid());
            let details = json!({ "from": from, "to": to, "transferred": 0 });
            work.record_without_effect(event.with_details(details), None);
        }
        for error in &report.errors {
            // Found with what was named, if it has an id, else with whose it
            // was said to be.
            let named = error.details["organization_id"].as_str();
            let target = named.and_then(|id| Uuid::try_parse(id).ok());
            let event = Event::new(
                AuditAction::OrganizationTransferred,
                target.unwrap_or(from.uuid()),
            );
            let refused = match error.code.as_str() {
                ORGANIZATION_NOT_FOUND => ORGANIZATION_NOT_FOUND,
                _ => NOT_OWNED_BY_SOURCE,
            };
            let details = json!({ "from": from, "to": to, "error": error.details });
            work.record_without_effect(event.with_details(details), Some(refused));
        }
        work.commit(report).await
    }
}

fn organizations_to_lock(terms: &ParsedTransfer, from: Id<User>) -> OrganizationSelector {
    let mut organizations_to_lock = OrganizationSelector::default();
    match &terms.organizations {
        None => organizations_to_lock.owners.push(from),
        Some(named) => {
            for (_, name) in named {
                match name {
                    NamedOrganization::Id(id) => organizations_to_lock.ids.push(*id),
                    NamedOrganization::Slug(slug) => organizations_to_lock.slugs.push(slug.clone()),
                }
            }
        }
    }
    organizations_to_lock
}

/// What can be handed over, each once, and what cannot.
fn select_organizations(
    terms: &ParsedTransfer,
    from: Id<User>,
    locked: &[LockedOrganization],
) -> TransferReport {
    let mut report = TransferReport::default();
    let Some(named) = &terms.organizations else {
        report.transferred = locked.iter().map(|it| it.id).collect();
        return report;
    };
    let by_id: HashMap<_, _> = locked.iter().map(|it| (it.id, it)).collect();
    let mut selected = HashSet::new();
    let by_slug: HashMap<_, _> = locked.iter().map(|it| (it.slug.as_deref(), it)).collect();
    for (key, name) in named {
        let (shown, id, it) = match name {
            NamedOrganization::Id(id) => (id.to_string(), *id, by_id.get(id)),
            NamedOrganization::Slug(slug) => match by_slug.get(&Some(slug.as_str())) {
                Some(it) => (slug.clone(), it.id, Some(it)),
                None => {
                    report.errors.push(ItemError {
                        code: ORGANIZATION_NOT_FOUND.to_owned(),
                        message: format!("Organization not found: {slug}."),
                        details: json!({ "slug": slug, "ref": key }),
                    });
                    continue;
                }
            },
        };
        if it.is_none_or(|it| it.owner != from) {
            report.errors.push(ItemError {
                code: NOT_OWNED_BY_SOURCE.to_owned(),
                message: format!(
                    "Organization '{shown}' is not owned by the source user and will not be transferred."
                ),
                details: json!({ "ref": key, "organization_id": id }),
            });
        } else if selected.insert(id) {
            report.transferred.push(id);
        }
    }
    report
}

fn ids(users: [&NamedUser; 2]) -> Vec<Id<User>> {
    let ids = users.into_iter().filter_map(|user| match user.key {
        UserKey::Id(id) => Some(id),
        _ => None,
    });
    ids.collect()
}

fn emails(users: [&NamedUser; 2]) -> Vec<&str> {
    let emails = users.into_iter().filter_map(|user| match &user.key {
        UserKey::Email(email) => Some(email.as_str()),
        _ => None,
    });
    emails.collect()
}

fn found(
    command: &Command<'_>,
    user: &NamedUser,
    locked: &[LockedUser],
) -> Result<Id<User>, Failure> {
    let found = locked.iter().find(|it| match &user.key {
        UserKey::Id(id) => it.id == *id,
        UserKey::Email(email) => it.email == email.as_str(),
        UserKey::Unmatchable => false,
    });
    found.map(|it| it.id).ok_or_else(|| {
        let mut trace = Trace::new();
        trace.step("exists", user.named.clone(), false);
        let refusal = Refusal::EntityNotFound {
            kind: EntityKind::User,
            named: user.named.clone(),
        };
        command.refuse(None, None, Decision::refused(refusal, trace))
    })
}

/// Reads the texts of an order, all of them before anything is looked up.
fn terms(request: &TransferRequest) -> Result<ParsedTransfer, Refusal> {
    let TransferRequest {
        source,
        target,
        organizations,
        workspaces,
        projects,
    } = request;
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
    Ok(ParsedTransfer {
        source: user("users.source", source)?,
        target: user("users.target", target)?,
        organizations,
        workspaces: parse_ids("include_workspaces", workspaces.as_deref())?,
        projects: parse_ids("include_projects", projects.as_deref())?,
    })
}

fn user(path: &str, named: &UnparsedReference) -> Result<NamedUser, Refusal> {
    let (text, key) = match named {
        UnparsedReference::Id(text) => (text, UserKey::Id(id(path.to_owned(), text)?)),
        UnparsedReference::Email(text) => (
            text,
            Email::parse(text).map_or(UserKey::Unmatchable, UserKey::Email),
        ),
        UnparsedReference::Ref(_) | UnparsedReference::Slug(_) => {
            let sentence = format!("{path} must use 'id' or 'email'.");
            return Err(Refusal::InvalidAccounts(sentence));
        }
    };
    Ok(NamedUser {
        named: text.clone(),
        key,
    })
}

fn organization(key: &str, named: &UnparsedReference) -> Result<NamedOrganization, Refusal> {
    let path = format!("organizations.{key}");
    match named {
        UnparsedReference::Id(text) => Ok(NamedOrganization::Id(id(path, text)?)),
        UnparsedReference::Slug(slug) => Ok(NamedOrganization::Slug(slug.clone())),
        UnparsedReference::Ref(_) | UnparsedReference::Email(_) => Err(Refusal::InvalidReference {
            path,
            reason: "an organization is named by 'id' or 'slug' here".to_owned(),
        }),
    }
}

fn parse_ids<T>(field: &str, texts: Option<&[String]>) -> Result<Option<Vec<Id<T>>>, Refusal> {
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
