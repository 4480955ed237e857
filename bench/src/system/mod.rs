//! What is measured and where: the server, PostgreSQL, the processes of both, and
//! the folder for their data.

pub(crate) mod data_folder;
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod server;
