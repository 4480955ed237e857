//! What waits to be told to the outside, for operators.

use freehold_store::OutboxTopic;
use serde_json::json;

use crate::command::{Outcome, RequestContext};
use crate::email::EmailJobDetails;
use crate::operators::Operator;
use crate::runtime::App;

/// The state of the outbox.
#[derive(Clone, Debug)]
pub struct OutboxDetails {
    /// How much there is of each topic.
    pub topics: Vec<OutboxTopic>,
    /// Letters that were not sent, the oldest first.
    pub email_jobs: Vec<EmailJobDetails>,
}

impl App {
    /// How much waits, and which letters: at most `letters` of them.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn outbox(
        &self,
        operator: &Operator,
        context: &RequestContext,
        letters: u32,
    ) -> Outcome<OutboxDetails> {
        self.record_operator_read(operator, context, json!({ "read": "outbox" }))
            .await?;
        Ok(OutboxDetails {
            topics: self.store().outbox_topics().await?,
            email_jobs: self.email_jobs(false, letters).await?,
        })
    }
}
