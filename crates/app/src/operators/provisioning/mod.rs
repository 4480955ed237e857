//! Creating accounts as an operator: graphs of users, organizations and their
//! contents, one or thousands in one transaction.
//!
//! Everything is read and decided before the first row is written. Each graph
//! is checked by itself (`prepare`), what it refers to is read (`existing`), a
//! plan is made (`planner`), and then the rows of all graphs are written, table
//! by table.

mod existing;
mod graph;
mod logins;
mod planner;
mod prepare;
mod references;
mod result;

use freehold_domain::{AuditAction, Refusal};
use freehold_store::{Rule, UserRow};
use serde_json::json;

use crate::command::{Command, CommandOutput, Event, Failure, Outcome, RequestContext, UnitOfWork};
use crate::operators::Operator;
use crate::runtime::App;
use planner::Planner;

pub(crate) use existing::ExistingEntities;
pub use graph::{
    ApiKeyDraft, ExistingUserPolicy, Graph, GraphOptions, IdentityDraft, MembershipDraft,
    OrganizationDraft, Parts, ProjectDraft, UnparsedReference, UserDraft, WorkspaceDraft,
};
pub(crate) use prepare::PreparedGraph;
pub use result::{
    ApiKeyView, IdentityView, ItemError, MembershipView, OrganizationView, ProjectView,
    ProvisionedAccount, WorkspaceView,
};

/// How often a request is planned anew if it conflicts with other requests.
const MAX_ATTEMPTS: u32 = 5;

impl App {
    /// Creates everything in `graphs`, or nothing, and returns one account for
    /// each graph. The caller has checked the scope to write accounts; a login
    /// or API key for an existing user also needs
    /// [`CredentialsWrite`](freehold_domain::OperatorScope::CredentialsWrite).
    ///
    /// # Errors
    /// [`Refusal::InvalidReference`], [`Refusal::InvalidAccounts`],
    /// [`Refusal::OwnerRequired`], [`Refusal::FeatureUnavailable`];
    /// [`Refusal::EntityNotFound`]; [`Refusal::AccountExists`],
    /// [`Refusal::AccountsConflict`]; [`Refusal::ScopeMissing`].
    pub async fn provision(
        &self,
        operator: &Operator,
        context: &RequestContext,
        graphs: Vec<Graph>,
    ) -> Outcome<CommandOutput<Vec<ProvisionedAccount>>> {
        let command = self.command(
            operator.actor(),
            context,
            AuditAction::ProvisioningRequested,
        );
        let prepared = graphs.into_iter().map(|graph| self.prepare(graph));
        let prepared: Result<Vec<PreparedGraph>, Refusal> = prepared.collect();
        let attempt = || self.provision_once(&command, operator, prepared.as_deref());
        for _ in 1..MAX_ATTEMPTS {
            match command.run(attempt, |_| None).await {
                // The next attempt reads the conflicting rows.
                Err(failure) if is_conflict(&failure) => {}
                result => return result,
            }
        }
        command.run(attempt, conflict_of_rule).await
    }

    async fn provision_once(
        &self,
        command: &Command<'_>,
        operator: &Operator,
        prepared: Result<&[PreparedGraph], &Refusal>,
    ) -> Outcome<CommandOutput<Vec<ProvisionedAccount>>> {
        let prepared = prepared.map_err(Clone::clone)?;
        self.hash_logins(prepared).await?;
        let mut work = command.begin();
        let existing = self.look_up_existing(&mut work, prepared).await?;
        let accounts = self
            .provision_in(&mut work, operator, prepared, &existing)
            .await?;
        if work.has_no_events() {
            let event = Event::new(AuditAction::ProvisioningRequested, None);
            work.record(event.with_details(json!({ "accounts": accounts.len() })));
        }
        work.commit(accounts).await
    }

    /// Plans and writes everything within `work`. The references of `prepared`
    /// have to be read into `existing`, and the passwords hashed.
    ///
    /// # Errors
    /// As [`App::provision`].
    pub(crate) async fn provision_in(
        &self,
        work: &mut UnitOfWork<'_>,
        operator: &Operator,
        prepared: &[PreparedGraph],
        existing: &ExistingEntities,
    ) -> Outcome<Vec<ProvisionedAccount>> {
        let now = work.now;
        let mut planner = Planner::new(self, now, operator, existing);
        let planned = planner.plan(prepared).map_err(|failure| match failure {
            Failure::Refused(Refusal::ScopeMissing(scope)) => {
                work.refuse(operator.check_scope(scope))
            }
            other => other,
        })?;
        let events = planner.events(prepared, &planned)?;
        for (organization, count) in planner.membership_plan.new_members() {
            work.check_quota(organization, count).await?;
        }
        let Planner {
            users,
            mut creations,
            membership_plan,
            cleared_defaults,
            identities,
            passwords,
            api_keys,
            users_without_uid,
            ..
        } = planner;
        let tx = &mut work.tx;
        let changes = membership_plan.into_rows(creations.rows());
        let email_verified = users
            .iter()
            .filter(|user| user.existed && user.email_verified);
        let email_verified: Vec<_> = email_verified.map(|user| user.record.id).collect();
        // Updates first, so that all inserts can be sent together.
        tx.set_missing_uids(&users_without_uid);
        tx.verify_emails(&email_verified, now);
        tx.clear_default_projects(&cleared_defaults, now);
        for (level, roles) in &changes {
            tx.set_roles(*level, roles, now);
        }
        let new = users.iter().filter(|user| !user.existed);
        tx.insert_users(new.map(|user| UserRow {
            record: &user.record,
            is_email_verified: user.email_verified,
        }));
        creations.write(tx);
        tx.insert_identities(identities);
        tx.insert_passwords(passwords, now);
        tx.insert_api_keys(api_keys);
        for event in events {
            work.record(event);
        }
        Ok(planned
            .into_iter()
            .map(|graph_plan| graph_plan.account)
            .collect())
    }
}

/// Whether the failure is a conflict with a concurrent request, or a duplicate
/// prefix of an API key, which another attempt resolves.
pub(crate) fn is_conflict(failure: &Failure) -> bool {
    failure.violated_rule().and_then(conflict_of_rule).is_some()
}

fn conflict_of_rule(rule: Rule) -> Option<Refusal> {
    let is_conflict_rule = matches!(
        rule,
        Rule::UserEmail
            | Rule::Identity
            | Rule::OrganizationSlug
            | Rule::OrganizationMember
            | Rule::WorkspaceMember
            | Rule::ProjectMember
            | Rule::OneDefaultProject
            | Rule::ApiKeyPrefix
            | Rule::ForeignKey
    );
    is_conflict_rule.then(|| {
        let message = "Others are changing the same accounts. Please try again.";
        Refusal::AccountsConflict(message.to_owned())
    })
}
