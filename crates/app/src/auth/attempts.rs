//! Rate limits for login attempts and account lookups: counted per account and
//! per network address, in the database, so that all nodes share the counts.
//!
//! An attempt is counted *before* the password is verified, so that parallel
//! attempts cannot exceed the limit. The count is decremented when the attempt
//! succeeds, and when the server could not process it.

use std::net::{IpAddr, Ipv6Addr};

use freehold_domain::{Email, Refusal, Timestamp};
use freehold_store::Tx;

use crate::command::{Command, Failure, Outcome, RequestContext, UnitOfWork};
use crate::runtime::{App, SignInLimits};

/// An attempt that was counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempt {
    address: Option<String>,
    account: Option<String>,
}

impl Attempt {
    /// Resets the count of the account and decrements that of the address, after
    /// a success. In the order in which they were counted, so that two
    /// transactions do not deadlock.
    pub(crate) fn clear_on_success(&self, work: &mut UnitOfWork<'_>) {
        if let Some(address) = &self.address {
            work.tx.decrement_attempts(address.clone());
        }
        if let Some(account) = &self.account {
            work.tx.reset_attempts(account.clone());
        }
    }
}

/// Returns the subject under which attempts at an account are counted.
pub(crate) fn account_attempts_subject(email: &str) -> String {
    format!("account {email}")
}

/// Returns the subject under which reset emails to an address are counted.
fn reset_email_subject(email: &str) -> String {
    format!("reset email {email}")
}

/// Returns the network that an address is counted under. A client with one IPv6
/// address has 2^64 of them, so a /64 network is counted as one.
fn rate_limited_network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

impl App {
    /// Counts an attempt to sign in as `email`, whether or not it has an account,
    /// and refuses it if there were too many. Without `email`, only the network
    /// address is counted. Dry runs count too; otherwise they would circumvent
    /// the limit.
    pub(crate) async fn count_attempt(
        &self,
        command: &Command<'_>,
        email: Option<&Email>,
    ) -> Outcome<Attempt> {
        let limits = self.settings().sign_in_limits;
        let address = command.context.address.filter(|_| limits.per_address > 0);
        let address = address.map(|address| format!("address {}", rate_limited_network(address)));
        let account = email.filter(|_| limits.per_account > 0);
        let account = account.map(|email| account_attempts_subject(email.as_str()));
        let counted = [
            address.clone().map(|subject| (subject, limits.per_address)),
            account.clone().map(|subject| (subject, limits.per_account)),
        ];
        self.count(Some(command), counted.into_iter().flatten().collect())
            .await?;
        Ok(Attempt { address, account })
    }

    /// Counts an attempt for `email` too.
    pub(crate) async fn count_for_account(
        &self,
        command: &Command<'_>,
        attempt: Attempt,
        email: &Email,
    ) -> Outcome<Attempt> {
        let limit = self.settings().sign_in_limits.per_account;
        if limit == 0 {
            return Ok(attempt);
        }
        let account = account_attempts_subject(email.as_str());
        self.count(Some(command), vec![(account.clone(), limit)])
            .await?;
        Ok(Attempt {
            account: Some(account),
            ..attempt
        })
    }

    /// Decrements the counts if the server was too busy or failed.
    pub(crate) async fn decrement_on_failure<T>(
        &self,
        attempt: &Attempt,
        outcome: Outcome<T>,
    ) -> Outcome<T> {
        if let Err(Failure::Fault(_) | Failure::Refused(Refusal::Busy)) = &outcome {
            let mut tx = self.store().begin();
            for subject in [&attempt.address, &attempt.account].into_iter().flatten() {
                tx.decrement_attempts(subject.clone());
            }
            if let Err(error) = tx.commit().await {
                tracing::warn!(%error, "the count of a login attempt could not be decremented");
            }
        }
        outcome
    }

    /// Counts a lookup of another user's account from one network address.
    pub(crate) async fn count_account_lookup(&self, context: &RequestContext) -> Outcome<()> {
        let limit = self.settings().sign_in_limits.per_address;
        let Some(address) = context.address.filter(|_| limit > 0) else {
            return Ok(());
        };
        let subject = format!("question {}", rate_limited_network(address));
        self.count(None, vec![(subject, limit.saturating_mul(3))])
            .await
    }

    /// Counts a reset email to `email` and returns whether it may be sent: not
    /// more often than sign-in attempts are allowed. The caller does not learn
    /// the result.
    pub(crate) async fn count_reset_email(&self, email: &Email) -> Outcome<bool> {
        let limit = self.settings().sign_in_limits.per_account;
        if limit == 0 {
            return Ok(true);
        }
        let subjects = [(reset_email_subject(email.as_str()), limit)];
        let reached = self.with_retries(&|| self.count_once(&subjects)).await?;
        Ok(reached.is_none())
    }

    /// Counts as [`App::count_reset_email`], within a transaction: for emails
    /// that another user requests.
    pub(crate) async fn count_reset_email_in(
        &self,
        tx: &mut Tx,
        email: &str,
        now: Timestamp,
    ) -> Outcome<bool> {
        let SignInLimits {
            per_account,
            window,
            ..
        } = self.settings().sign_in_limits;
        if per_account == 0 {
            return Ok(true);
        }
        let subject = reset_email_subject(email);
        let (count, _) = tx.count_attempts(subject, 1, now, now + window).await?;
        Ok(count <= i64::from(per_account))
    }

    async fn count(
        &self,
        command: Option<&Command<'_>>,
        subjects: Vec<(String, u32)>,
    ) -> Outcome<()> {
        if subjects.is_empty() {
            return Ok(());
        }
        let Some(reached) = self.with_retries(&|| self.count_once(&subjects)).await? else {
            return Ok(());
        };
        if let Some(command) = command.filter(|_| !reached.is_first) {
            command.skip_audit_of_refusal();
        }
        let wait = reached.until.since(self.now()).as_secs().max(1);
        Err(Refusal::TooManyAttempts {
            retry_after_seconds: wait,
        }
        .into())
    }

    /// Counts in one transaction. Returns the limit that was reached, if any.
    async fn count_once(&self, subjects: &[(String, u32)]) -> Outcome<Option<LimitReached>> {
        let now = self.now();
        let until = now + self.settings().sign_in_limits.window;
        let mut tx = self.store().begin();
        let mut latest: Option<LimitReached> = None;
        for (subject, limit) in subjects {
            let (count, until) = tx.count_attempts(subject.clone(), 1, now, until).await?;
            let over = count - i64::from(*limit);
            if over > 0 {
                let so_far = latest.unwrap_or(LimitReached {
                    until,
                    is_first: false,
                });
                latest = Some(LimitReached {
                    until: until.max(so_far.until),
                    is_first: so_far.is_first || over == 1,
                });
            }
        }
        tx.commit().await?;
        Ok(latest)
    }
}

/// A limit that an attempt reached.
#[derive(Clone, Copy, Debug)]
struct LimitReached {
    /// When the last of the windows ends.
    until: Timestamp,
    /// Whether this attempt was the first above the limit.
    is_first: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv6_addresses_are_counted_per_64_network() {
        let of = |text: &str| rate_limited_network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("203.0.113.1"), of("203.0.113.2"));
    }
}
