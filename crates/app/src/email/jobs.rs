//! Email jobs: what commands queue in the outbox to be sent.

use freehold_domain::{Id, Timestamp, User, Workspace};
use freehold_store::OutboxRow;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An email to be sent, as stored in the outbox: ids, never a secret or a link.
/// Everything else is read when it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "template", rename_all = "snake_case")]
pub(crate) enum EmailJob {
    /// A link for `user` to set their password.
    PasswordReset { user: Id<User> },
    /// An invitation, if this is still its generation.
    Invitation { invitation: Uuid, generation: i64 },
    /// `user` has joined `workspace`. Without `to` it is for all members who
    /// manage the workspace, and is replaced by one job for each of them.
    MemberJoined {
        workspace: Id<Workspace>,
        user: Id<User>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Id<User>>,
    },
}

impl EmailJob {
    /// The name in lists.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::PasswordReset { .. } => "password_reset",
            Self::Invitation { .. } => "invitation",
            Self::MemberJoined { .. } => "member_joined",
        }
    }

    /// The row for the outbox.
    pub(crate) fn row(self, id: Uuid, now: Timestamp) -> OutboxRow {
        OutboxRow {
            id,
            topic: "email",
            payload: serde_json::json!(self),
            now,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn jobs_round_trip_through_json() {
        let (a, b, c) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
        let (workspace, user) = (Id::new(a), Id::new(b));
        for (job, text) in [
            (
                EmailJob::PasswordReset { user },
                json!({"template": "password_reset", "user": b}),
            ),
            (
                EmailJob::Invitation {
                    invitation: c,
                    generation: 2,
                },
                json!({"template": "invitation", "invitation": c, "generation": 2}),
            ),
            (
                EmailJob::MemberJoined {
                    workspace,
                    user,
                    to: None,
                },
                json!({"template": "member_joined", "workspace": a, "user": b}),
            ),
            (
                EmailJob::MemberJoined {
                    workspace,
                    user,
                    to: Some(Id::new(c)),
                },
                json!({"template": "member_joined", "workspace": a, "user": b, "to": c}),
            ),
        ] {
            assert_eq!(serde_json::to_value(job).unwrap(), text);
            assert_eq!(
                serde_json::from_value::<EmailJob>(text.clone()).unwrap(),
                job
            );
            assert_eq!(text["template"], job.name());
        }
    }
}
