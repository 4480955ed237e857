//! Arguments that several commands take.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use secrecy::{ExposeSecret as _, SecretString};

use crate::config::{ConfigSources, settings};

/// Options that override settings of the configuration.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Overrides {
    /// Read this configuration file instead of ./freehold.toml.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The database: sqlite:PATH or postgres://HOST/DATABASE.
    ///
    /// Other users of this machine can read command lines: put a URL that contains a password into
    /// FREEHOLD_DATABASE_URL or into a file named by FREEHOLD_DATABASE_URL_FILE.
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<SecretString>,
    /// Directory for the SQLite database and the generated admin key.
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<String>,
    /// Log filter, such as debug or freehold_store=debug,info.
    #[arg(long, global = true, value_name = "FILTER")]
    log: Option<String>,
}

impl Overrides {
    pub(crate) fn sources(self, serve: ServeArguments) -> ConfigSources {
        let database_url = self.database_url.map(|url| url.expose_secret().to_owned());
        let flags = [
            (&settings::DATABASE_URL, "--database-url", database_url),
            (&settings::DATA_DIR, "--data-dir", self.data_dir),
            (&settings::LOG, "--log", self.log),
            (&settings::LISTEN, "--listen", serve.listen),
            (&settings::PUBLIC_URL, "--public-url", serve.public_url),
        ];
        ConfigSources {
            file: self.config,
            flags: flags
                .into_iter()
                .filter_map(|(setting, flag, value)| Some((setting, flag, value?)))
                .collect(),
            ..ConfigSources::from_process()
        }
    }
}

#[derive(Debug, Default, Args)]
pub(crate) struct ServeArguments {
    /// Address and port to listen on.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<String>,
    /// Public URL of the web application.
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
}

impl ServeArguments {
    /// Merges the options before and after `serve`; those after it take precedence.
    pub(crate) fn merged_into(self, before_subcommand: Self) -> Self {
        Self {
            listen: self.listen.or(before_subcommand.listen),
            public_url: self.public_url.or(before_subcommand.public_url),
        }
    }
}

/// Output format of a command.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// Human-readable.
    #[default]
    Table,
    /// JSON.
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct Output {
    /// Output format.
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub(crate) output: OutputFormat,
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Arguments {
        #[command(flatten)]
        overrides: Overrides,
    }

    #[test]
    fn the_debug_output_has_no_database_password() {
        let url = "postgres://ada:hunter2@db/core";
        let arguments = Arguments::parse_from(["freehold", "--database-url", url]);
        assert!(!format!("{arguments:?}").contains("hunter2"));
        let sources = arguments.overrides.sources(ServeArguments::default());
        assert_eq!(sources.flags[0].2, url);
    }
}
