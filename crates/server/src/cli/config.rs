//! `freehold config`.

use std::process::ExitCode;

use clap::Subcommand;

use crate::{
    config::{Config, Sources, printed},
    terminal,
};

#[derive(Debug, Subcommand)]
pub(super) enum Settings {
    /// Say everything that is wrong with the configuration; exit with 0 when nothing is.
    #[command(after_help = "Example:\n  FREEHOLD_LISTEN=8000 freehold config check")]
    Check,
    /// Show what is in force and who said so, as a file that could be read back.
    ///
    /// Secrets are shown as (set).
    #[command(after_help = "Example:\n  freehold config print > freehold.toml")]
    Print,
}

impl Settings {
    pub(super) fn run(self, sources: &Sources) -> ExitCode {
        let config = match Config::load(sources) {
            Ok(config) => config,
            Err(problems) => {
                terminal::remark(problems.to_string());
                return ExitCode::from(2);
            }
        };
        for notice in &config.notices {
            terminal::remark(notice);
        }
        match self {
            Self::Check => terminal::answer("The configuration is good."),
            Self::Print => terminal::answer(printed(&config)),
        }
        ExitCode::SUCCESS
    }
}
