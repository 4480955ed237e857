//! Transferring the ownership of organizations as an operator: many at once, to
//! any user, in one transaction.

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
use crate::extension::TypedEvent;
use crate::operators::provisioning::{ItemError, Parts, UnparsedReference};
use crate::runtime::App;

/// The code if no organization has the slug.
const ORGANIZATION_NOT_FOUND: &str = "organization_not_found";
/// The code if the source does not own the organization, or it does not exist.
const NOT_OWNED_BY_SOURCE: &str = "not_owned_by_source";

/// A transfer, as sent by the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferRequest {
    /// The current owner.
    pub source: UnparsedReference,
    /// The new owner.
    pub target: UnparsedReference,
    /// The organizations, by the keys of the request; default: all that the
    /// source owns.
    pub organizations: Option<Parts<UnparsedReference>>,
    /// The workspaces in which roles are exchanged; default: all.
    pub workspaces: Option<Vec<String>>,
    /// The projects in which roles are exchanged; default: all.
    pub projects: Option<Vec<String>>,
}

/// The result of a transfer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TransferReport {
    /// The transferred organizations, in the order of the request.
    pub transferred: Vec<Id<Organization>>,
    /// The organizations that were not transferred, with the reason.
    pub errors: Vec<ItemError>,
}

/// A transfer with parsed references.
struct ParsedTransfer {
    source: NamedUser,
    target: NamedUser,
    organizations: Option<Parts<NamedOrganization>>,
    workspaces: Option<Vec<Id<Workspace>>>,
    projects: Option<Vec<Id<Project>>>,
}

/// A user, with the text of the reference.
struct NamedUser {
    named: String,
    key: UserKey,
}

enum UserKey {
    Id(Id<User>),
    Email(Email),
    /// The text is not an address, so no user has it.
    Unmatchable,
}

enum NamedOrganization {
    Id(Id<Organization>),
    Slug(String),
}

impl App {
    /// Makes the target the owner of the source's organizations: the given
    /// ones, or all. The target gets the role `owner` in each of their
    /// workspaces and projects, whether a member or not; the source gets the
    /// target's roles where both were members and keeps no role `owner`.
    ///
    /// Organizations that the source does not own are unchanged and reported. A
    /// transfer to the source itself changes nothing.
    ///
    /// # Errors
    /// [`Refusal::InvalidAccounts`] and [`Refusal::InvalidReference`] for
    /// malformed references; [`Refusal::EntityNotFound`] for users who do not
    /// exist.
    pub async fn transfer_organizations(
        &self,
        operator: &Operator,
        context: &RequestContext,
        request: &TransferRequest,
    ) -> Outcome<CommandOutput<TransferReport>> {
        let action = AuditAction::OrganizationTransferred;
        let command = self.command(operator.actor(), context, action);
        let attempt = || async {
            let transfer = parse_request(request)?;
            self.transfer_organizations_once(&command, &transfer).await
        };
        command.run(attempt, |_| None).await
    }

    async fn transfer_organizations_once(
        &self,
        command: &Command<'_>,
        transfer: &ParsedTransfer,
    ) -> Outcome<CommandOutput<TransferReport>> {
        let mut work = command.begin();
        let users = [&transfer.source, &transfer.target];
        let locked = work
            .tx
            .lock_and_read_users(&ids(users), &emails(users))
            .await?;
        let from = find_user(command, &transfer.source, &locked)?;
        let to = find_user(command, &transfer.target, &locked)?;
        let organizations_to_lock = organizations_to_lock(transfer, from);
        let organizations = work
            .tx
            .lock_and_read_organizations(&organizations_to_lock)
            .await?;
        let report = select_organizations(transfer, from, &organizations);
        let now = work.now;
        if from != to && !report.transferred.is_empty() {
            let ownership_transfer = OwnershipTransfer {
                workspaces: transfer.workspaces.clone(),
                projects: transfer.projects.clone(),
                new_creator: Some(to),
                actor: to,
                ..self.ownership_transfer(report.transferred.clone(), from, to, now)
            };
            self.transfer_ownership(&mut work, &ownership_transfer);
            for id in &report.transferred {
                let event = Event::new(AuditAction::OrganizationTransferred, id.uuid())
                    .in_organization(*id);
                let transferred = TypedEvent::OrganizationTransferred {
                    organization: *id,
                    from,
                    to,
                };
                let details = json!({ "from": from, "to": to });
                work.record(event.with_details(details).heard_as(transferred));
            }
        } else if report.errors.is_empty() {
            let event = Event::new(AuditAction::OrganizationTransferred, from.uuid());
            let details = json!({ "from": from, "to": to, "transferred": 0 });
            work.record_without_effect(event.with_details(details), None);
        }
        for error in &report.errors {
            // The target of the event is the organization if its id is known,
            // and otherwise its supposed owner.
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

fn organizations_to_lock(transfer: &ParsedTransfer, from: Id<User>) -> OrganizationSelector {
    let mut organizations_to_lock = OrganizationSelector::default();
    match &transfer.organizations {
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

/// Selects the organizations to transfer, each once, and reports the others.
fn select_organizations(
    transfer: &ParsedTransfer,
    from: Id<User>,
    locked: &[LockedOrganization],
) -> TransferReport {
    let mut report = TransferReport::default();
    let Some(named) = &transfer.organizations else {
        report.transferred = locked.iter().map(|organization| organization.id).collect();
        return report;
    };
    let by_id: HashMap<_, _> = locked
        .iter()
        .map(|organization| (organization.id, organization))
        .collect();
    let mut selected = HashSet::new();
    let by_slug: HashMap<_, _> = locked
        .iter()
        .map(|organization| (organization.slug.as_deref(), organization))
        .collect();
    for (key, name) in named {
        let (shown, id, organization) = match name {
            NamedOrganization::Id(id) => (id.to_string(), *id, by_id.get(id)),
            NamedOrganization::Slug(slug) => match by_slug.get(&Some(slug.as_str())) {
                Some(organization) => (slug.clone(), organization.id, Some(organization)),
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
        if organization.is_none_or(|organization| organization.owner != from) {
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

fn find_user(
    command: &Command<'_>,
    user: &NamedUser,
    locked: &[LockedUser],
) -> Result<Id<User>, Failure> {
    let user_row = locked.iter().find(|row| match &user.key {
        UserKey::Id(id) => row.id == *id,
        UserKey::Email(email) => row.email == email.as_str(),
        UserKey::Unmatchable => false,
    });
    user_row.map(|row| row.id).ok_or_else(|| {
        let mut trace = Trace::new();
        trace.step("exists", user.named.clone(), false);
        let refusal = Refusal::EntityNotFound {
            kind: EntityKind::User,
            named: user.named.clone(),
        };
        command.refuse(None, None, Decision::refused(refusal, trace))
    })
}

/// Parses the references of a transfer, before anything is read.
fn parse_request(request: &TransferRequest) -> Result<ParsedTransfer, Refusal> {
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
            let mut parsed = Vec::with_capacity(named.len());
            for (key, name) in named {
                parsed.push((key.clone(), parse_organization(key, name)?));
            }
            Some(parsed)
        }
    };
    Ok(ParsedTransfer {
        source: parse_user("users.source", source)?,
        target: parse_user("users.target", target)?,
        organizations,
        workspaces: parse_ids("include_workspaces", workspaces.as_deref())?,
        projects: parse_ids("include_projects", projects.as_deref())?,
    })
}

fn parse_user(path: &str, named: &UnparsedReference) -> Result<NamedUser, Refusal> {
    let (text, key) = match named {
        UnparsedReference::Id(text) => (text, UserKey::Id(parse_id(path.to_owned(), text)?)),
        UnparsedReference::Email(text) => (
            text,
            Email::parse(text).map_or(UserKey::Unmatchable, UserKey::Email),
        ),
        UnparsedReference::Ref(_) | UnparsedReference::Slug(_) => {
            let message = format!("{path} must use 'id' or 'email'.");
            return Err(Refusal::InvalidAccounts(message));
        }
    };
    Ok(NamedUser {
        named: text.clone(),
        key,
    })
}

fn parse_organization(key: &str, named: &UnparsedReference) -> Result<NamedOrganization, Refusal> {
    let path = format!("organizations.{key}");
    match named {
        UnparsedReference::Id(text) => Ok(NamedOrganization::Id(parse_id(path, text)?)),
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
        .map(|(index, text)| parse_id(format!("{field}.{index}"), text));
    Ok(Some(ids.collect::<Result<_, _>>()?))
}

fn parse_id<T>(path: String, text: &str) -> Result<Id<T>, Refusal> {
    text.parse().map_err(|_| Refusal::InvalidReference {
        path,
        reason: format!("'{text}' is not a valid UUID"),
    })
}
