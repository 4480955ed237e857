//! Who gets into which place, and with what people and their programs sign in.

use freehold_domain::{ApiKeyText, Id, Identity, Level, OperatorScope, Role, User};
use freehold_store::{ApiKeyRow, IdentityRow};
use serde_json::json;

use super::account::{ApiKeyView, IdentityView, InBandError, MembershipView};
use super::decide::{Deciding, Drawn, lost};
use super::logins::not_made;
use super::naming::{API_KEYS, IDENTITIES, Spot, memberships};
use super::places::Ground;
use super::prepare::Prepared;
use crate::failure::{Failure, Fault, Outcome};
use crate::sign_in::PASSWORD;

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

    pub(super) fn members_of(
        &mut self,
        graph: &Prepared,
        one: &mut Drawn,
        level: Level,
    ) -> Outcome<()> {
        for (name, member) in graph.members(level) {
            let spot = graph.spot(memberships(level), name);
            let ground = self.place(one, level, &member.place)?;
            let number = self.person(one, &member.user)?;
            let user = self.somebody(number)?.record.id;
            let role = member.role.as_str();
            fits_the_owner(&spot, user == ground.owner, role)?;
            self.lead_in(level, &ground, user);
            let (id, given) = self.seats.give(ground.at, user, role).map_err(|_| {
                spot.invalid(
                    "role",
                    "the same request says another role of this membership.",
                )
            })?;
            let view = MembershipView {
                id,
                place: ground.at.place,
                user,
                role: member.role.clone(),
            };
            let (views, outcomes) = one.members(level);
            views.push((name.clone(), view));
            outcomes.push((given, ground.organization));
        }
        Ok(())
    }

    /// Whoever gets into a place is in all that it is in.
    fn lead_in(&mut self, level: Level, ground: &Ground, user: Id<User>) {
        let role = if user == ground.owner {
            Role::Owner
        } else {
            Role::Viewer
        };
        if level != Level::Organization {
            self.seats.ensure(ground.outermost(), user, role);
        }
        if level == Level::Project {
            self.seats.ensure(ground.around(), user, role);
        }
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
                value: graph.wanted.show_keys.then(|| text.reveal()),
            };
            one.account.api_keys.push((name.clone(), view));
            one.keys_in.push(ground.organization);
        }
        Ok(())
    }
}

/// The owner of an organization is `owner` wherever they are in it, and nobody
/// else is.
fn fits_the_owner(spot: &Spot<'_>, is_owner: bool, role: &str) -> Result<(), Failure> {
    let owner = Role::Owner.as_str();
    match (is_owner, role == owner) {
        (true, true) | (false, false) => Ok(()),
        (true, false) => {
            let problem = "the owner of the organization has the role 'owner'.";
            Err(spot.conflict("role", problem).into())
        }
        (false, true) => {
            let problem = "only the owner of the organization has the role 'owner'. Transfer the ownership instead.";
            Err(spot.conflict("role", problem).into())
        }
    }
}
