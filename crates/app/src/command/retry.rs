//! Running a whole transaction again when others were in its way.

use std::time::Duration;

use super::Outcome;

/// How often a transaction is run at most.
const MAX_ATTEMPTS: u32 = 5;

/// Repeats an attempt that others were in the way of.
pub(crate) async fn with_retries<T, F, Fut>(attempt: &F) -> Outcome<T>
where
    F: Fn() -> Fut,
    Fut: Future<Output = Outcome<T>>,
{
    let mut attempts = 1;
    loop {
        match attempt().await {
            Err(failure) if failure.is_transient() && attempts < MAX_ATTEMPTS => {
                // Long enough for whoever was in the way, different for each.
                let jitter = u64::from(random_byte());
                let pause = Duration::from_micros((2_000 << attempts) + 20 * jitter);
                tokio::time::sleep(pause).await;
                attempts += 1;
            }
            result => return result,
        }
    }
}

/// A little unevenness; nothing secret or repeatable hangs on it.
fn random_byte() -> u8 {
    let mut byte = [0];
    // Without chance all wait equally long, which is only slower.
    let _ = aws_lc_rs::rand::fill(&mut byte);
    byte[0]
}
