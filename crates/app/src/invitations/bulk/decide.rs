//! The decision about each row of a bulk invitation.

use std::collections::HashMap;

use freehold_domain::{
    Email, Id, Level, Permission, Refusal, Role, RoleDefinition, Timestamp, Trace, Workspace,
};
use freehold_store::{AddressInUse, InvitationRow};

use super::{BulkInvitation, BulkRow, RowOutcome, RowStatus};
use crate::access::{Authority, Caller, check_may_assign, check_workspace_permission};
use crate::invitations::links::DEFAULT_ROLE;
use crate::runtime::App;

/// A workspace of the organization, with the caller's permissions in it.
pub(super) struct TargetWorkspace {
    pub(super) authority: Authority,
    may_invite: bool,
}

impl TargetWorkspace {
    pub(super) fn of(authority: Authority) -> Self {
        let permission = Permission::AddNewUserToWorkspace;
        let decision =
            check_workspace_permission(Some(&authority), permission, Refusal::InsufficientRole);
        Self {
            authority,
            may_invite: decision.refusal.is_none(),
        }
    }

    fn workspace(&self) -> Id<Workspace> {
        self.authority.member_context().workspace
    }
}

/// How an address is related to a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AddressState {
    /// The address of a member.
    Member,
    /// There is an open invitation for it.
    Invited,
    /// There is an invitation for it that has expired.
    Overdue,
}

/// The state of each address in each workspace.
pub(super) struct AddressStates(HashMap<(Id<Workspace>, String), AddressState>);

impl AddressStates {
    pub(super) fn of(addresses: Vec<AddressInUse>, now: Timestamp) -> Self {
        let mut states = HashMap::with_capacity(addresses.len());
        for address in addresses {
            let state = match address.expires_at {
                _ if address.member => AddressState::Member,
                Some(end) if end <= now => AddressState::Overdue,
                _ => AddressState::Invited,
            };
            // A member stays one, whatever was sent to the address before.
            let entry = states
                .entry((address.workspace, address.email))
                .or_insert(state);
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

    /// The addresses among `invitations` for which an expired invitation is
    /// still pending, by workspace.
    pub(super) fn overdue_of<'a>(
        &self,
        invitations: &'a [InvitationRow],
    ) -> HashMap<Id<Workspace>, Vec<&'a str>> {
        let mut overdue: HashMap<Id<Workspace>, Vec<&str>> = HashMap::new();
        for invitation in invitations {
            let state = self
                .0
                .get(&(invitation.workspace, invitation.email.clone()));
            if state == Some(&AddressState::Overdue) {
                overdue
                    .entry(invitation.workspace)
                    .or_default()
                    .push(&invitation.email);
            }
        }
        overdue
    }
}

/// Separates the rows that can be invited from those that cannot.
pub(super) struct RowChecker<'a> {
    app: &'a App,
    caller: &'a Caller,
    target_workspaces: &'a [TargetWorkspace],
    states: &'a AddressStates,
    /// The number of the row that invites an address to a workspace.
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

    /// Returns whom the row invites, to which workspace and with which role; or
    /// why it cannot. The order of the checks is that of a single invitation.
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
                    .find(|target| Some(target.workspace()) == id)
            }
            None => match request.workspace {
                Some(id) => self
                    .target_workspaces
                    .iter()
                    .find(|target| target.workspace() == id),
                None => self.target_workspaces.first(),
            },
        };
        let Some(target_workspace) = target_workspace else {
            let refusal = Refusal::WorkspaceNotInOrganization;
            return Err(refused_row(RowStatus::WorkspaceNotFound, refusal.message()));
        };
        if !target_workspace.may_invite {
            return Err(refused_row(
                RowStatus::InsufficientRole,
                Refusal::InsufficientRole.message(),
            ));
        }
        // An invitation belongs to a project; only an operator can leave a
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
        // Only an ownership transfer makes an owner.
        let definition = self.app.roles().find(Level::Workspace, name);
        let Some(role) = definition.filter(|_| name != Role::Owner.as_str()) else {
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

/// The text without surrounding white space; an empty cell counts as missing.
fn non_empty(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}
