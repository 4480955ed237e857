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
use crate::access::{Scope, authority, in_scope, in_workspace, may_stand, owns};
use crate::auth::may_prove;
use crate::command::{Outcome, RequestContext};
use crate::operators::directory::{WhichThing, WhichUser};
use crate::organizations::may_delete;
use crate::runtime::App;

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
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

impl Action {
    /// Those that are no permission.
    const NAMED: [(&'static str, Self); 6] = [
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
        let named = Self::NAMED.iter().find(|(known, _)| *known == name);
        match named {
            Some((_, action)) => Some(*action),
            None => name.parse().ok().map(Self::Permission),
        }
    }

    /// What can be explained, for somebody who asked for something else.
    #[must_use]
    pub fn all() -> String {
        let named: Vec<_> = Self::NAMED.iter().map(|(name, _)| *name).collect();
        format!("{}, or a permission", named.join(", "))
    }

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        if let Self::Permission(permission) = self {
            return permission.as_str();
        }
        let named = Self::NAMED.iter().find(|(_, action)| *action == self);
        named.map_or("", |(name, _)| name)
    }
}

/// What somebody may do to an organization, wherever it is asked.
const OF_ORGANIZATIONS: [Permission; 2] =
    [Permission::EditOrganization, Permission::DeleteOrganization];

/// A question about a decision.
#[derive(Clone, Debug)]
pub struct Why {
    /// Whose.
    pub user: WhichUser,
    /// To do what.
    pub action: Action,
    /// Where: what it has to be depends on the action.
    pub on: Option<WhichThing>,
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
        call: &RequestContext,
        why: &Why,
    ) -> Outcome<Explanation> {
        let asked = json!({
            "asked": "explain", "user": why.user.to_string(), "action": why.action.as_str(),
            "on": why.on.as_ref().map(WhichThing::to_string), "role": why.role, "email": why.email.as_ref().map(Email::as_str),
        });
        self.looked(operator, call, asked).await?;
        let user = match &why.user {
            WhichUser::Email(email) => self.store().user_by_email(email).await?,
            WhichUser::Id(id) => self.store().user(*id).await?,
        };
        if let Action::SignIn | Action::SignUp = why.action {
            let decision = self.why_enter(why, user.as_ref()).await?;
            return Ok(Explanation {
                user,
                decision,
                on: None,
            });
        }
        let user = user.ok_or_else(|| why.user.missing())?;
        let on = match &why.on {
            Some(WhichThing::User(_)) => return Err(needs(why.action).into()),
            Some(which) => {
                let id = self.id_of(which).await?;
                Some(
                    self.store()
                        .resolve_id(id)
                        .await?
                        .ok_or_else(|| why.gone(id))?,
                )
            }
            None => None,
        };
        let decision = self.why(why, &user, on.as_ref()).await?;
        Ok(Explanation {
            user: Some(user),
            decision,
            on,
        })
    }

    /// Signing in and up, which need no account to be asked about.
    async fn why_enter(&self, why: &Why, user: Option<&UserRecord>) -> Outcome<Decision> {
        let email = match (&why.user, user) {
            (WhichUser::Email(email), _) => Some(email.clone()),
            (WhichUser::Id(_), Some(user)) => Email::parse(&user.email).ok(),
            (WhichUser::Id(_), None) => None,
        };
        let email = email.ok_or_else(|| why.user.missing())?;
        let login = self.store().login_record_by_email(&email).await?;
        let has_password = login.as_ref().is_some_and(|it| it.password.is_some());
        // Whoever signs up with an address that has a password signs in.
        if why.action == Action::SignUp && !has_password {
            return self.may_sign_up(&email, login.as_ref()).await;
        }
        let entered = self.may_enter(&email);
        if entered.refusal.is_some() {
            return Ok(entered);
        }
        Ok(may_prove(login.as_ref()))
    }

    async fn why(
        &self,
        why: &Why,
        user: &UserRecord,
        on: Option<&ResolvedId>,
    ) -> Outcome<Decision> {
        match (why.action, on) {
            (Action::CreateOrganization, _) => {
                let email = Email::parse(&user.email).ok();
                Ok(self.may_create_organizations(email.as_ref()))
            }
            (Action::Invite, Some(ResolvedId::Workspace(workspace, organization))) => {
                let asked = (why.email.as_ref(), why.role.as_deref());
                self.why_invite(user, (*organization, *workspace), asked)
                    .await
            }
            (Action::AcceptInvitation, Some(ResolvedId::Invitation(id, ..))) => {
                self.why_follow(user, *id).await
            }
            (Action::Permission(permission), Some(ResolvedId::Project(project, ..))) => {
                self.why_in_project(user, *project, permission).await
            }
            (Action::Permission(permission), Some(ResolvedId::Workspace(_, organization)))
                if OF_ORGANIZATIONS.contains(&permission) =>
            {
                self.why_in_organization(user, *organization, permission)
                    .await
            }
            (Action::Permission(permission), Some(ResolvedId::Workspace(workspace, _))) => {
                self.why_in_workspace(user, *workspace, permission).await
            }
            (Action::Permission(permission), Some(ResolvedId::Organization(organization))) => {
                self.why_in_organization(user, *organization, permission)
                    .await
            }
            (action, _) => Err(needs(action).into()),
        }
    }

    async fn why_follow(&self, user: &UserRecord, id: Id<Invitation>) -> Outcome<Decision> {
        let proof = self.store().invitation_token_record(id).await?;
        let proof = proof.ok_or_else(|| missing(EntityKind::Invitation, &id))?;
        self.why_accept(user, &proof).await
    }

    async fn why_in_project(
        &self,
        user: &UserRecord,
        project: Id<Project>,
        permission: Permission,
    ) -> Outcome<Decision> {
        let found = self.store().caller_in_project(user.id, project).await?;
        let found = found.ok_or_else(|| missing(EntityKind::Project, &project))?;
        let place = ScopeQuery::Project(project.uuid(), None);
        let stands = may_stand(Some(&found.scope), user.id, place);
        if stands.refusal.is_some() {
            return Ok(stands);
        }
        let scope = Scope::of(found.scope, user.id, self.roles());
        let (_, decision) = in_scope(user.id, Some(&scope), permission);
        Ok(decision)
    }

    async fn why_in_workspace(
        &self,
        user: &UserRecord,
        workspace: Id<Workspace>,
        permission: Permission,
    ) -> Outcome<Decision> {
        let mut tx = self.store().begin();
        let standings = tx.standings(workspace, user.id, Target::None).await;
        tx.roll_back().await?;
        let (own, _) = standings?;
        let own = own.map(|own| authority(self.roles(), own));
        Ok(in_workspace(
            own.as_ref(),
            permission,
            Refusal::InsufficientRole,
        ))
    }

    /// What changes the organization itself is its owner's; everything else is
    /// decided in the workspace that stands for it.
    async fn why_in_organization(
        &self,
        user: &UserRecord,
        id: Id<Organization>,
        permission: Permission,
    ) -> Outcome<Decision> {
        if permission == Permission::DeleteOrganization {
            let found = self.store().organization(id).await?;
            let mut tx = self.store().begin();
            let decision = may_delete(&mut tx, user.id, found.as_ref()).await;
            tx.roll_back().await?;
            return decision;
        }
        // In a workspace, `create_workspace` is what making a project needs.
        if OF_ORGANIZATIONS.contains(&permission) || permission == Permission::CreateWorkspace {
            let found = self.store().organization(id).await?;
            return Ok(owns(user.id, found.as_ref(), Refusal::Forbidden));
        }
        let standings = self.store().member_contexts_in(id, user.id).await?;
        let first = standings.into_iter().next();
        let own = first.map(|own| authority(self.roles(), own));
        Ok(in_workspace(
            own.as_ref(),
            permission,
            Refusal::InsufficientRole,
        ))
    }
}

impl Why {
    /// Nothing has this id.
    fn gone(&self, id: Uuid) -> Refusal {
        let kind = match self.action {
            Action::AcceptInvitation => EntityKind::Invitation,
            Action::Invite => EntityKind::Workspace,
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
fn needs(action: Action) -> Refusal {
    let what = match action {
        Action::Invite => "a workspace",
        Action::AcceptInvitation => "an invitation",
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
        for (name, action) in Action::NAMED {
            assert_eq!(Action::parse(name), Some(action));
            assert!(name.starts_with("accept") || action.as_str() == name);
        }
        for permission in Permission::ALL {
            let action = Action::parse(permission.as_str());
            assert_eq!(action, Some(Action::Permission(permission)));
        }
        assert_eq!(Action::parse("fly"), None);
    }
}
