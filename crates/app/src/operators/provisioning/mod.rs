//! Making accounts for others: whole graphs of people, organizations and what
//! is in them, one or thousands at once, in one transaction.
//!
//! Everything is looked up and decided before the first row is written: a graph
//! is looked over by itself (`prepare`), what it names is looked up (`existing`),
//! all that follows is decided (`planner`), and then the rows
//! of all graphs are written, table by table.

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
use uuid::Uuid;

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

/// How often a request is decided at most while others change what it is
/// about.
const MAX_ATTEMPTS: u32 = 5;

impl App {
    /// Makes everything that `graphs` hold, or nothing; one account of the
    /// answer for each. Whoever does it may write accounts; what gives those
    /// who are there something to sign in with needs
    /// [`CredentialsWrite`](freehold_domain::OperatorScope::CredentialsWrite)
    /// beside it.
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
        let command = self.command(operator.actor(), context, AuditAction::AccountsProvisioned);
        let prepared = graphs.into_iter().map(|graph| self.prepare(graph));
        let prepared: Result<Vec<PreparedGraph>, Refusal> = prepared.collect();
        let attempt = || self.provision_once(&command, operator, prepared.as_deref());
        for _ in 1..MAX_ATTEMPTS {
            match command.run(attempt, |_| None).await {
                // Now it can be seen what was in the way.
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
        let accounts = self.provision_in(&mut work, operator, prepared, &existing)?;
        if work.has_no_events() {
            let event = Event {
                action: AuditAction::AccountsProvisioned,
                organization: None,
                target: None::<Uuid>,
                details: json!({ "accounts": accounts.len() }),
            };
            work.record(event);
        }
        work.commit(accounts).await
    }

    /// Decides and writes within `work`, all of it or nothing. What `prepared`
    /// names has to be looked up, and its passwords have to be hashed.
    ///
    /// # Errors
    /// As [`App::provision`].
    pub(crate) fn provision_in(
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
        let email_verified = users.iter().filter(|it| it.existed && it.email_verified);
        let email_verified: Vec<_> = email_verified.map(|it| it.record.id).collect();
        // What is changed first, so that what is added can travel together.
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

/// Whether others were a moment faster with something that the request is
/// about, or two keys begin alike: deciding again sees it.
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
        let sentence = "Others are changing the same accounts. Please try again.";
        Refusal::AccountsConflict(sentence.to_owned())
    })
}
