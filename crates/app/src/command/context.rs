//! How something is asked for, beside what is asked; and how it is answered.

use std::net::IpAddr;

use freehold_domain::{ApiKey, Id, Reason, User};
use uuid::Uuid;

use crate::operators::Operator;

/// How a command is asked for.
#[derive(Clone, Debug, Default)]
pub struct RequestContext {
    /// Names the request in logs, errors and audit.
    pub request_id: String,
    /// Where it came from.
    pub address: Option<IpAddr>,
    /// What it was asked with.
    pub user_agent: Option<String>,
    /// Ask twice, do once.
    pub idempotency: Option<IdempotencyKey>,
    /// A rehearsal: everything is tried, nothing is kept.
    pub dry_run: bool,
    /// Why, in the words of an operator; the audit trail keeps it.
    pub reason: Option<Reason>,
}

/// A caller's own name for one command, so that it may be sent again.
#[derive(Clone)]
pub struct IdempotencyKey {
    /// 1 to 255 visible ASCII characters. As secret as the answer is.
    pub key: String,
    /// SHA-256 of everything that makes two requests the same.
    pub fingerprint: [u8; 32],
}

impl std::fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdempotencyKey(..)")
    }
}

/// Who is asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Nobody we know yet.
    Anonymous,
    /// A person with a session.
    User(Id<User>),
    /// A program with a person's key.
    Key(Id<User>, Id<ApiKey>),
    /// A service with a token that was made for it when a person's rights were
    /// checked.
    Service(Id<User>),
    /// Somebody who runs the server.
    Operator(Operator),
}

impl Actor {
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Actor::Anonymous => "anonymous",
            Actor::User(_) => "user",
            Actor::Key(..) => "key",
            Actor::Service(_) => "service",
            Actor::Operator(_) => "operator",
        }
    }

    pub(crate) fn id(&self) -> Option<Uuid> {
        match self {
            Actor::User(user) | Actor::Key(user, _) | Actor::Service(user) => Some(user.uuid()),
            Actor::Operator(operator) => operator.key.map(Id::uuid),
            Actor::Anonymous => None,
        }
    }

    /// What an operator is called.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Actor::Operator(operator) => Some(&operator.name),
            Actor::Anonymous | Actor::User(_) | Actor::Key(..) | Actor::Service(_) => None,
        }
    }
}

/// A command's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandOutput<T> {
    /// What was asked for.
    pub answer: T,
    /// This answer was given before, to the same request.
    pub replayed: bool,
    /// For a rehearsal: what would have happened, by the names of the audit
    /// events.
    pub rehearsal: Option<Vec<String>>,
}

impl<T> CommandOutput<T> {
    /// The same, with another answer.
    pub(crate) fn map<U>(self, answer: impl FnOnce(T) -> U) -> CommandOutput<U> {
        CommandOutput {
            answer: answer(self.answer),
            replayed: self.replayed,
            rehearsal: self.rehearsal,
        }
    }
}
