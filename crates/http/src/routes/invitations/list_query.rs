//! The query of a list of invitations.

use freehold_app::InvitationQuery;
use freehold_domain::{Id, InvitationStatus};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::extract::PageRequest;
use crate::extract::body::{Field, FieldReader};

/// The query of a paged list of invitations.
pub(super) type InvitationPageRequest = PageRequest<StatusFilter, Uuid>;

/// The status that invitations must have, if the query names one.
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
        let status: Option<StatusField> = reader.field(params, "status")?;
        Some(Self(status.map(|StatusField(status)| status)))
    }
}

#[derive(Debug)]
struct StatusField(InvitationStatus);

impl Field for StatusField {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let status = value.as_str().and_then(InvitationStatus::parse);
        if status.is_none() {
            let names = InvitationStatus::ALL.map(|status| format!("'{}'", status.as_str()));
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
