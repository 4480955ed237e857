//! What a list of invitations can be asked for.

use freehold_app::InvitationQuery;
use freehold_domain::{Id, InvitationStatus};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::extract::Paged;
use crate::extract::body::{Field, Reader};

/// A part of a list, as the query asks for it.
pub(super) type Paging = Paged<Status, Uuid>;

/// Only these, if any are named.
#[derive(Debug)]
pub(super) struct Status(Option<InvitationStatus>);

impl Paging {
    pub(super) fn query(&self) -> InvitationQuery {
        let Status(status) = self.filter;
        InvitationQuery {
            status,
            after: self.after.map(Id::new),
            limit: Some(self.limit),
        }
    }
}

impl Field for Status {
    fn read(value: &Value, reader: &mut Reader) -> Option<Self> {
        let members = reader.object(value)?;
        let named: Option<Named> = reader.member(members, "status")?;
        Some(Self(named.map(|Named(status)| status)))
    }
}

#[derive(Debug)]
struct Named(InvitationStatus);

impl Field for Named {
    fn read(value: &Value, reader: &mut Reader) -> Option<Self> {
        let status = value.as_str().and_then(InvitationStatus::parse);
        if status.is_none() {
            let names = InvitationStatus::ALL.map(|it| format!("'{}'", it.as_str()));
            let expected = names.join(", ");
            reader.complain_because(
                "enum",
                &format!("Input should be one of {expected}"),
                value,
                &json!({"expected": expected}),
            );
        }
        status.map(Self)
    }
}
