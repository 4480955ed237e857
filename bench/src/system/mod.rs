//! The measured programs: the server, PostgreSQL, their processes, and the folder
//! for their data.

pub(crate) mod data_folder;
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod server;
pub(crate) mod write_ahead_log;
