//! With what users and their programs sign in: logins and API keys.

use freehold_domain::{ApiKeyText, Id, Identity, Level, OperatorScope};
use freehold_store::{ApiKeyRow, IdentityRow};
use serde_json::json;

use super::super::logins::not_made;
use super::super::prepare::Prepared;
use super::super::references::{API_KEYS, IDENTITIES};
use super::super::result::{ApiKeyView, IdentityView, InBandError};
use super::{Deciding, Drawn, lost};
use crate::auth::PASSWORD;
use crate::command::{Fault, Outcome};

impl Deciding<'_> {
    /// Whoever was there before gets something to sign in with.
    fn may_give_credentials(&self) -> Outcome<()> {
        let decision = self.operator.may(OperatorScope::CredentialsWrite);
        Ok(decision.into_result()?)
    }

    pub(super) fn logins_of(&mut self, graph: &Prepared, one: &mut Drawn) -> Outcome<()> {
        one.account.errors.extend(graph.errors.iter().cloned());
        for (name, login) in &graph.identities {
            let number = self.person(one, &login.user)?;
            if self.somebody(number)?.existed {
                self.may_give_credentials()?;
            }
            let spot = graph.spot(IDENTITIES, name);
            let somebody = self.people.get_mut(number).ok_or_else(lost)?;
            if somebody.record.email != login.email.as_str() {
                let problem = "is not the address of its user.";
                return Err(spot.invalid("email", problem).into());
            }
            if somebody.has_password {
                let message = format!("A login for '{}' exists already.", login.email.as_str());
                let details = json!({ "ref": name, "email": login.email });
                let error: InBandError =
                    not_made(&graph.wanted, "identity_already_exists", message, details)?;
                one.account.errors.push(error);
                continue;
            }
            let Some(hash) = login.hash() else {
                return Err(Fault::Internal("a password was not hashed".to_owned()).into());
            };
            somebody.has_password = true;
            somebody.proven |= login.verified;
            let user = somebody.record.id;
            if somebody.record.uid.is_none() {
                somebody.record.uid = Some(user.to_string());
                self.linked.push(user);
            }
            let id = Id::<Identity>::draw(self.app.chance(), self.now);
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
            one.account.identities.push((name.clone(), view));
        }
        Ok(())
    }

    /// After all members are in.
    pub(super) fn keys_of(&mut self, graph: &Prepared, one: &mut Drawn) -> Outcome<()> {
        for (name, wanted) in &graph.api_keys {
            let spot = graph.spot(API_KEYS, name);
            let ground = self.place(one, Level::Project, &wanted.project)?;
            let number = self.person(one, &wanted.user)?;
            let somebody = self.somebody(number)?;
            let user = somebody.record.id;
            if somebody.existed {
                self.may_give_credentials()?;
            }
            if wanted.expires_at.is_some_and(|at| at <= self.now) {
                return Err(spot.invalid("expires_at", "is in the past.").into());
            }
            if !self.seats.has(ground.at, user) {
                let problem = "the user is not a member of the project.";
                return Err(spot.conflict("user_ref", problem).into());
            }
            let text = ApiKeyText::draw(self.app.chance());
            let id = Id::draw(self.app.chance(), self.now);
            let prefix = text.prefix().to_owned();
            let project = Id::new(ground.at.place);
            self.keys.push(ApiKeyRow {
                id,
                prefix: prefix.clone(),
                hashed: text.hashed(),
                project,
                owner: user,
                name: wanted.name.clone(),
                expires_at: wanted.expires_at,
                now: self.now,
            });
            let view = ApiKeyView {
                id,
                prefix,
                project,
                user,
                value: graph.wanted.show_keys.then(|| text.expose_secret()),
            };
            one.account.api_keys.push((name.clone(), view));
            one.count_api_keys_in.push(ground.organization);
        }
        Ok(())
    }
}
