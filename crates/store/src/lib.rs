//! Where things are kept: SQLite or PostgreSQL, behind one seam.
//!
//! `seam` is where the two engines meet; `migrations` is the schema's history;
//! every other file is one table or one question, with its SQL. What may be
//! done, and by whom, is decided above (`freehold-app`); here is only what the
//! schema itself refuses.

pub mod migrations;
pub mod seam;

pub use seam::{Database, Engine, Rule, Store, StoreError, Tx};
