//! `freehold doctor`, and a corruption for each of its checks.

mod checks;
mod corruptions;
mod scale;
