//! The schema: its history, and whether a database keeps its rules.

pub mod doctor;
pub mod migrations;
