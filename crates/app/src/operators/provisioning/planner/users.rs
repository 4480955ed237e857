//! Plans users, existing and new ones.

use freehold_domain::{Email, EntityKind, Id, Refusal, Username};
use freehold_store::{ExistingUser, UserRecord};

use super::super::graph::ExistingUserPolicy;
use super::super::prepare::{PreparedGraph, PreparedUser};
use super::super::references::EntityReference;
use super::{PlannedGraph, PlannedUser, Planner, inconsistent_plan};
use crate::command::Outcome;

impl Planner<'_> {
    /// Plans the users of all graphs first, because a part may refer to a user
    /// of a later graph by address.
    pub(super) fn plan_users(
        &mut self,
        graph: &PreparedGraph,
        planned: &mut PlannedGraph,
    ) -> Outcome<()> {
        for (_, user) in &graph.users {
            let index = match user {
                PreparedUser::Existing(reference) => self.existing_user(reference)?,
                PreparedUser::New(email, username) => {
                    self.plan_drafted_user(graph, email, username)?
                }
            };
            planned.users.push(index);
        }
        Ok(())
    }

    fn plan_drafted_user(
        &mut self,
        graph: &PreparedGraph,
        email: &Email,
        username: &Username,
    ) -> Outcome<usize> {
        let index = match self.by_email.get(email.as_str()) {
            Some(index) => Some(*index),
            None => {
                let existing = self.existing.by_email(email.as_str());
                existing.map(|existing| self.add_existing_user(existing))
            }
        };
        match (index, graph.options.existing) {
            (Some(index), ExistingUserPolicy::Reuse) => Ok(index),
            (Some(_), ExistingUserPolicy::Refuse) => {
                Err(Refusal::AccountExists(email.as_str().to_owned()).into())
            }
            (None, _) => {
                let id = Id::generate(self.app.random(), self.now);
                Ok(self.add_user(PlannedUser {
                    record: UserRecord {
                        id,
                        uid: Some(id.to_string()),
                        email: email.as_str().to_owned(),
                        username: Some(username.as_str().to_owned()),
                        created_at: Some(self.now),
                        updated_at: Some(self.now),
                    },
                    existed: false,
                    has_password: false,
                    email_verified: false,
                }))
            }
        }
    }

    fn add_user(&mut self, user: PlannedUser) -> usize {
        let index = self.users.len();
        self.by_email.insert(user.record.email.clone(), index);
        self.by_id.insert(user.record.id, index);
        self.users.push(user);
        index
    }

    fn add_existing_user(&mut self, existing: &ExistingUser) -> usize {
        if let Some(index) = self.by_id.get(&existing.user.id) {
            return *index;
        }
        self.add_user(PlannedUser {
            record: existing.user.clone(),
            existed: true,
            has_password: existing.has_password,
            email_verified: false,
        })
    }

    /// The index of a user who exists or is created by this request.
    fn existing_user(&mut self, reference: &EntityReference) -> Outcome<usize> {
        let (index, existing) = match reference {
            EntityReference::Id(id) => {
                let id = Id::new(*id);
                (self.by_id.get(&id), self.existing.by_id(id))
            }
            EntityReference::Email(email) => {
                let email = email.as_str();
                (self.by_email.get(email), self.existing.by_email(email))
            }
            EntityReference::InGraph(_) | EntityReference::Slug(_) => (None, None),
        };
        match (index, existing) {
            (Some(index), _) => Ok(*index),
            (None, Some(existing)) => Ok(self.add_existing_user(existing)),
            (None, None) => Err(reference.not_found(EntityKind::User).into()),
        }
    }

    pub(super) fn user_index(
        &mut self,
        planned: &PlannedGraph,
        reference: &EntityReference,
    ) -> Outcome<usize> {
        match reference {
            EntityReference::InGraph(index) => planned
                .users
                .get(*index)
                .copied()
                .ok_or_else(inconsistent_plan),
            reference => self.existing_user(reference),
        }
    }
}
