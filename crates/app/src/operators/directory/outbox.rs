//! What waits to be told to the outside, for operators.

use freehold_store::OutboxTopic;
use serde_json::json;

use crate::command::{Call, Outcome};
use crate::email::DueLetter;
use crate::operators::Operator;
use crate::runtime::App;

/// The state of the outbox.
#[derive(Clone, Debug)]
pub struct OutboxFile {
    /// How much there is of each topic.
    pub topics: Vec<OutboxTopic>,
    /// Letters that were not sent, the oldest first.
    pub letters: Vec<DueLetter>,
}

impl App {
    /// How much waits, and which letters: at most `letters` of them.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn outbox(
        &self,
        operator: &Operator,
        call: &Call,
        letters: u32,
    ) -> Outcome<OutboxFile> {
        self.looked(operator, call, json!({ "asked": "outbox" }))
            .await?;
        Ok(OutboxFile {
            topics: self.store().outbox_topics().await?,
            letters: self.due_letters(false, letters).await?,
        })
    }
}
