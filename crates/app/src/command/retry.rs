//! Running a whole transaction again after a conflict with another one.

use std::time::Duration;

use freehold_domain::RandomSource;

use super::Outcome;
use crate::runtime::App;

/// The maximum number of times that a transaction is run.
const MAX_ATTEMPTS: u32 = 5;

impl App {
    /// Runs `attempt`, again after every transient failure.
    pub(crate) async fn with_retries<T, F, Fut>(&self, attempt: &F) -> Outcome<T>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Outcome<T>>,
    {
        with_retries(self.random(), attempt).await
    }
}

/// As [`App::with_retries`], for background jobs.
pub(crate) async fn with_retries<T, F, Fut>(random: &dyn RandomSource, attempt: &F) -> Outcome<T>
where
    F: Fn() -> Fut,
    Fut: Future<Output = Outcome<T>>,
{
    let mut attempts = 1;
    loop {
        match attempt().await {
            Err(failure) if failure.is_transient() && attempts < MAX_ATTEMPTS => {
                // Long enough for the other transaction to end; random, so
                // that two transactions do not meet again.
                let mut jitter = [0];
                random.fill(&mut jitter);
                let jitter = 20 * u64::from(jitter[0]);
                let pause = Duration::from_micros((2_000 << attempts) + jitter);
                tokio::time::sleep(pause).await;
                attempts += 1;
            }
            result => return result,
        }
    }
}
