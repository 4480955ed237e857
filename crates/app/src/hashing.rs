//! Password hashing: Argon2id on threads of its own, so that a storm of
//! sign-ins never starves other requests.
//!
//! A hash takes some 20 ms and 19 MiB, a hundred times the rest of a request.
//! The threads run at a lower priority than those that answer; the queue before
//! them is bounded, and when it is full a request is refused at once rather
//! than kept for a minute.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use argon2::password_hash::{PasswordHash, Salt, SaltString};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use freehold_domain::{Chance, Refusal};
use subtle::ConstantTimeEq;
use tokio::sync::oneshot;

use crate::failure::{Fault, Outcome};

/// OWASP's first choice for Argon2id, November 2026: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const HASH_BYTES: usize = 32;

/// How many may wait. At 25 ms and two threads the last one waits three seconds.
const QUEUE: usize = 256;
/// Threads give their memory back after so long without work.
const IDLE: Duration = Duration::from_secs(2);
/// How far behind everything else the threads stand, in steps of `nice`.
const NICE: i32 = 10;

type Job = Box<dyn FnOnce(&mut Vec<Block>) + Send>;

/// The threads.
pub(crate) struct Hasher {
    jobs: mpsc::SyncSender<Job>,
    chance: Arc<dyn Chance>,
}

/// What a password was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Another one.
    Wrong,
    /// The right one.
    Right,
    /// The right one, kept at another cost than today's.
    RightButOutdated,
}

impl Hasher {
    pub(crate) fn start(threads: usize, chance: Arc<dyn Chance>) -> Self {
        let (jobs, waiting) = mpsc::sync_channel::<Job>(QUEUE);
        let waiting = Arc::new(Mutex::new(waiting));
        for number in 0..threads.max(1) {
            let waiting = waiting.clone();
            let spawned = std::thread::Builder::new()
                .name(format!("hash-{number}"))
                .spawn(move || {
                    // On Linux this is a property of the thread. Elsewhere, or
                    // if it is not permitted, hashing is only less polite.
                    let _ = rustix::process::nice(NICE);
                    work(&waiting);
                });
            if let Err(error) = spawned {
                tracing::error!(%error, "a hashing thread could not be started");
            }
        }
        Self { jobs, chance }
    }

    /// Runs `job` on one of the threads.
    async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Outcome<T> {
        let (done, wait) = oneshot::channel();
        let job: Job = Box::new(move |memory| {
            // Whoever asked may be gone; then nobody needs the answer.
            if !done.is_closed() {
                let _ = done.send(job(memory));
            }
        });
        self.jobs.try_send(job).map_err(|_| Refusal::Busy)?;
        let lost = |_| Fault::Internal("a hashing thread ended".to_owned());
        Ok(wait.await.map_err(lost)?)
    }

    /// The PHC string to keep for a new password.
    pub(crate) async fn hash(&self, password: String) -> Outcome<String> {
        let mut salt = [0; 16];
        self.chance.fill(&mut salt);
        self.run(move |memory| hash(&password, &salt, memory))
            .await?
    }

    /// Compares a password with what is kept. Without anything kept it does
    /// the same work, and says no.
    pub(crate) async fn verify(&self, password: String, kept: Option<String>) -> Outcome<Verdict> {
        self.run(move |memory| match kept {
            Some(kept) => verify(&password, &kept, memory),
            None => hash(&password, &[0; 16], memory).map(|_| Verdict::Wrong),
        })
        .await?
    }
}

fn work(waiting: &Mutex<mpsc::Receiver<Job>>) {
    let mut memory = Vec::new();
    loop {
        let next = waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv_timeout(IDLE);
        match next {
            Ok(job) => job(&mut memory),
            Err(mpsc::RecvTimeoutError::Timeout) => memory = Vec::new(),
            Err(mpsc::RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn hash(password: &str, salt: &[u8], memory: &mut Vec<Block>) -> Outcome<String> {
    let argon2 = argon2(MEMORY_KIB, PASSES, LANES)?;
    let mut out = [0; HASH_BYTES];
    compute(&argon2, password, salt, &mut out, memory)?;
    let salt = SaltString::encode_b64(salt).map_err(|error| internal(&error))?;
    let output = argon2::password_hash::Output::new(&out).map_err(|error| internal(&error))?;
    Ok(format!(
        "$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${output}"
    ))
}

fn verify(password: &str, kept: &str, memory: &mut Vec<Block>) -> Outcome<Verdict> {
    let parsed = PasswordHash::new(kept).map_err(|error| internal(&error))?;
    let params = Params::try_from(&parsed).map_err(|error| internal(&error))?;
    let (Some(salt), Some(expected)) = (parsed.salt, parsed.hash) else {
        return Err(Fault::Internal("a password hash without salt or hash".to_owned()).into());
    };
    if parsed.algorithm.as_str() != "argon2id" {
        let name = parsed.algorithm.as_str();
        return Err(Fault::Internal(format!("a password is kept as {name}")).into());
    }
    let mut bytes = [0; Salt::MAX_LENGTH];
    let salt = salt
        .decode_b64(&mut bytes)
        .map_err(|error| internal(&error))?;
    let argon2 = argon2(params.m_cost(), params.t_cost(), params.p_cost())?;
    let mut out = vec![0; expected.len()];
    compute(&argon2, password, salt, &mut out, memory)?;
    if !bool::from(out.ct_eq(expected.as_bytes())) {
        return Ok(Verdict::Wrong);
    }
    let current =
        (params.m_cost(), params.t_cost(), params.p_cost()) == (MEMORY_KIB, PASSES, LANES);
    Ok(if current {
        Verdict::Right
    } else {
        Verdict::RightButOutdated
    })
}

fn argon2(memory: u32, passes: u32, lanes: u32) -> Outcome<Argon2<'static>> {
    let params = Params::new(memory, passes, lanes, None).map_err(|error| internal(&error))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn compute(
    argon2: &Argon2<'_>,
    password: &str,
    salt: &[u8],
    out: &mut [u8],
    memory: &mut Vec<Block>,
) -> Outcome<()> {
    // The blocks are overwritten before they are read, so they are used again.
    let blocks = argon2.params().block_count();
    if memory.len() < blocks {
        memory.resize(blocks, Block::default());
    }
    Ok(argon2
        .hash_password_into_with_memory(password.as_bytes(), salt, out, &mut memory[..blocks])
        .map_err(|error| internal(&error))?)
}

fn internal(error: &impl std::fmt::Display) -> Fault {
    Fault::Internal(format!("password hashing: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_told_from_others_and_old_costs_are_noticed() {
        let mut memory = Vec::new();
        let kept = hash("Secret12!", &[3; 16], &mut memory).unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_eq!(
            verify("Secret12!", &kept, &mut memory).unwrap(),
            Verdict::Right
        );
        assert_eq!(
            verify("secret12!", &kept, &mut memory).unwrap(),
            Verdict::Wrong
        );
        // From the reference implementation's own test vectors: `password`, `somesalt`.
        let old = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        assert_eq!(
            verify("password", old, &mut memory).unwrap(),
            Verdict::RightButOutdated
        );
    }
}
