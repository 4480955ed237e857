//! Argon2id alone: the cost of one password hash.

use std::{thread, time::Instant};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use serde::Serialize;

use crate::{
    error::{BenchError, Result},
    system::process::{CpuScope, cpu_us},
};

/// Processor time of one hash (19 MiB, two passes, one lane), in microseconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Argon {
    /// With memory that is allocated for each hash, as the crate is usually used.
    pub(crate) cpu_us_fresh_memory: f64,
    /// With the same memory for every hash.
    pub(crate) cpu_us_memory_kept: f64,
}

fn hasher() -> Result<Argon2<'static>> {
    let params =
        Params::new(19 * 1024, 2, 1, Some(32)).map_err(|e| BenchError::Argon2(e.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Hashes on all processors at once, like a server with many sign-ins: sharing
/// caches and memory bandwidth is part of the cost.
pub(crate) fn measure(seconds: f64) -> Result<Argon> {
    Ok(Argon {
        cpu_us_fresh_memory: measure_variant(seconds / 2.0, false)?,
        cpu_us_memory_kept: measure_variant(seconds / 2.0, true)?,
    })
}

fn measure_variant(seconds: f64, keep_memory: bool) -> Result<f64> {
    let hasher = hasher()?;
    let me = CpuScope::Process(std::process::id());
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let before = cpu_us(me)?;
    let counts: Vec<Result<u64>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| scope.spawn(|| hash_for(&hasher, seconds, keep_memory)))
            .collect();
        workers
            .into_iter()
            .map(|w| w.join().unwrap_or(Ok(0)))
            .collect()
    });
    let used = cpu_us(me)?.saturating_sub(before);
    let mut hashes = 0;
    for count in counts {
        hashes += count?;
    }
    Ok(used as f64 / hashes.max(1) as f64)
}

fn hash_for(hasher: &Argon2<'_>, seconds: f64, keep_memory: bool) -> Result<u64> {
    let mut memory = if keep_memory {
        vec![Block::default(); hasher.params().block_count()]
    } else {
        vec![]
    };
    let (started, mut count, mut out) = (Instant::now(), 0_u64, [0_u8; 32]);
    while started.elapsed().as_secs_f64() < seconds {
        let salt = (u128::from(count) << 64 | 7).to_le_bytes();
        if keep_memory {
            hasher.hash_password_into_with_memory(b"Secret12!", &salt, &mut out, &mut memory)
        } else {
            hasher.hash_password_into(b"Secret12!", &salt, &mut out)
        }
        .map_err(|e| BenchError::Argon2(e.to_string()))?;
        count += 1;
    }
    Ok(count)
}
