//! What a list of invitations can be asked for.

use freehold_app::InvitationQuery;
use freehold_domain::{Id, InvitationStatus};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::extract::PageRequest;
use crate::extract::body::{Field, FieldReader};

/// A part of a list, as the query asks for it.
pub(super) type InvitationPageRequest = PageRequest<StatusFilter, Uuid>;

/// Only these, if any are named.
#[derive(Debug)]
pub(super) struct StatusFilter(Option<InvitationStatus>);

impl InvitationPageRequest {
    pub(super) fn query(&self) -> InvitationQuery {
        let StatusFilter(status) = self.filter;
        InvitationQuery {
            status,
            after: self.after.map(Id::new),
            limit: Some(self.limit),
        }
    }
}

impl Field for StatusFilter {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let params = reader.object(value)?;
        let named: Option<StatusField> = reader.field(params, "status")?;
        Some(Self(named.map(|StatusField(status)| status)))
    }
}

#[derive(Debug)]
struct StatusField(InvitationStatus);

impl Field for StatusField {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let status = value.as_str().and_then(InvitationStatus::parse);
        if status.is_none() {
            let names = InvitationStatus::ALL.map(|it| format!("'{}'", it.as_str()));
            let expected = names.join(", ");
            reader.report_with_context(
                "enum",
                &format!("Input should be one of {expected}"),
                value,
                &json!({"expected": expected}),
            );
        }
        status.map(Self)
    }
}
