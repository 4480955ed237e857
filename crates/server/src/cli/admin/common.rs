//! What every command of operators takes, and how one is run: over the database
//! of this machine, or at a running server.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use freehold_app::Extensions;
use url::Url;

use super::{operation::Errand, transport::Wire};
use crate::{
    cli::shared::{
        arguments::Format,
        error::Failed,
        run::{Log, to_its_end, with},
    },
    config::{Config, Sources},
    startup::Missing,
};

/// What every command of operators takes.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Where and how")]
pub(super) struct Common {
    /// Ask the server at this address instead of opening the database.
    ///
    /// The key is read from FREEHOLD_OPERATOR_KEY, else FREEHOLD_ADMIN_KEY (or from the file that
    /// either names with _FILE behind it), or --key-file.
    #[arg(long, global = true, value_name = "URL", value_parser = server)]
    server: Option<Url>,
    /// Read the key for --server from this file.
    #[arg(long, global = true, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Why, for the audit trail.
    #[arg(long, global = true, value_name = "TEXT")]
    reason: Option<String>,
    /// How to write the answer: json is the API's own.
    #[arg(
        short,
        long,
        global = true,
        value_name = "FORMAT",
        default_value = "table"
    )]
    output: Format,
}

impl Common {
    /// Opens the way, asks, and closes it.
    pub(super) fn run(
        self,
        sources: &Sources,
        extensions: &Extensions,
        missing: Missing,
        errand: impl AsyncFnOnce(&Wire) -> Result<Errand, Failed>,
    ) -> Result<ExitCode, Failed> {
        let Self {
            server,
            key_file,
            reason,
            output,
        } = self;
        let go = async |wire: Wire| {
            let done = match errand(&wire).await {
                Ok(errand) => errand.run(&wire, reason, output).await,
                Err(failed) => Err(failed),
            };
            wire.close().await;
            done.map(|()| ExitCode::SUCCESS)
        };
        let Some(server) = server else {
            if key_file.is_some() {
                return Err(Failed::Typed("--key-file is for --server".to_owned()));
            }
            return with(sources, Log::Quiet, async |config: &Config| {
                go(Wire::here(config, extensions.clone(), missing).await?).await
            });
        };
        // What is configured here says nothing of a server elsewhere.
        if !sources.flags.is_empty() {
            let flags: Vec<&str> = sources.flags.iter().map(|(_, flag, _)| *flag).collect();
            let flags = flags.join(", ");
            return Err(Failed::Typed(format!(
                "{flags}: not together with --server"
            )));
        }
        to_its_end(go(Wire::there(server, key_file.as_deref())?))
    }
}

/// An address of a server, without anything secret in it.
fn server(typed: &str) -> Result<Url, String> {
    let url = Url::parse(typed).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err("expected an address that begins with http:// or https://".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the key is read from the environment or a file".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("an address ends before ? and #".to_owned());
    }
    Ok(url)
}
