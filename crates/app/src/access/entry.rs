//! Who may enter: the one table of the ways in and the rules of each. And who may own organizations.
//!
//! Not here: proving who a user is (`auth`), and what an invitation or a link itself requires
//! (`invitations`).

use freehold_domain::{AccessPolicy, Decision, Email, Id, Organization, Refusal, Trace};
use freehold_store::{InvitationFilter, LoginRecord};

use super::check_invitation_valid;
use crate::command::Outcome;
use crate::runtime::App;

/// The maximum number of open invitations that are checked for one address.
const MAX_INVITATIONS: i64 = 1_000;

/// A way in: how a user gets an account, a session or a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WayIn {
    /// Creating an account, or setting the first password of one.
    SignUp,
    /// Opening a session.
    SignIn,
    /// Continuing a session, perhaps after the policy was changed.
    RefreshSession,
    /// Joining a workspace by an invitation.
    AcceptInvitation,
    /// Joining a workspace by an invitation link.
    UseInvitationLink,
    /// Setting a new password by a reset link.
    ResetPassword,
    /// An operator creates the account.
    CreatedByOperator,
}

/// A rule that a way in can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EntryRule {
    /// Signing in with an email address is enabled.
    EmailSignIn,
    /// The access policy admits the address.
    AccessPolicy,
    /// The address has no account, or one that was never signed in to.
    Unclaimed,
    /// Sign-up is open, or the address has an account or a valid invitation.
    OpenOrInvited,
    /// The extensions admit the user to the organization.
    Admission,
}

impl WayIn {
    /// Every way in.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 7] = [
        Self::SignUp,
        Self::SignIn,
        Self::RefreshSession,
        Self::AcceptInvitation,
        Self::UseInvitationLink,
        Self::ResetPassword,
        Self::CreatedByOperator,
    ];

    /// The rules, in the order in which they are asked.
    const fn rules(self) -> &'static [EntryRule] {
        use EntryRule::{AccessPolicy, Admission, EmailSignIn, OpenOrInvited, Unclaimed};
        match self {
            Self::SignUp => &[EmailSignIn, AccessPolicy, Unclaimed, OpenOrInvited],
            Self::SignIn | Self::ResetPassword => &[EmailSignIn, AccessPolicy],
            Self::RefreshSession => &[AccessPolicy],
            Self::AcceptInvitation | Self::UseInvitationLink => &[AccessPolicy, Admission],
            // The policy is for users; an operator is responsible for what they create.
            Self::CreatedByOperator => &[],
        }
    }
}

/// Who wants to enter, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) way: WayIn,
    /// The email address, as stored or as given.
    pub(crate) email: &'a str,
    /// The account with this address and its logins. Read only for [`WayIn::SignUp`].
    pub(crate) login: Option<&'a LoginRecord>,
    /// The organization that the user joins, if it is one.
    pub(crate) organization: Option<Id<Organization>>,
}

impl<'a> Entry<'a> {
    /// The entry of a user with this address.
    pub(crate) fn new(way: WayIn, email: &'a str) -> Self {
        Self {
            way,
            email,
            login: None,
            organization: None,
        }
    }

    /// The same into an organization.
    pub(crate) fn to(self, organization: Id<Organization>) -> Self {
        Self {
            organization: Some(organization),
            ..self
        }
    }
}

impl App {
    /// Decides whether a user may enter. The refusal does not say which rule refused
    /// ([`Refusal::AccessDenied`]); only [`Refusal::EmailTaken`] says that the address has an
    /// account.
    ///
    /// # Errors
    /// Only those of the database.
    pub(crate) async fn check_entry(&self, entry: Entry<'_>) -> Outcome<Decision> {
        let mut trace = Trace::new();
        for rule in entry.way.rules() {
            let refusal = match rule {
                EntryRule::EmailSignIn => self.check_email_sign_in(&mut trace),
                EntryRule::AccessPolicy => {
                    check_policy(&self.settings().access_policy, entry.email, &mut trace)
                }
                EntryRule::Unclaimed => check_unclaimed(entry.login, &mut trace),
                EntryRule::OpenOrInvited => self.check_open_or_invited(entry, &mut trace).await?,
                EntryRule::Admission => self.check_admission(entry, &mut trace).await?,
            };
            if let Some(refusal) = refusal {
                return Ok(Decision::refused(refusal, trace));
            }
        }
        Ok(Decision::allowed(trace))
    }

    fn check_email_sign_in(&self, trace: &mut Trace) -> Option<Refusal> {
        let enabled = self.settings().email_sign_in_enabled;
        (!trace.step("email_sign_in_enabled", "", enabled)).then_some(Refusal::AccessDenied)
    }

    async fn check_admission(
        &self,
        entry: Entry<'_>,
        trace: &mut Trace,
    ) -> Outcome<Option<Refusal>> {
        let Some(organization) = entry.organization else {
            return Ok(None);
        };
        let extensions = self.extensions();
        let refusal = extensions
            .may_enter(self.store(), organization, entry.email)
            .await?;
        if refusal.is_some() {
            trace.step("admitted_to_organization", organization.to_string(), false);
        }
        Ok(refusal)
    }

    async fn check_open_or_invited(
        &self,
        entry: Entry<'_>,
        trace: &mut Trace,
    ) -> Outcome<Option<Refusal>> {
        let has_account = entry.login.is_some();
        if has_account || trace.step("open_sign_up", "", self.settings().open_sign_up) {
            return Ok(None);
        }
        let filter = InvitationFilter {
            status: None,
            after: None,
            limit: MAX_INVITATIONS,
            now: self.now(),
        };
        let open = match Email::parse(entry.email) {
            Ok(email) => self.store().invitations_for(&email, &filter).await?,
            Err(_) => Vec::new(),
        };
        let valid_invitation = open.iter().find(|item| {
            let issuer = item.listed.issuer.as_ref();
            let invitation = &item.listed.invitation;
            let decision = check_invitation_valid(invitation, issuer, self.roles(), Trace::new());
            decision.refusal.is_none()
        });
        let input = valid_invitation.map(|item| item.listed.invitation.id.to_string());
        let invited = trace.step(
            "is_invited",
            input.unwrap_or_default(),
            valid_invitation.is_some(),
        );
        Ok((!invited).then_some(Refusal::AccessDenied))
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
}

fn check_policy(policy: &AccessPolicy, email: &str, trace: &mut Trace) -> Option<Refusal> {
    // An address that no list can name is admitted only where there are no lists.
    let (input, admitted) = match Email::parse(email) {
        Ok(email) => match policy.check(&email) {
            Ok(()) => (email.domain().to_owned(), true),
            Err(rule) => (rule.as_str().to_owned(), false),
        },
        Err(_) => (
            "not an address".to_owned(),
            *policy == AccessPolicy::default(),
        ),
    };
    (!trace.step("access_policy", input, admitted)).then_some(Refusal::AccessDenied)
}

fn check_unclaimed(login: Option<&LoginRecord>, trace: &mut Trace) -> Option<Refusal> {
    let login = login?;
    let unclaimed = trace.step("has_no_other_login", "", !login.has_identity)
        && trace.step("login_was_not_removed", "", !login.is_login_removed);
    (!unclaimed).then_some(Refusal::EmailTaken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_in_has_its_rules() {
        let table = WayIn::ALL.map(|way| format!("{way:?}: {:?}", way.rules()));
        assert_eq!(
            table,
            [
                "SignUp: [EmailSignIn, AccessPolicy, Unclaimed, OpenOrInvited]",
                "SignIn: [EmailSignIn, AccessPolicy]",
                "RefreshSession: [AccessPolicy]",
                "AcceptInvitation: [AccessPolicy, Admission]",
                "UseInvitationLink: [AccessPolicy, Admission]",
                "ResetPassword: [EmailSignIn, AccessPolicy]",
                "CreatedByOperator: []",
            ]
        );
    }

    #[test]
    fn an_address_that_cannot_be_parsed_is_admitted_without_lists_only() {
        let none: [&str; 0] = [];
        let blocking = AccessPolicy::new(none, ["evil.test"], none).expect("valid lists");
        let refusal = |policy: &AccessPolicy, email| check_policy(policy, email, &mut Trace::new());
        assert_eq!(refusal(&AccessPolicy::default(), "not an address"), None);
        assert_eq!(
            refusal(&blocking, "not an address"),
            Some(Refusal::AccessDenied)
        );
        assert_eq!(
            refusal(&blocking, "eve@evil.test"),
            Some(Refusal::AccessDenied)
        );
        assert_eq!(refusal(&blocking, "ada@acme.test"), None);
    }
}
