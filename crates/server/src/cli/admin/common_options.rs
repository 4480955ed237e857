//! Options that every admin command takes, and how a command is run: on the local
//! database, or on a running server.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use url::Url;

use super::{operation::Operation, transport::Transport};
use crate::{
    cli::shared::{
        arguments::OutputFormat,
        error::CommandError,
        run::{LogMode, run_to_completion, run_with_config},
    },
    config::{Config, ConfigSources},
    startup::MissingDatabase,
};

/// Options of every admin command.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Connection and output")]
pub(super) struct CommonOptions {
    /// Send the request to the server at this URL instead of opening the local database.
    ///
    /// The key is read from --key-file, FREEHOLD_OPERATOR_KEY or FREEHOLD_ADMIN_KEY, or from the file
    /// named by FREEHOLD_OPERATOR_KEY_FILE or FREEHOLD_ADMIN_KEY_FILE.
    #[arg(long, global = true, value_name = "URL", value_parser = parse_server_url)]
    server: Option<Url>,
    /// Read the key for --server from this file.
    #[arg(long, global = true, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Reason, recorded in the audit log.
    #[arg(long, global = true, value_name = "TEXT")]
    reason: Option<String>,
    /// Output format; json prints the API response unchanged.
    #[arg(
        short,
        long,
        global = true,
        value_name = "FORMAT",
        default_value = "table"
    )]
    output: OutputFormat,
}

impl CommonOptions {
    /// Opens the transport, runs the operation, and closes the transport.
    pub(super) fn run(
        self,
        sources: &ConfigSources,
        if_missing: MissingDatabase,
        operation: impl AsyncFnOnce(&Transport) -> Result<Operation, CommandError>,
    ) -> Result<ExitCode, CommandError> {
        let Self {
            server,
            key_file,
            reason,
            output,
        } = self;
        let run = async |transport: Transport| {
            let result = match operation(&transport).await {
                Ok(operation) => operation.run(&transport, reason, output).await,
                Err(error) => Err(error),
            };
            transport.close().await;
            result.map(|()| ExitCode::SUCCESS)
        };
        let Some(server) = server else {
            if key_file.is_some() {
                return Err(CommandError::InvalidArgument(
                    "--key-file requires --server".to_owned(),
                ));
            }
            return run_with_config(sources, LogMode::WarningsOnly, async |config: &Config| {
                run(Transport::local(config, if_missing).await?).await
            });
        };
        // Settings of this machine have no effect on a remote server.
        if !sources.flags.is_empty() {
            let flags: Vec<&str> = sources.flags.iter().map(|(_, flag, _)| *flag).collect();
            let flags = flags.join(", ");
            return Err(CommandError::InvalidArgument(format!(
                "{flags}: cannot be combined with --server"
            )));
        }
        run_to_completion(run(Transport::remote(server, key_file.as_deref())?))
    }
}

/// Parses the URL of a server, which must not contain credentials.
fn parse_server_url(argument: &str) -> Result<Url, String> {
    let url = Url::parse(argument).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err("expected a URL that begins with http:// or https://".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the URL must not contain a key: use the environment or --key-file".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("the URL must not have a query or fragment".to_owned());
    }
    Ok(url)
}
