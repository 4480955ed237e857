//! A repeatable random source for this crate's own tests.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::RandomSource;

/// A long, repeatable sequence in which neighboring bytes differ.
#[derive(Default)]
pub(crate) struct SequentialRandom(AtomicU64);

impl RandomSource for SequentialRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let n = self.0.fetch_add(1, Ordering::Relaxed);
            // The high byte of a Weyl sequence: cheap, and it reaches all values.
            *byte = n.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes()[0];
        }
    }
}
