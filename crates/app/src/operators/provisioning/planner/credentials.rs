//! Plans the logins and API keys of graphs.

use freehold_domain::{ApiKeyText, Id, Identity, Level, OperatorScope};
use freehold_store::{ApiKeyRow, IdentityRow};
use serde_json::json;

use super::super::logins::skip_or_refuse;
use super::super::prepare::PreparedGraph;
use super::super::references::{API_KEYS, IDENTITIES};
use super::super::result::{ApiKeyView, IdentityView, ItemError};
use super::{PlannedGraph, Planner, inconsistent_plan};
use crate::auth::PASSWORD;
use crate::command::{Fault, Outcome};

impl Planner<'_> {
    /// Checks the scope that is needed to create a login or an API key for an
    /// existing user.
    fn check_credentials_scope(&self) -> Outcome<()> {
        let decision = self.operator.check_scope(OperatorScope::CredentialsWrite);
        Ok(decision.into_result()?)
    }

    pub(super) fn plan_logins(
        &mut self,
        graph: &PreparedGraph,
        graph_plan: &mut PlannedGraph,
    ) -> Outcome<()> {
        graph_plan
            .account
            .errors
            .extend(graph.errors.iter().cloned());
        for (name, login) in &graph.identities {
            let index = self.user_index(graph_plan, &login.user)?;
            if self.user(index)?.existed {
                self.check_credentials_scope()?;
            }
            let field_path = graph.field_path(IDENTITIES, name);
            let planned_user = self.users.get_mut(index).ok_or_else(inconsistent_plan)?;
            if planned_user.record.email != login.email.as_str() {
                let problem = "is not the email address of its user.";
                return Err(field_path.invalid("email", problem).into());
            }
            if planned_user.has_password {
                let message = format!("A login for '{}' exists already.", login.email.as_str());
                let details = json!({ "ref": name, "email": login.email });
                let error: ItemError =
                    skip_or_refuse(&graph.options, "identity_already_exists", message, details)?;
                graph_plan.account.errors.push(error);
                continue;
            }
            let Some(hash) = login.hash() else {
                return Err(Fault::Internal("a password was not hashed".to_owned()).into());
            };
            planned_user.has_password = true;
            planned_user.email_verified |= login.verified;
            let user = planned_user.record.id;
            if planned_user.record.uid.is_none() {
                planned_user.record.uid = Some(user.to_string());
                self.users_without_uid.push(user);
            }
            let id = Id::<Identity>::generate(self.app.random(), self.now);
            let email = login.email.as_str().to_owned();
            self.passwords.push((user, hash.to_owned()));
            self.identities.push(IdentityRow {
                id,
                user,
                method: PASSWORD,
                subject: email.clone(),
                domain: login.email.domain().to_owned(),
                now: self.now,
            });
            let view = IdentityView {
                id,
                user,
                method: PASSWORD.to_owned(),
                subject: email.clone(),
                email: Some(email),
                verified: login.verified,
            };
            graph_plan.account.identities.push((name.clone(), view));
        }
        Ok(())
    }

    /// Runs after all memberships are planned.
    pub(super) fn plan_api_keys(
        &mut self,
        graph: &PreparedGraph,
        graph_plan: &mut PlannedGraph,
    ) -> Outcome<()> {
        for (name, draft) in &graph.api_keys {
            let field_path = graph.field_path(API_KEYS, name);
            let scope = self.find_scope(graph_plan, Level::Project, &draft.project)?;
            let index = self.user_index(graph_plan, &draft.user)?;
            let planned_user = self.user(index)?;
            let user = planned_user.record.id;
            if planned_user.existed {
                self.check_credentials_scope()?;
            }
            if draft.expires_at.is_some_and(|at| at <= self.now) {
                return Err(field_path.invalid("expires_at", "is in the past.").into());
            }
            if !self.membership_plan.has(scope.scope, user) {
                let problem = "the user is not a member of the project.";
                return Err(field_path.conflict("user_ref", problem).into());
            }
            let text = ApiKeyText::generate(self.app.random());
            let id = Id::generate(self.app.random(), self.now);
            let prefix = text.prefix().to_owned();
            let project = Id::new(scope.scope.scope_id);
            self.api_keys.push(ApiKeyRow {
                id,
                prefix: prefix.clone(),
                hashed: text.hashed(),
                project,
                owner: user,
                name: draft.name.clone(),
                expires_at: draft.expires_at,
                now: self.now,
            });
            let view = ApiKeyView {
                id,
                prefix,
                project,
                user,
                value: graph
                    .options
                    .return_key_values
                    .then(|| text.expose_secret().into()),
            };
            graph_plan.account.api_keys.push((name.clone(), view));
            graph_plan.api_key_organizations.push(scope.organization);
        }
        Ok(())
    }
}
