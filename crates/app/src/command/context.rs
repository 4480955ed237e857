//! The context of a request, its actor, and the output of a command.

use std::net::IpAddr;

use freehold_domain::{ApiKey, Id, Reason, User};
use uuid::Uuid;

use crate::operators::Operator;

/// The context of a request: everything but what is requested.
#[derive(Clone, Debug, Default)]
pub struct RequestContext {
    /// The id of the request in logs, errors and the audit log.
    pub request_id: String,
    /// The network address of the client.
    pub address: Option<IpAddr>,
    /// The user agent of the client.
    pub user_agent: Option<String>,
    /// The idempotency key, if the request has one.
    pub idempotency: Option<IdempotencyKey>,
    /// Whether the command is a dry run, which is rolled back.
    pub dry_run: bool,
    /// The reason that an operator gives, for the audit log.
    pub reason: Option<Reason>,
}

/// An idempotency key: a request with the same key is processed once.
#[derive(Clone)]
pub struct IdempotencyKey {
    /// 1 to 255 visible ASCII characters. The stored response is encrypted with
    /// it, so it is as secret as the response.
    pub key: String,
    /// The SHA-256 of the request. Equal requests have equal fingerprints.
    pub fingerprint: [u8; 32],
}

impl std::fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdempotencyKey(..)")
    }
}

/// The actor of a command, as the audit log records it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A client that has not authenticated.
    Anonymous,
    /// A user with a session.
    User(Id<User>),
    /// A program with a user's API key.
    Key(Id<User>, Id<ApiKey>),
    /// A service with a token from a permission check, on behalf of a user.
    Service(Id<User>),
    /// An operator of the server.
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

    /// Returns the name of an operator.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Actor::Operator(operator) => Some(&operator.name),
            Actor::Anonymous | Actor::User(_) | Actor::Key(..) | Actor::Service(_) => None,
        }
    }
}

/// The output of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandOutput<T> {
    /// The result.
    pub answer: T,
    /// Whether this is the stored response to an earlier request.
    pub replayed: bool,
    /// For a dry run, the names of the audit events that would have been recorded.
    pub dry_run_events: Option<Vec<String>>,
}

impl<T> CommandOutput<T> {
    /// Converts the result.
    pub(crate) fn map<U>(self, answer: impl FnOnce(T) -> U) -> CommandOutput<U> {
        CommandOutput {
            answer: answer(self.answer),
            replayed: self.replayed,
            dry_run_events: self.dry_run_events,
        }
    }
}
