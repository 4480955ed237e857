//! The interface over both engines.

mod bulk_inserts;
mod constraint_errors;
mod postgres_tls;
mod transactions;
