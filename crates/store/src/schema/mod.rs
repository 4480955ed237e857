//! The schema: its migrations, and `doctor`'s check of a database.

pub mod doctor;
pub mod migrations;
