//! The command line: arguments, output and exit codes. What a command does is in
//! `freehold_app` or behind the admin API.
//!
//! Exit codes: 0 success; 1 refused or failed; 2 invalid arguments or
//! configuration; 3 not supported for this database, or the server cannot be
//! reached. `doctor` has its own, which its help lists.

mod admin;
mod backup;
mod config;
mod doctor;
mod email;
mod imports;
mod migrate;
mod organization;
mod shared;
#[cfg(test)]
mod tests;
mod user;

use std::{path::PathBuf, process::ExitCode};

use clap::{
    ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, error::ErrorKind,
};

use crate::{
    config::{Config, ConfigSources},
    edition::{Edition, FeatureCommand},
    startup::{self, MissingDatabase},
};
use shared::{
    arguments::{Overrides, ServeArguments},
    error::CommandError,
    run::{LogMode, run_with_app, run_with_config},
};

/// Freehold: accounts and organizations for your application.
///
/// Without a command, it runs the server. Without any configuration, it stores everything in ./data.
#[derive(Debug, Parser)]
#[command(
    name = "freehold",
    version,
    after_help = "Examples:\n  freehold                              run the server on http://127.0.0.1:8000\n  \
                  freehold user create ada@example.com  create an account\n  \
                  freehold doctor                       check the database\n  \
                  freehold config print                 show every setting and its source"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    serve: ServeArguments,
    #[command(flatten)]
    overrides: Overrides,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server until it receives SIGTERM or SIGINT (the default).
    #[command(
        after_help = "Example:\n  freehold serve --listen 0.0.0.0:8000 --public-url https://id.example.com"
    )]
    Serve(ServeArguments),
    /// Apply pending migrations to the database.
    ///
    /// Safe to run from several processes at once: a lock serializes them.
    #[command(
        after_help = "Example:\n  freehold migrate --database-url postgres://localhost/freehold"
    )]
    Migrate,
    /// Check the database for broken invariants.
    ///
    /// Reads one snapshot while the server runs, and changes nothing.
    #[command(
        after_help = "Exit codes: 0 no findings; 1 warnings; 2 errors; 3 the check could not run.\n\n\
                            Example:\n  freehold doctor --json | jq '.checks[] | select(.count > 0)'"
    )]
    Doctor {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Check or print the configuration.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Manage users in the local database (`admin user` supports more commands and `--server`).
    #[command(subcommand)]
    User(user::UserCommand),
    /// Manage organizations in the local database (`admin organization` supports more commands and `--server`).
    #[command(subcommand)]
    Organization(organization::OrganizationCommand),
    /// Import accounts from an NDJSON or CSV file.
    ///
    /// Each row creates an account with its own organization: one JSON object per line, or one CSV
    /// record. Rows are written in batches. If the import is interrupted, the same command resumes
    /// it; no row is written twice. Rows whose user exists are skipped, and invalid rows are reported
    /// without stopping the import. Passwords are imported as hashes of another server
    /// (password_hash); a plain-text password is hashed here, which takes about 20 ms of CPU time.
    #[command(
        after_help = "Exit codes: 0 every row has an account; 1 some rows were refused, or the import failed;\n\
                      2 invalid arguments, or a CSV header with unknown or missing columns.\n\n\
                      Examples:\n  freehold import accounts.csv --dry-run --report report.ndjson\n  \
                      freehold import accounts.csv --no-seeds --reason \"moving from the old system\"\n  \
                      zcat accounts.ndjson.gz | freehold import - --format ndjson"
    )]
    Import(imports::Import),
    /// List and retry undelivered email jobs, and send a test email.
    #[command(subcommand)]
    Email(email::EmailCommand),
    /// Create, show, transfer and delete accounts through the admin API.
    ///
    /// Uses the local database or, with --server, a running server. Either way each command is one
    /// admin API request, in one transaction, and is recorded in the audit log.
    #[command(
        after_help = "Exit codes: 0 success; 1 refused; 2 invalid arguments; 3 server unreachable.\n\n\
                      Examples:\n  freehold admin accounts create --email ada@example.com\n  \
                      freehold admin user list --server https://id.example.com --key-file operator.key"
    )]
    Admin(admin::Admin),
    /// Show whether a user may perform an action, and which rules decide it.
    ///
    /// Evaluates the same access rules as the API.
    #[command(
        after_help = "Example:\n  freehold explain --user ada@example.com --action create_organization"
    )]
    Explain(admin::Explain),
    /// Back up the database to a new file while it is in use (SQLite).
    #[command(after_help = "Example:\n  freehold backup /var/backups/freehold-$(date +%F).db")]
    Backup {
        /// Path of the backup. The file must not exist.
        path: PathBuf,
    },
    /// Print a shell completion script.
    #[command(
        after_help = "Example:\n  freehold completions bash > /etc/bash_completion.d/freehold"
    )]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Parses the command line and runs the command, with what the edition adds.
#[must_use]
pub fn run(edition: Edition) -> ExitCode {
    let matches = command_line(edition).get_matches();
    let is_of_feature = |feature: &FeatureCommand| {
        matches.subcommand_name() == Some((feature.command)().get_name())
    };
    if let Some(feature) = edition.commands().find(is_of_feature) {
        return run_feature(edition, feature, &matches);
    }
    let Cli {
        serve,
        overrides,
        command,
    } = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    // Files that this program creates (databases, keys, backups) are readable only
    // by their owner.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));

    let (command, serve) = match (command, serve) {
        (None, before_subcommand) => (Command::Serve(ServeArguments::default()), before_subcommand),
        (Some(Command::Serve(after_subcommand)), before_subcommand) => (
            Command::Serve(ServeArguments::default()),
            after_subcommand.merged_into(before_subcommand),
        ),
        (
            Some(command),
            ServeArguments {
                listen: None,
                public_url: None,
            },
        ) => (command, ServeArguments::default()),
        (Some(_), ServeArguments { .. }) => Cli::command()
            .error(
                ErrorKind::ArgumentConflict,
                "--listen and --public-url are options of `freehold serve`",
            )
            .exit(),
    };
    let sources = ConfigSources {
        edition,
        ..overrides.sources(serve)
    };
    let outcome = match command {
        Command::Completions { shell } => {
            clap_complete::generate(
                shell,
                &mut command_line(edition),
                "freehold",
                &mut std::io::stdout(),
            );
            Ok(ExitCode::SUCCESS)
        }
        Command::Config(settings) => Ok(settings.run(&sources)),
        Command::Doctor { json } => Ok(run_with_config(
            &sources,
            LogMode::WarningsOnly,
            async |config: &Config| doctor::doctor(config, json).await,
        )
        .unwrap_or_else(|error| {
            error.print();
            ExitCode::from(3)
        })),
        Command::Serve(_) => {
            run_with_config(&sources, LogMode::AsConfigured, async |config: &Config| {
                startup::run_server(config).await?;
                Ok(ExitCode::SUCCESS)
            })
        }
        Command::Migrate => run_with_config(&sources, LogMode::WarningsOnly, migrate::migrate),
        Command::Backup { path } => {
            run_with_config(&sources, LogMode::WarningsOnly, async |config: &Config| {
                backup::back_up(config, &path).await
            })
        }
        Command::Admin(admin) => admin.run(&sources),
        Command::Explain(explain) => explain.run(&sources),
        Command::Import(import) => {
            run_with_config(&sources, LogMode::WarningsOnly, async |config: &Config| {
                import.run(config).await
            })
        }
        Command::Email(email) => {
            run_with_config(&sources, LogMode::WarningsOnly, async |config: &Config| {
                email.run(config).await
            })
        }
        Command::User(user) => {
            run_with_config(&sources, LogMode::WarningsOnly, async |config: &Config| {
                user.run(config).await
            })
        }
        Command::Organization(organization) => {
            run_with_config(&sources, LogMode::WarningsOnly, async |config: &Config| {
                organization.run(config).await
            })
        }
    };
    outcome.unwrap_or_else(|error| {
        error.print();
        error.exit_code()
    })
}

/// The command line with the commands of the edition's features.
fn command_line(edition: Edition) -> clap::Command {
    edition.commands().fold(Cli::command(), |all, feature| {
        all.subcommand((feature.command)())
    })
}

fn run_feature(edition: Edition, feature: FeatureCommand, matches: &ArgMatches) -> ExitCode {
    let Some((_, arguments)) = matches.subcommand() else {
        return ExitCode::from(2);
    };
    let overrides = Overrides::from_arg_matches(arguments).unwrap_or_else(|error| error.exit());
    let sources = ConfigSources {
        edition,
        ..overrides.sources(ServeArguments::default())
    };
    let outcome = run_with_config(&sources, LogMode::WarningsOnly, async |config: &Config| {
        run_with_app(config, MissingDatabase::Fail, async |app| {
            let run = (feature.run)(app, arguments);
            run.await.map_err(CommandError::Refused)
        })
        .await
    });
    outcome.unwrap_or_else(|error| {
        error.print();
        error.exit_code()
    })
}
