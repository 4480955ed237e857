//! Counters of attempts, for rate limits.

use freehold_domain::Timestamp;

use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Tx};

statements! {
    COUNT_ATTEMPTS = "
        INSERT INTO attempts (subject, count, until) VALUES ($1, $4, $3)
            ON CONFLICT (subject) DO UPDATE
           SET count = CASE WHEN attempts.until <= $2 THEN excluded.count
                            ELSE attempts.count + excluded.count END,
               until = CASE WHEN attempts.until <= $2 THEN excluded.until
                            ELSE attempts.until END
     RETURNING count, until";
    DECREMENT_ATTEMPTS = "
        UPDATE attempts SET count = count - 1 WHERE subject = $1 AND count > 0";
    RESET_ATTEMPTS = "DELETE FROM attempts WHERE subject = $1";
}

impl Tx {
    /// Adds `times` to the counter of `subject`. Returns the count in the
    /// current window, these included, and when the window ends.
    pub async fn count_attempts(
        &mut self,
        subject: String,
        times: i64,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<(i64, Timestamp)> {
        let values = values![subject, now, until, times];
        let counted = self.read_one(&COUNT_ATTEMPTS, values, |row| {
            Ok((row.get(0)?, row.get(1)?))
        });
        Ok(counted.await?.unwrap_or((times, until)))
    }

    /// Subtracts one attempt, because it succeeded.
    pub fn decrement_attempts(&mut self, subject: String) {
        self.write(&DECREMENT_ATTEMPTS, values![subject]);
    }

    /// Deletes the counter, because the user has signed in.
    pub fn reset_attempts(&mut self, subject: String) {
        self.write(&RESET_ATTEMPTS, values![subject]);
    }
}
