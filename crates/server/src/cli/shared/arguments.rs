//! Arguments that several commands take.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::config::{Sources, settings};

/// What can be said on the command line instead of in the configuration.
#[derive(Debug, Args)]
#[command(next_help_heading = "For every command")]
pub(crate) struct Overrides {
    /// Read this configuration file instead of ./freehold.toml.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Keep everything here: sqlite:PATH or postgres://HOST/DATABASE.
    ///
    /// Others on this machine can read command lines: put an address with a password into
    /// FREEHOLD_DATABASE_URL or a file named by FREEHOLD_DATABASE_URL_FILE.
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// Keep files here.
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<String>,
    /// How much to log, such as debug or freehold_store=debug,info.
    #[arg(long, global = true, value_name = "FILTER")]
    log: Option<String>,
}

impl Overrides {
    pub(crate) fn sources(self, serve: Serve) -> Sources {
        let flags = [
            (&settings::DATABASE_URL, "--database-url", self.database_url),
            (&settings::DATA_DIR, "--data-dir", self.data_dir),
            (&settings::LOG, "--log", self.log),
            (&settings::LISTEN, "--listen", serve.listen),
            (&settings::PUBLIC_URL, "--public-url", serve.public_url),
        ];
        Sources {
            file: self.config,
            flags: flags
                .into_iter()
                .filter_map(|(setting, flag, value)| Some((setting, flag, value?)))
                .collect(),
            ..Sources::of_this_process()
        }
    }
}

#[derive(Debug, Default, Args)]
pub(crate) struct Serve {
    /// Listen here.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<String>,
    /// Where people reach the web application.
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
}

impl Serve {
    /// What is said behind `serve` wins over what is said before it.
    pub(crate) fn or(self, before: Self) -> Self {
        Self {
            listen: self.listen.or(before.listen),
            public_url: self.public_url.or(before.public_url),
        }
    }
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For eyes.
    #[default]
    Table,
    /// For programs.
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct Output {
    /// How to write the answer.
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub(crate) output: Format,
}
