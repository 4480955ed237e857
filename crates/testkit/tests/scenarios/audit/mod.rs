//! The audit log: what is recorded in it, and who reads what.

mod queries;
mod records;
