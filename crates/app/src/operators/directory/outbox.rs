//! The undelivered events and email jobs of the outbox, for operators.

use freehold_store::OutboxTopic;
use serde_json::json;

use crate::command::{Outcome, RequestContext};
use crate::email::EmailJobDetails;
use crate::operators::Operator;
use crate::runtime::App;

/// The state of the outbox.
#[derive(Clone, Debug)]
pub struct OutboxDetails {
    /// The number of undelivered events of each topic.
    pub topics: Vec<OutboxTopic>,
    /// The email jobs that were not sent, oldest first.
    pub email_jobs: Vec<EmailJobDetails>,
}

impl App {
    /// The state of the outbox, with at most `limit` email jobs.
    ///
    /// # Errors
    /// Only database errors.
    pub async fn outbox(
        &self,
        operator: &Operator,
        context: &RequestContext,
        limit: u32,
    ) -> Outcome<OutboxDetails> {
        self.record_operator_read(operator, context, json!({ "read": "outbox" }))
            .await?;
        Ok(OutboxDetails {
            topics: self.store().outbox_topics().await?,
            email_jobs: self.email_jobs(false, limit).await?,
        })
    }
}
