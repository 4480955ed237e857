//! What is decided about each row.

use std::collections::HashMap;

use freehold_domain::{
    Email, Id, Level, Permission, Refusal, Role, RoleDefinition, Timestamp, Trace, Workspace,
};
use freehold_store::{AddressInUse, InvitationRow};

use super::{BulkInvitation, BulkRow, RowOutcome, RowStatus};
use crate::access::{Authority, Caller, check_may_assign, check_workspace_permission};
use crate::invitations::links::DEFAULT_ROLE;
use crate::runtime::App;

/// A workspace, and what the caller is there.
pub(super) struct TargetWorkspace {
    pub(super) authority: Authority,
    check_invite_permission: bool,
}

impl TargetWorkspace {
    pub(super) fn of(authority: Authority) -> Self {
        let permission = Permission::AddNewUserToWorkspace;
        let decision =
            check_workspace_permission(Some(&authority), permission, Refusal::InsufficientRole);
        Self {
            authority,
            check_invite_permission: decision.refusal.is_none(),
        }
    }

    fn workspace(&self) -> Id<Workspace> {
        self.authority.member_context().workspace
    }
}

/// What an address is in a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AddressState {
    /// A member's.
    Member,
    /// An open invitation is for it.
    Invited,
    /// An invitation was for it, and has run out.
    Overdue,
}

/// What addresses are in which workspaces.
pub(super) struct AddressStates(HashMap<(Id<Workspace>, String), AddressState>);

impl AddressStates {
    pub(super) fn of(addresses: Vec<AddressInUse>, now: Timestamp) -> Self {
        let mut states = HashMap::with_capacity(addresses.len());
        for it in addresses {
            let state = match it.expires_at {
                _ if it.member => AddressState::Member,
                Some(end) if end <= now => AddressState::Overdue,
                _ => AddressState::Invited,
            };
            // Whoever is a member is one, whatever was sent to them before.
            let entry = states.entry((it.workspace, it.email)).or_insert(state);
            if state == AddressState::Member {
                *entry = state;
            }
        }
        Self(states)
    }

    fn get(&self, workspace: Id<Workspace>, email: &Email) -> Option<AddressState> {
        let key = (workspace, email.as_str().to_owned());
        self.0.get(&key).copied()
    }

    /// Those of the invitations whose place one that has run out still takes.
    pub(super) fn overdue_of<'a>(
        &self,
        invitations: &'a [InvitationRow],
    ) -> HashMap<Id<Workspace>, Vec<&'a str>> {
        let mut overdue: HashMap<Id<Workspace>, Vec<&str>> = HashMap::new();
        for it in invitations {
            let state = self.0.get(&(it.workspace, it.email.clone()));
            if state == Some(&AddressState::Overdue) {
                overdue.entry(it.workspace).or_default().push(&it.email);
            }
        }
        overdue
    }
}

/// Sorts rows into those who can be invited and those who cannot.
pub(super) struct RowChecker<'a> {
    app: &'a App,
    caller: &'a Caller,
    target_workspaces: &'a [TargetWorkspace],
    states: &'a AddressStates,
    /// Which row invites whom to where.
    rows_by_address: HashMap<(Id<Workspace>, Email), usize>,
}

impl<'a> RowChecker<'a> {
    pub(super) fn new(
        app: &'a App,
        caller: &'a Caller,
        target_workspaces: &'a [TargetWorkspace],
        states: &'a AddressStates,
    ) -> Self {
        Self {
            app,
            caller,
            target_workspaces,
            states,
            rows_by_address: HashMap::new(),
        }
    }

    /// Whom the row invites, where to and as what; or why not. The questions
    /// stand in the order in which a single invitation is asked them.
    pub(super) fn check_row(
        &mut self,
        request: &BulkInvitation,
        row: &BulkRow,
        email: Result<Email, String>,
        number: usize,
    ) -> Result<(Email, &'a TargetWorkspace, &'a RoleDefinition), RowOutcome> {
        let address_text = match &email {
            Ok(email) => email.as_str().to_owned(),
            Err(_) => row.email.clone(),
        };
        let refused_row = |status, detail: String| RowOutcome {
            email: address_text.clone(),
            status,
            id: None,
            url: None,
            detail: Some(detail),
        };
        let target_workspace = match non_empty(row.workspace.as_deref()) {
            Some(text) => {
                let id: Option<Id<Workspace>> = text.parse().ok();
                self.target_workspaces
                    .iter()
                    .find(|it| Some(it.workspace()) == id)
            }
            None => match request.workspace {
                Some(id) => self
                    .target_workspaces
                    .iter()
                    .find(|it| it.workspace() == id),
                None => self.target_workspaces.first(),
            },
        };
        let Some(target_workspace) = target_workspace else {
            let refusal = Refusal::WorkspaceNotInOrganization;
            return Err(refused_row(RowStatus::WorkspaceNotFound, refusal.message()));
        };
        if !target_workspace.check_invite_permission {
            return Err(refused_row(
                RowStatus::InsufficientRole,
                Refusal::InsufficientRole.message(),
            ));
        }
        // An invitation is tied to a project; only an operator leaves a
        // workspace without one.
        if target_workspace
            .authority
            .member_context()
            .project
            .is_none()
        {
            let refusal = Refusal::ProjectNotFound;
            return Err(refused_row(RowStatus::WorkspaceNotFound, refusal.message()));
        }
        let email = match email {
            Ok(email) => email,
            Err(problem) => return Err(refused_row(RowStatus::InvalidEmail, problem)),
        };
        if email.as_str() == self.caller.user.email {
            let refusal = Refusal::SelfInvitation;
            return Err(refused_row(RowStatus::Yourself, refusal.message()));
        }
        match self.states.get(target_workspace.workspace(), &email) {
            Some(AddressState::Member) => {
                let refusal = Refusal::AlreadyInWorkspace;
                return Err(refused_row(RowStatus::AlreadyMember, refusal.message()));
            }
            Some(AddressState::Invited) => {
                let detail =
                    "An invitation of this address to the workspace is open; it can be sent again.";
                return Err(refused_row(RowStatus::AlreadyInvited, detail.to_owned()));
            }
            Some(AddressState::Overdue) | None => {}
        }
        let key = (target_workspace.workspace(), email);
        if let Some(earlier_row) = self.rows_by_address.get(&key) {
            let detail = format!("Row {earlier_row} invites this address to the workspace.");
            return Err(refused_row(RowStatus::Duplicate, detail));
        }
        let role = non_empty(row.role.as_deref()).or(non_empty(request.role.as_deref()));
        let name = role.unwrap_or(DEFAULT_ROLE);
        // Ownership changes hands by transfer alone.
        let states = self.app.roles().find(Level::Workspace, name);
        let Some(role) = states.filter(|_| name != Role::Owner.as_str()) else {
            let refusal = Refusal::RoleNameInvalid(name.to_owned());
            return Err(refused_row(RowStatus::InvalidRole, refusal.message()));
        };
        if check_may_assign(&target_workspace.authority, role, Trace::new())
            .refusal
            .is_some()
        {
            let detail = format!("You may not give the role '{name}'.");
            return Err(refused_row(RowStatus::ForbiddenRole, detail));
        }
        let email = key.1.clone();
        self.rows_by_address.insert(key, number);
        Ok((email, target_workspace, role))
    }
}

/// A cell of a table that is empty says nothing.
fn non_empty(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}
