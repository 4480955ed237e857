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
use freehold_store::Rule;
use serde_json::json;
use uuid::Uuid;

use crate::command::{Command, CommandOutput, Event, Failure, Outcome, RequestContext, UnitOfWork};
use crate::operators::Operator;
use crate::runtime::App;
use planner::Deciding;

pub(crate) use existing::Known;
pub use graph::{
    ApiKeyDraft, Existing, Graph, IdentityDraft, MembershipDraft, Named, OrganizationDraft, Parts,
    ProjectDraft, UserDraft, Wanted, WorkspaceDraft,
};
pub(crate) use prepare::Prepared;
pub use result::{
    Account, ApiKeyView, IdentityView, InBandError, MembershipView, OrganizationView, ProjectView,
    WorkspaceView,
};

/// How often a request is decided at most while others change what it is
/// about.
const TRIES: u32 = 5;

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
        call: &RequestContext,
        graphs: Vec<Graph>,
    ) -> Outcome<CommandOutput<Vec<Account>>> {
        let command = self.command(operator.actor(), call, AuditAction::AccountsProvisioned);
        let prepared = graphs.into_iter().map(|graph| self.prepare(graph));
        let prepared: Result<Vec<Prepared>, Refusal> = prepared.collect();
        let attempt = || self.provision_once(&command, operator, prepared.as_deref());
        for _ in 1..TRIES {
            match command.run(attempt, |_| None).await {
                // Now it can be seen what was in the way.
                Err(failure) if may_be_tried_again(&failure) => {}
                done => return done,
            }
        }
        command.run(attempt, in_the_way).await
    }

    async fn provision_once(
        &self,
        command: &Command<'_>,
        operator: &Operator,
        prepared: Result<&[Prepared], &Refusal>,
    ) -> Outcome<CommandOutput<Vec<Account>>> {
        let prepared = prepared.map_err(Clone::clone)?;
        self.hash_logins(prepared).await?;
        let mut work = command.begin();
        let known = self.look_up_accounts(&mut work, prepared).await?;
        let accounts = self.provision_in(&mut work, operator, prepared, &known)?;
        if work.is_uneventful() {
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
        prepared: &[Prepared],
        known: &Known,
    ) -> Outcome<Vec<Account>> {
        let now = work.now;
        let mut deciding = Deciding::new(self, now, operator, known);
        let drawn = deciding.decide(prepared).map_err(|failure| match failure {
            Failure::Refused(Refusal::ScopeMissing(scope)) => work.refuse(operator.may(scope)),
            other => other,
        })?;
        let events = deciding.events(prepared, &drawn)?;
        let Deciding {
            people,
            mut places,
            seats,
            cleared,
            identities,
            passwords,
            keys,
            linked,
            ..
        } = deciding;
        let tx = &mut work.tx;
        let changes = seats.into_rows(places.ground());
        let proven = people.iter().filter(|it| it.existed && it.proven);
        let proven: Vec<_> = proven.map(|it| it.record.id).collect();
        // What is changed first, so that what is added can travel together.
        tx.set_missing_uids(&linked);
        tx.verify_emails(&proven, now);
        tx.clear_default_projects(&cleared, now);
        for (level, roles) in &changes {
            tx.set_roles(*level, roles, now);
        }
        let new = people.iter().filter(|it| !it.existed);
        tx.insert_users(new.map(|it| (&it.record, it.proven)));
        places.write(tx);
        tx.insert_identities(identities);
        tx.insert_passwords(passwords, now);
        tx.insert_api_keys(keys);
        for event in events {
            work.record(event);
        }
        Ok(drawn.into_iter().map(|one| one.account).collect())
    }
}

/// Whether others were a moment faster with something that the request is
/// about, or two keys begin alike: deciding again sees it.
pub(crate) fn may_be_tried_again(failure: &Failure) -> bool {
    failure.broken().and_then(in_the_way).is_some()
}

fn in_the_way(rule: Rule) -> Option<Refusal> {
    let is_in_the_way = matches!(
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
    is_in_the_way.then(|| {
        let sentence = "Others are changing the same accounts. Please try again.";
        Refusal::AccountsConflict(sentence.to_owned())
    })
}
