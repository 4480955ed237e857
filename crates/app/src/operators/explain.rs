//! Why a user may or may not do something, for operators.
//!
//! Nothing is decided here. Each question reads what the command reads and
//! calls the function that decides in the command, so the trace is the one that
//! the audit log would contain. Checks of secrets (a password) and of limits
//! are not part of it.

use freehold_domain::{
    Decision, Email, EntityKind, Id, Invitation, Organization, Permission, PermissionCatalog,
    PermissionRef, Project, Refusal, Workspace,
};
use freehold_store::{ResolvedId, ScopeQuery, Target, UserRecord};
use serde_json::json;
use uuid::Uuid;

use super::Operator;
use crate::access::{
    Entry, Scope, WayIn, authority, check_owner, check_project_permission_in, check_scope_access,
    check_workspace_permission,
};
use crate::auth::check_password_login;
use crate::command::{Outcome, RequestContext};
use crate::operators::directory::{TargetReference, UserReference};
use crate::organizations::check_delete;
use crate::runtime::App;

/// The action that is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExplainedAction<'a> {
    /// Opening a session by password.
    SignIn,
    /// Creating an account, or completing one without a password.
    SignUp,
    /// Creating an organization.
    CreateOrganization,
    /// Inviting to a workspace.
    Invite,
    /// Accepting an invitation by its link.
    AcceptInvitation,
    /// An action that needs this permission.
    Permission(PermissionRef<'a>),
}

impl<'a> ExplainedAction<'a> {
    /// The names of the actions other than permissions.
    const NAMES: [(&'static str, Self); 6] = [
        ("sign_in", Self::SignIn),
        ("sign_up", Self::SignUp),
        ("create_organization", Self::CreateOrganization),
        ("invite", Self::Invite),
        ("accept_invitation", Self::AcceptInvitation),
        // A short form.
        ("accept", Self::AcceptInvitation),
    ];

    /// The action with this name, which hides a permission of the same name.
    #[must_use]
    pub fn parse(name: &str, permissions: &'a PermissionCatalog) -> Option<Self> {
        let named = Self::NAMES
            .iter()
            .find(|(action_name, _)| *action_name == name);
        match named {
            Some((_, action)) => Some(*action),
            None => permissions.find(name).map(Self::Permission),
        }
    }

    /// The names of all actions, for the error text about an unknown one.
    #[must_use]
    pub fn all() -> String {
        let named: Vec<_> = Self::NAMES.iter().map(|(name, _)| *name).collect();
        format!("{}, or a permission", named.join(", "))
    }

    /// The name of the action.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        if let Self::Permission(permission) = self {
            return permission.as_str();
        }
        let named = Self::NAMES.iter().find(|(_, action)| *action == self);
        named.map_or("", |(name, _)| name)
    }
}

/// Whether a permission is one on the organization itself, whichever scope the
/// question names.
fn is_of_organization(permission: PermissionRef<'_>) -> bool {
    matches!(
        permission.built_in(),
        Some(Permission::EditOrganization | Permission::DeleteOrganization)
    )
}

/// A question about a decision.
#[derive(Clone, Debug)]
pub struct ExplainRequest<'a> {
    /// The user.
    pub user: UserReference,
    /// The action.
    pub action: ExplainedAction<'a>,
    /// The object; its kind depends on the action.
    pub on: Option<TargetReference>,
    /// For an invitation: the role; default: `viewer`.
    pub role: Option<String>,
    /// For an invitation: the invitee. Without it, the checks of the invitee
    /// are skipped.
    pub email: Option<Email>,
}

/// The answer to an [`ExplainRequest`].
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The user; `None` if there is no account.
    pub user: Option<UserRecord>,
    /// The decision with its trace.
    pub decision: Decision,
    /// The object that the question's `on` refers to.
    pub on: Option<ResolvedId>,
}

impl App {
    /// Explains why a user may or may not do something.
    ///
    /// # Errors
    /// [`Refusal::EntityNotFound`] if the user or the object does not exist;
    /// [`Refusal::InvalidField`] if the object is not of a kind that the action
    /// applies to.
    pub async fn explain(
        &self,
        operator: &Operator,
        context: &RequestContext,
        request: &ExplainRequest<'_>,
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
            Some(reference) => {
                let id = self.id_of(reference).await?;
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

    /// Explains signing in and signing up, which do not need an account.
    async fn explain_entry(
        &self,
        request: &ExplainRequest<'_>,
        user: Option<&UserRecord>,
    ) -> Outcome<Decision> {
        let email = match (&request.user, user) {
            (UserReference::Email(email), _) => Some(email.clone()),
            (UserReference::Id(_), Some(user)) => Email::parse(&user.email).ok(),
            (UserReference::Id(_), None) => None,
        };
        let email = email.ok_or_else(|| request.user.missing())?;
        let login = self.store().login_record_by_email(&email).await?;
        let has_password = login.as_ref().is_some_and(|login| login.password.is_some());
        // A sign-up for an address that has a password is a sign-in.
        let is_sign_up = request.action == ExplainedAction::SignUp && !has_password;
        let way = if is_sign_up {
            WayIn::SignUp
        } else {
            WayIn::SignIn
        };
        let entry = Entry {
            login: login.as_ref(),
            ..Entry::new(way, email.as_str())
        };
        let decision = self.check_entry(entry).await?;
        if is_sign_up || decision.refusal.is_some() {
            return Ok(decision);
        }
        Ok(check_password_login(login.as_ref()))
    }

    async fn explain_decision(
        &self,
        request: &ExplainRequest<'_>,
        user: &UserRecord,
        on: Option<&ResolvedId>,
    ) -> Outcome<Decision> {
        match (request.action, on) {
            (ExplainedAction::CreateOrganization, _) => {
                let email = Email::parse(&user.email).ok();
                Ok(self.check_create_organizations(email.as_ref()))
            }
            (ExplainedAction::Invite, Some(ResolvedId::Workspace(workspace, organization))) => {
                let invitee = (request.email.as_ref(), request.role.as_deref());
                self.explain_invite(user, (*organization, *workspace), invitee)
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
            ) if is_of_organization(permission) => {
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
        let token = self.store().invitation_token_record(id).await?;
        let token = token.ok_or_else(|| missing(EntityKind::Invitation, &id))?;
        self.explain_accept(user, &token).await
    }

    async fn explain_in_project(
        &self,
        user: &UserRecord,
        project: Id<Project>,
        permission: PermissionRef<'_>,
    ) -> Outcome<Decision> {
        let caller = self.store().caller_in_project(user.id, project).await?;
        let caller = caller.ok_or_else(|| missing(EntityKind::Project, &project))?;
        let query = ScopeQuery::Project(project.uuid(), None);
        let scope_access = check_scope_access(Some(&caller.scope), user.id, query);
        if scope_access.refusal.is_some() {
            return Ok(scope_access);
        }
        let scope = Scope::of(caller.scope, user.id, self.roles());
        let (_, decision) = check_project_permission_in(user.id, Some(&scope), permission);
        Ok(decision)
    }

    async fn explain_in_workspace(
        &self,
        user: &UserRecord,
        workspace: Id<Workspace>,
        permission: PermissionRef<'_>,
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

    /// Actions on the organization itself are the owner's; everything else is
    /// decided in the organization's first workspace.
    async fn explain_in_organization(
        &self,
        user: &UserRecord,
        id: Id<Organization>,
        permission: PermissionRef<'_>,
    ) -> Outcome<Decision> {
        if permission.built_in() == Some(Permission::DeleteOrganization) {
            let organization = self.store().organization(id).await?;
            let mut tx = self.store().begin();
            let decision = check_delete(&mut tx, user.id, organization.as_ref()).await;
            tx.roll_back().await?;
            return decision;
        }
        // In a workspace, `create_workspace` is the permission to create
        // projects.
        if is_of_organization(permission)
            || permission.built_in() == Some(Permission::CreateWorkspace)
        {
            let organization = self.store().organization(id).await?;
            return Ok(check_owner(
                user.id,
                organization.as_ref(),
                Refusal::Forbidden,
            ));
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

impl ExplainRequest<'_> {
    /// The refusal if no object has this id.
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

/// The refusal if the object is missing or of another kind.
fn unsupported_target(action: ExplainedAction<'_>) -> Refusal {
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
    use freehold_domain::PermissionDeclaration;

    use super::*;

    #[test]
    fn every_action_has_one_name() {
        let invoices = PermissionDeclaration::new("edit_invoices", "");
        let permissions = PermissionCatalog::built_in().with([invoices]).unwrap();
        let parse = |name| ExplainedAction::parse(name, &permissions);
        for (name, action) in ExplainedAction::NAMES {
            assert_eq!(parse(name), Some(action));
            assert!(name.starts_with("accept") || action.as_str() == name);
        }
        for permission in permissions.iter() {
            let action = parse(permission.as_str());
            assert_eq!(action, Some(ExplainedAction::Permission(permission)));
        }
        assert_eq!(parse("fly"), None);
    }
}
