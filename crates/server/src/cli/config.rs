//! `freehold config`.

use std::process::ExitCode;

use clap::Subcommand;

use crate::{
    config::{Config, ConfigSources, effective_configuration},
    terminal,
};

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Report every error in the configuration. Exits with 0 if there is none.
    #[command(after_help = "Example:\n  FREEHOLD_LISTEN=8000 freehold config check")]
    Check,
    /// Print the effective configuration and the source of each value, in the format of the
    /// configuration file.
    ///
    /// Secrets are printed as (set).
    #[command(after_help = "Example:\n  freehold config print > freehold.toml")]
    Print,
}

impl ConfigCommand {
    pub(super) fn run(self, sources: &ConfigSources) -> ExitCode {
        let config = match Config::load(sources) {
            Ok(config) => config,
            Err(problems) => {
                terminal::print_note(problems.to_string());
                return ExitCode::from(2);
            }
        };
        for notice in &config.notices {
            terminal::print_note(notice);
        }
        match self {
            Self::Check => terminal::print_output("The configuration is valid."),
            Self::Print => terminal::print_output(effective_configuration(&config)),
        }
        ExitCode::SUCCESS
    }
}
