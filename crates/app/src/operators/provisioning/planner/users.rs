//! Who is meant: people who are there, and people whom the request makes.

use freehold_domain::{Email, EntityKind, Id, Refusal, Username};
use freehold_store::{ExistingUser, UserRecord};

use super::super::graph::Existing;
use super::super::prepare::{Person, Prepared};
use super::super::references::Pick;
use super::{Deciding, Drawn, Somebody, lost};
use crate::command::Outcome;

impl Deciding<'_> {
    /// All people first: a part may name somebody of a later graph by address.
    pub(super) fn people_of(&mut self, graph: &Prepared, one: &mut Drawn) -> Outcome<()> {
        for (_, person) in &graph.people {
            let number = match person {
                Person::Known(pick) => self.there(pick)?,
                Person::Given(email, username) => self.given(graph, email, username)?,
            };
            one.people.push(number);
        }
        Ok(())
    }

    fn given(&mut self, graph: &Prepared, email: &Email, username: &Username) -> Outcome<usize> {
        let found = match self.by_email.get(email.as_str()) {
            Some(number) => Some(*number),
            None => {
                let known = self.known.by_email(email.as_str());
                known.map(|known| self.take_known(known))
            }
        };
        match (found, graph.wanted.existing) {
            (Some(number), Existing::Reused) => Ok(number),
            (Some(_), Existing::Refused) => {
                Err(Refusal::AccountExists(email.as_str().to_owned()).into())
            }
            (None, _) => {
                let id = Id::draw(self.app.chance(), self.now);
                Ok(self.take(Somebody {
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
                    proven: false,
                }))
            }
        }
    }

    fn take(&mut self, somebody: Somebody) -> usize {
        let number = self.people.len();
        self.by_email.insert(somebody.record.email.clone(), number);
        self.by_id.insert(somebody.record.id, number);
        self.people.push(somebody);
        number
    }

    fn take_known(&mut self, known: &ExistingUser) -> usize {
        if let Some(number) = self.by_id.get(&known.user.id) {
            return *number;
        }
        self.take(Somebody {
            record: known.user.clone(),
            existed: true,
            has_password: known.has_password,
            proven: false,
        })
    }

    /// Somebody who has to be there, or to be made by this request.
    fn there(&mut self, pick: &Pick) -> Outcome<usize> {
        let (number, known) = match pick {
            Pick::Id(id) => {
                let id = Id::new(*id);
                (self.by_id.get(&id), self.known.by_id(id))
            }
            Pick::Email(email) => {
                let email = email.as_str();
                (self.by_email.get(email), self.known.by_email(email))
            }
            Pick::Part(_) | Pick::Slug(_) => (None, None),
        };
        match (number, known) {
            (Some(number), _) => Ok(*number),
            (None, Some(known)) => Ok(self.take_known(known)),
            (None, None) => Err(pick.missing(EntityKind::User).into()),
        }
    }

    pub(super) fn person(&mut self, one: &Drawn, pick: &Pick) -> Outcome<usize> {
        match pick {
            Pick::Part(number) => one.people.get(*number).copied().ok_or_else(lost),
            pick => self.there(pick),
        }
    }
}
