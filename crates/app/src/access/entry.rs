//! Who may sign in, sign up and own organizations.

use freehold_domain::{Decision, Email, Refusal, Trace};
use freehold_store::{InvitationFilter, LoginRecord};

use super::check_invitation_valid;
use crate::command::Outcome;
use crate::runtime::App;

/// The maximum number of open invitations that are checked for one address.
const MAX_INVITATIONS: i64 = 1_000;

impl App {
    /// Returns whether a user with this address may sign in or sign up at all.
    pub(crate) fn check_entry(&self, email: &Email) -> Decision {
        let mut trace = Trace::new();
        if !trace.step(
            "email_sign_in_enabled",
            "",
            self.settings().email_sign_in_enabled,
        ) {
            return Decision::refused(Refusal::AccessDenied, trace);
        }
        match self.settings().access_policy.check(email) {
            Ok(()) => {
                trace.step("access_policy", email.domain(), true);
                Decision::allowed(trace)
            }
            Err(rule) => {
                trace.step("access_policy", rule.as_str(), false);
                Decision::refused(Refusal::AccessDenied, trace)
            }
        }
    }

    /// Returns whether a user with this address may own an organization, at
    /// sign-up or later.
    pub(crate) fn check_create_organizations(&self, email: Option<&Email>) -> Decision {
        let mut trace = Trace::new();
        let owners = &self.settings().allowed_owners;
        let permitted = owners.is_unrestricted() || email.is_some_and(|email| owners.allows(email));
        let input = if owners.is_unrestricted() {
            "everyone may"
        } else {
            "only those listed may"
        };
        if trace.step("allowed_owner", input, permitted) {
            Decision::allowed(trace)
        } else {
            Decision::refused(Refusal::NotAllowedToCreateOrganizations, trace)
        }
    }

    /// Returns whether a sign-up with an address without a password is allowed:
    /// there is no account, or `login` is one that was never signed in to.
    pub(crate) async fn check_sign_up(
        &self,
        email: &Email,
        login: Option<&LoginRecord>,
    ) -> Outcome<Decision> {
        let entry = self.check_entry(email);
        if entry.refusal.is_some() {
            return Ok(entry);
        }
        let mut trace = entry.trace;
        if let Some(login) = login {
            let claimable = trace.step("has_no_other_login", "", !login.has_identity)
                && trace.step("login_was_not_removed", "", !login.is_login_removed);
            return Ok(match claimable {
                true => Decision::allowed(trace),
                false => Decision::refused(Refusal::EmailTaken, trace),
            });
        }
        if trace.step("open_sign_up", "", self.settings().open_sign_up) {
            return Ok(Decision::allowed(trace));
        }
        let filter = InvitationFilter {
            status: None,
            after: None,
            limit: MAX_INVITATIONS,
            now: self.now(),
        };
        let open = self.store().invitations_for(email, &filter).await?;
        let valid_invitation = open.iter().find(|item| {
            let issuer = item.listed.issuer.as_ref();
            let invitation = &item.listed.invitation;
            let decision = check_invitation_valid(invitation, issuer, self.roles(), Trace::new());
            decision.refusal.is_none()
        });
        let input = valid_invitation.map(|item| item.listed.invitation.id.to_string());
        let invited = valid_invitation.is_some();
        Ok(
            match trace.step("is_invited", input.unwrap_or_default(), invited) {
                true => Decision::allowed(trace),
                false => Decision::refused(Refusal::AccessDenied, trace),
            },
        )
    }
}
