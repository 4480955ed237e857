//! Signing in with email address and password.

use freehold_domain::AuditAction;

use super::{SignIn, SignedIn};
use crate::access::{Entry, WayIn};
use crate::command::{Actor, Command, CommandOutput, Outcome, RequestContext};
use crate::runtime::App;

impl App {
    /// Opens a session for a user that knows the password.
    ///
    /// # Errors
    /// [`Refusal::WrongCredentials`](freehold_domain::Refusal::WrongCredentials)
    /// for a wrong password and for an unknown address alike;
    /// [`Refusal::AccessDenied`](freehold_domain::Refusal::AccessDenied);
    /// [`Refusal::TooManyAttempts`](freehold_domain::Refusal::TooManyAttempts);
    /// [`Refusal::Busy`](freehold_domain::Refusal::Busy).
    pub async fn sign_in(
        &self,
        context: &RequestContext,
        form: &SignIn,
    ) -> Outcome<CommandOutput<SignedIn>> {
        let action = AuditAction::UserSignInFailed;
        let command = self.session_command(Actor::Anonymous, context, action);
        let output = self.sign_in_audited(&command, form).await;
        command.audit_refusal(output).await
    }

    async fn sign_in_audited(
        &self,
        command: &Command<'_>,
        form: &SignIn,
    ) -> Outcome<CommandOutput<SignedIn>> {
        let entry = Entry::new(WayIn::SignIn, form.email.as_str());
        self.require_entry(command, entry).await?;
        let attempt = self.count_attempt(command, Some(&form.email)).await?;
        let output = async {
            let login = self.store().login_record_by_email(&form.email).await?;
            self.sign_in_with_password(command, form, login, &attempt)
                .await
        };
        self.decrement_on_failure(&attempt, output.await).await
    }
}
