//! Why somebody may do something, or may not: for operators who are asked.
//!
//! Nothing is decided here. Each question reads what the real thing reads and
//! hands it to the function that decides when it is done in earnest, so the
//! trace is the one that the audit trail would keep. What nobody but the person
//! can show (a password) and what only counts (limits) is not part of it.

use freehold_domain::{
    Decision, Email, EntityKind, Id, Invitation, Organization, Permission, Project, Refusal,
    Workspace,
};
use freehold_store::{ResolvedId, ScopeQuery, Target, UserRecord};
use serde_json::json;
use uuid::Uuid;

use super::Operator;
use crate::access::{
    Scope, authority, check_owner, check_project_permission_in, check_scope_access,
    check_workspace_permission,
};
use crate::auth::check_password_login;
use crate::command::{Outcome, RequestContext};
use crate::operators::directory::{TargetReference, UserReference};
use crate::organizations::check_delete;
use crate::runtime::App;

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExplainedAction {
    /// Open a session by password.
    SignIn,
    /// Make an account, or take one that waits for its first password.
    SignUp,
    /// Own an organization.
    CreateOrganization,
    /// Ask somebody into a workspace.
    Invite,
    /// Follow the link of an invitation.
    AcceptInvitation,
    /// Anything that a role allows.
    Permission(Permission),
}

impl ExplainedAction {
    /// Those that are no permission.
    const NAMES: [(&'static str, Self); 6] = [
        ("sign_in", Self::SignIn),
        ("sign_up", Self::SignUp),
        ("create_organization", Self::CreateOrganization),
        ("invite", Self::Invite),
        ("accept_invitation", Self::AcceptInvitation),
        // In short.
        ("accept", Self::AcceptInvitation),
    ];

    /// The action of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let named = Self::NAMES.iter().find(|(known, _)| *known == name);
        match named {
            Some((_, action)) => Some(*action),
            None => name.parse().ok().map(Self::Permission),
        }
    }

    /// What can be explained, for somebody who asked for something else.
    #[must_use]
    pub fn all() -> String {
        let named: Vec<_> = Self::NAMES.iter().map(|(name, _)| *name).collect();
        format!("{}, or a permission", named.join(", "))
    }

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        if let Self::Permission(permission) = self {
            return permission.as_str();
        }
        let named = Self::NAMES.iter().find(|(_, action)| *action == self);
        named.map_or("", |(name, _)| name)
    }
}

/// What somebody may do to an organization, wherever it is asked.
const ORGANIZATION_PERMISSIONS: [Permission; 2] =
    [Permission::EditOrganization, Permission::DeleteOrganization];

/// A question about a decision.
#[derive(Clone, Debug)]
pub struct ExplainRequest {
    /// Whose.
    pub user: UserReference,
    /// To do what.
    pub action: ExplainedAction,
    /// Where: what it has to be depends on the action.
    pub on: Option<TargetReference>,
    /// For an invitation: as what; `viewer` if nothing is said.
    pub role: Option<String>,
    /// For an invitation: whom. Without it that is not looked at.
    pub email: Option<Email>,
}

/// The answer to it.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// Who it is about; nothing, while they have no account.
    pub user: Option<UserRecord>,
    /// Yes or no, and the rules behind it.
    pub decision: Decision,
    /// What the question's `on` names.
    pub on: Option<ResolvedId>,
}

impl App {
    /// Why somebody may do something, or may not.
    ///
    /// # Errors
    /// [`Refusal::EntityNotFound`] for somebody or something that is not there;
    /// [`Refusal::InvalidField`] for an id that names what the action is not
    /// done on.
    pub async fn explain(
        &self,
        operator: &Operator,
        context: &RequestContext,
        request: &ExplainRequest,
    ) -> Outcome<Explanation> {
        let read = json!({
            "read": "explain", "user": request.user.to_string(), "action": request.action.as_str(),
            "on": request.on.as_ref().map(TargetReference::to_string), "role": request.role, "email": request.email.as_ref().map(Email::as_str),
        });
        self.record_operator_read(operator, context, read).await?;
        let user = match &request.user {
            UserReference::Email(email) => self.store().user_by_email(email).await?,
            UserReference::Id(id) => self.store().user(*id).await?,
        };
        if let ExplainedAction::SignIn | ExplainedAction::SignUp = request.action {
            let decision = self.explain_entry(request, user.as_ref()).await?;
            return Ok(Explanation {
                user,
                decision,
                on: None,
            });
        }
        let user = user.ok_or_else(|| request.user.missing())?;
        let on = match &request.on {
            Some(TargetReference::User(_)) => return Err(unsupported_target(request.action).into()),
            Some(which) => {
                let id = self.id_of(which).await?;
                Some(
                    self.store()
                        .resolve_id(id)
                        .await?
                        .ok_or_else(|| request.not_found(id))?,
                )
            }
            None => None,
        };
        let decision = self.explain_decision(request, &user, on.as_ref()).await?;
        Ok(Explanation {
            user: Some(user),
            decision,
            on,
        })
    }

    /// Signing in and up, which need no account to be asked about.
    async fn explain_entry(
        &self,
        request: &ExplainRequest,
        user: Option<&UserRecord>,
    ) -> Outcome<Decision> {
        let email = match (&request.user, user) {
            (UserReference::Email(email), _) => Some(email.clone()),
            (UserReference::Id(_), Some(user)) => Email::parse(&user.email).ok(),
            (UserReference::Id(_), None) => None,
        };
        let email = email.ok_or_else(|| request.user.missing())?;
        let login = self.store().login_record_by_email(&email).await?;
        let has_password = login.as_ref().is_some_and(|it| it.password.is_some());
        // Whoever signs up with an address that has a password signs in.
        if request.action == ExplainedAction::SignUp && !has_password {
            return self.check_sign_up(&email, login.as_ref()).await;
        }
        let entry = self.check_entry(&email);
        if entry.refusal.is_some() {
            return Ok(entry);
        }
        Ok(check_password_login(login.as_ref()))
    }

    async fn explain_decision(
        &self,
        request: &ExplainRequest,
        user: &UserRecord,
        on: Option<&ResolvedId>,
    ) -> Outcome<Decision> {
        match (request.action, on) {
            (ExplainedAction::CreateOrganization, _) => {
                let email = Email::parse(&user.email).ok();
                Ok(self.check_create_organizations(email.as_ref()))
            }
            (ExplainedAction::Invite, Some(ResolvedId::Workspace(workspace, organization))) => {
                let read = (request.email.as_ref(), request.role.as_deref());
                self.explain_invite(user, (*organization, *workspace), read)
                    .await
            }
            (ExplainedAction::AcceptInvitation, Some(ResolvedId::Invitation(id, ..))) => {
                self.explain_acceptance(user, *id).await
            }
            (ExplainedAction::Permission(permission), Some(ResolvedId::Project(project, ..))) => {
                self.explain_in_project(user, *project, permission).await
            }
            (
                ExplainedAction::Permission(permission),
                Some(ResolvedId::Workspace(_, organization)),
            ) if ORGANIZATION_PERMISSIONS.contains(&permission) => {
                self.explain_in_organization(user, *organization, permission)
                    .await
            }
            (
                ExplainedAction::Permission(permission),
                Some(ResolvedId::Workspace(workspace, _)),
            ) => {
                self.explain_in_workspace(user, *workspace, permission)
                    .await
            }
            (
                ExplainedAction::Permission(permission),
                Some(ResolvedId::Organization(organization)),
            ) => {
                self.explain_in_organization(user, *organization, permission)
                    .await
            }
            (action, _) => Err(unsupported_target(action).into()),
        }
    }

    async fn explain_acceptance(&self, user: &UserRecord, id: Id<Invitation>) -> Outcome<Decision> {
        let proof = self.store().invitation_token_record(id).await?;
        let proof = proof.ok_or_else(|| missing(EntityKind::Invitation, &id))?;
        self.explain_accept(user, &proof).await
    }

    async fn explain_in_project(
        &self,
        user: &UserRecord,
        project: Id<Project>,
        permission: Permission,
    ) -> Outcome<Decision> {
        let found = self.store().caller_in_project(user.id, project).await?;
        let found = found.ok_or_else(|| missing(EntityKind::Project, &project))?;
        let place = ScopeQuery::Project(project.uuid(), None);
        let scope_access = check_scope_access(Some(&found.scope), user.id, place);
        if scope_access.refusal.is_some() {
            return Ok(scope_access);
        }
        let scope = Scope::of(found.scope, user.id, self.roles());
        let (_, decision) = check_project_permission_in(user.id, Some(&scope), permission);
        Ok(decision)
    }

    async fn explain_in_workspace(
        &self,
        user: &UserRecord,
        workspace: Id<Workspace>,
        permission: Permission,
    ) -> Outcome<Decision> {
        let mut tx = self.store().begin();
        let contexts = tx.member_contexts(workspace, user.id, Target::None).await;
        tx.roll_back().await?;
        let (acting_member, _) = contexts?;
        let acting_member =
            acting_member.map(|acting_member| authority(self.roles(), acting_member));
        Ok(check_workspace_permission(
            acting_member.as_ref(),
            permission,
            Refusal::InsufficientRole,
        ))
    }

    /// What changes the organization itself is its owner's; everything else is
    /// decided in the workspace that stands for it.
    async fn explain_in_organization(
        &self,
        user: &UserRecord,
        id: Id<Organization>,
        permission: Permission,
    ) -> Outcome<Decision> {
        if permission == Permission::DeleteOrganization {
            let found = self.store().organization(id).await?;
            let mut tx = self.store().begin();
            let decision = check_delete(&mut tx, user.id, found.as_ref()).await;
            tx.roll_back().await?;
            return decision;
        }
        // In a workspace, `create_workspace` is what making a project needs.
        if ORGANIZATION_PERMISSIONS.contains(&permission)
            || permission == Permission::CreateWorkspace
        {
            let found = self.store().organization(id).await?;
            return Ok(check_owner(user.id, found.as_ref(), Refusal::Forbidden));
        }
        let contexts = self.store().member_contexts_in(id, user.id).await?;
        let first = contexts.into_iter().next();
        let acting_member = first.map(|acting_member| authority(self.roles(), acting_member));
        Ok(check_workspace_permission(
            acting_member.as_ref(),
            permission,
            Refusal::InsufficientRole,
        ))
    }
}

impl ExplainRequest {
    /// Nothing has this id.
    fn not_found(&self, id: Uuid) -> Refusal {
        let kind = match self.action {
            ExplainedAction::AcceptInvitation => EntityKind::Invitation,
            ExplainedAction::Invite => EntityKind::Workspace,
            _ => EntityKind::Project,
        };
        missing(kind, &id)
    }
}

fn missing(kind: EntityKind, named: &impl ToString) -> Refusal {
    let named = named.to_string();
    Refusal::EntityNotFound { kind, named }
}

/// The id is missing, or names something else.
fn unsupported_target(action: ExplainedAction) -> Refusal {
    let what = match action {
        ExplainedAction::Invite => "a workspace",
        ExplainedAction::AcceptInvitation => "an invitation",
        _ => "a project, a workspace or an organization",
    };
    Refusal::InvalidField {
        location: "query",
        field: "on".to_owned(),
        problem: format!("{} is explained on {what}", action.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_one_name() {
        for (name, action) in ExplainedAction::NAMES {
            assert_eq!(ExplainedAction::parse(name), Some(action));
            assert!(name.starts_with("accept") || action.as_str() == name);
        }
        for permission in Permission::ALL {
            let action = ExplainedAction::parse(permission.as_str());
            assert_eq!(action, Some(ExplainedAction::Permission(permission)));
        }
        assert_eq!(ExplainedAction::parse("fly"), None);
    }
}
