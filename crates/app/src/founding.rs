//! The creation core: how an organization comes to be, with its workspace, its
//! project, its owner on all three levels, and its content.
//!
//! Sign-up, `POST /organizations` and provisioning all come here, inside a
//! transaction of theirs. It takes a slice, so that a thousand foundings cost a
//! handful of statements.

use freehold_domain::{
    AuditAction, FreeText, Id, Organization, OrganizationFlags, Project, User, Workspace,
};
use freehold_store::FoundingRecord;
use serde_json::json;

use crate::app::App;
use crate::command::{Event, Work};

/// What somebody may choose about a new organization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewOrganization {
    /// Its name.
    pub name: Option<FreeText>,
    /// What it is for.
    pub description: Option<FreeText>,
}

/// An organization that is about to be.
#[derive(Clone, Debug)]
pub struct Founding {
    /// Its owner, an existing user.
    pub owner: Id<User>,
    /// What was chosen.
    pub new: NewOrganization,
}

/// What came of a founding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Founded {
    pub(crate) organization: Id<Organization>,
    pub(crate) project: Id<Project>,
}

impl App {
    /// Founds organizations within `work`.
    pub(crate) fn found(&self, work: &mut Work<'_>, foundings: Vec<Founding>) -> Vec<Founded> {
        let (now, chance) = (work.now, self.chance());
        let flags = OrganizationFlags::of_new(self.settings().email_enabled, false).to_json();
        let records: Vec<FoundingRecord> = foundings
            .into_iter()
            .map(|Founding { owner, new }| FoundingRecord {
                organization: Id::draw(chance, now),
                name: new.name.map(FreeText::into_string),
                description: new.description.map(FreeText::into_string),
                flags: flags.clone(),
                owner,
                workspace: Id::<Workspace>::draw(chance, now),
                project: Id::draw(chance, now),
                memberships: std::array::from_fn(|_| chance.uuid(now)),
                now,
            })
            .collect();
        work.tx.insert_foundings(&records);
        let content = records
            .iter()
            .flat_map(|it| self.content_for_organization(it.project, it.owner, it.now))
            .collect();
        work.tx.insert_resources(content);
        for record in &records {
            let event = Event::on(AuditAction::OrganizationCreated, record.organization.uuid())
                .within(record.organization)
                .with(json!({ "owner": record.owner }));
            work.record(event);
        }
        records
            .iter()
            .map(|record| Founded {
                organization: record.organization,
                project: record.project,
            })
            .collect()
    }
}
