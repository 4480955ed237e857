//! What is decided about each row.

use std::collections::HashMap;

use freehold_domain::{
    Email, Id, Level, Permission, Refusal, Role, RoleDefinition, Timestamp, Trace, Workspace,
};
use freehold_store::{AddressInUse, InvitationRow};

use super::{BulkInvitation, BulkRow, RowOutcome, RowStatus};
use crate::access::{Authority, Caller, in_workspace, may_give};
use crate::invitations::links::DEFAULT_ROLE;
use crate::runtime::App;

/// A workspace, and what the caller is there.
pub(super) struct Place {
    pub(super) authority: Authority,
    may_invite: bool,
}

impl Place {
    pub(super) fn of(authority: Authority) -> Self {
        let permission = Permission::AddNewUserToWorkspace;
        let decision = in_workspace(Some(&authority), permission, Refusal::InsufficientRole);
        Self {
            authority,
            may_invite: decision.refusal.is_none(),
        }
    }

    fn workspace(&self) -> Id<Workspace> {
        self.authority.standing().workspace
    }
}

/// What an address is in a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    /// A member's.
    Member,
    /// An open invitation is for it.
    Open,
    /// An invitation was for it, and has run out.
    Stale,
}

/// What addresses are in which workspaces.
pub(super) struct Known(HashMap<(Id<Workspace>, String), Held>);

impl Known {
    pub(super) fn of(addresses: Vec<AddressInUse>, now: Timestamp) -> Self {
        let mut known = HashMap::with_capacity(addresses.len());
        for it in addresses {
            let held = match it.expires_at {
                _ if it.member => Held::Member,
                Some(end) if end <= now => Held::Stale,
                _ => Held::Open,
            };
            // Whoever is a member is one, whatever was sent to them before.
            let kept = known.entry((it.workspace, it.email)).or_insert(held);
            if held == Held::Member {
                *kept = held;
            }
        }
        Self(known)
    }

    fn get(&self, workspace: Id<Workspace>, email: &Email) -> Option<Held> {
        let key = (workspace, email.as_str().to_owned());
        self.0.get(&key).copied()
    }

    /// Those of the invitations whose place one that has run out still takes.
    pub(super) fn stale_of<'a>(
        &self,
        invitations: &'a [InvitationRow],
    ) -> HashMap<Id<Workspace>, Vec<&'a str>> {
        let mut stale: HashMap<Id<Workspace>, Vec<&str>> = HashMap::new();
        for it in invitations {
            let held = self.0.get(&(it.workspace, it.email.clone()));
            if held == Some(&Held::Stale) {
                stale.entry(it.workspace).or_default().push(&it.email);
            }
        }
        stale
    }
}

/// Sorts rows into those who can be invited and those who cannot.
pub(super) struct Sorting<'a> {
    app: &'a App,
    caller: &'a Caller,
    places: &'a [Place],
    known: &'a Known,
    /// Which row invites whom to where.
    taken: HashMap<(Id<Workspace>, Email), usize>,
}

impl<'a> Sorting<'a> {
    pub(super) fn new(
        app: &'a App,
        caller: &'a Caller,
        places: &'a [Place],
        known: &'a Known,
    ) -> Self {
        Self {
            app,
            caller,
            places,
            known,
            taken: HashMap::new(),
        }
    }

    /// Whom the row invites, where to and as what; or why not. The questions
    /// stand in the order in which a single invitation is asked them.
    pub(super) fn look_at(
        &mut self,
        wanted: &BulkInvitation,
        row: &BulkRow,
        email: Result<Email, String>,
        number: usize,
    ) -> Result<(Email, &'a Place, &'a RoleDefinition), RowOutcome> {
        let shown = match &email {
            Ok(email) => email.as_str().to_owned(),
            Err(_) => row.email.clone(),
        };
        let no = |status, detail: String| RowOutcome {
            email: shown.clone(),
            status,
            id: None,
            url: None,
            detail: Some(detail),
        };
        let place = match given(row.workspace.as_deref()) {
            Some(text) => {
                let id: Option<Id<Workspace>> = text.parse().ok();
                self.places.iter().find(|it| Some(it.workspace()) == id)
            }
            None => match wanted.workspace {
                Some(id) => self.places.iter().find(|it| it.workspace() == id),
                None => self.places.first(),
            },
        };
        let Some(place) = place else {
            let refusal = Refusal::WorkspaceNotInOrganization;
            return Err(no(RowStatus::WorkspaceNotFound, refusal.message()));
        };
        if !place.may_invite {
            return Err(no(
                RowStatus::InsufficientRole,
                Refusal::InsufficientRole.message(),
            ));
        }
        // An invitation is tied to a project; only an operator leaves a
        // workspace without one.
        if place.authority.standing().project.is_none() {
            let refusal = Refusal::ProjectNotFound;
            return Err(no(RowStatus::WorkspaceNotFound, refusal.message()));
        }
        let email = match email {
            Ok(email) => email,
            Err(why) => return Err(no(RowStatus::InvalidEmail, why)),
        };
        if email.as_str() == self.caller.user.email {
            let refusal = Refusal::SelfInvitation;
            return Err(no(RowStatus::Yourself, refusal.message()));
        }
        match self.known.get(place.workspace(), &email) {
            Some(Held::Member) => {
                let refusal = Refusal::AlreadyInWorkspace;
                return Err(no(RowStatus::AlreadyMember, refusal.message()));
            }
            Some(Held::Open) => {
                let detail =
                    "An invitation of this address to the workspace is open; it can be sent again.";
                return Err(no(RowStatus::AlreadyInvited, detail.to_owned()));
            }
            Some(Held::Stale) | None => {}
        }
        let key = (place.workspace(), email);
        if let Some(before) = self.taken.get(&key) {
            let detail = format!("Row {before} invites this address to the workspace.");
            return Err(no(RowStatus::Duplicate, detail));
        }
        let role = given(row.role.as_deref()).or(given(wanted.role.as_deref()));
        let name = role.unwrap_or(DEFAULT_ROLE);
        // Ownership changes hands by transfer alone.
        let known = self.app.roles().find(Level::Workspace, name);
        let Some(role) = known.filter(|_| name != Role::Owner.as_str()) else {
            let refusal = Refusal::RoleNameInvalid(name.to_owned());
            return Err(no(RowStatus::InvalidRole, refusal.message()));
        };
        if may_give(&place.authority, role, Trace::new())
            .refusal
            .is_some()
        {
            let detail = format!("You may not give the role '{name}'.");
            return Err(no(RowStatus::ForbiddenRole, detail));
        }
        let email = key.1.clone();
        self.taken.insert(key, number);
        Ok((email, place, role))
    }
}

/// A cell of a table that is empty says nothing.
fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}
