//! The command line: what can be typed, and where it goes. Everything that a
//! command does is a verb of the application; here are only words, tables and
//! exit codes.
//!
//! Exit codes: 0 done; 1 the answer is no, or it did not work; 2 the command
//! or the configuration is wrong; 3 it cannot be done here, or the server that
//! was named cannot be reached. `doctor` has its own, and says so.

mod admin;
mod backup;
mod config;
mod doctor;
mod email;
mod imports;
mod migrate;
mod organization;
mod shared;
mod user;

use std::{path::PathBuf, process::ExitCode};

use clap::{CommandFactory as _, Parser, Subcommand, error::ErrorKind};
use freehold_app::Extensions;

use crate::{config::Config, startup};
use shared::{
    arguments::{Overrides, Serve},
    run::{Log, with},
};

/// Freehold: accounts and organizations for your application.
///
/// Without a command, it serves. Without any configuration, it keeps everything in ./data.
#[derive(Debug, Parser)]
#[command(
    name = "freehold",
    version,
    after_help = "Examples:\n  freehold                             serve on http://127.0.0.1:8000\n  \
                  freehold user create ada@example.com  make an account\n  \
                  freehold doctor                       check everything\n  \
                  freehold config print                 show what is set, and by whom"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    serve: Serve,
    #[command(flatten)]
    overrides: Overrides,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until asked to stop (the default).
    #[command(
        after_help = "Example:\n  freehold serve --listen 0.0.0.0:8000 --public-url https://id.example.com"
    )]
    Serve(Serve),
    /// Bring the database up to date.
    ///
    /// Safe beside other processes that do the same: they take turns.
    #[command(
        after_help = "Example:\n  freehold migrate --database-url postgres://localhost/freehold"
    )]
    Migrate,
    /// Check that everything in the database is as it was promised.
    ///
    /// Reads one snapshot beside traffic and changes nothing.
    #[command(
        after_help = "Exit codes: 0 all is well; 1 warnings; 2 errors; 3 could not check.\n\n\
                            Example:\n  freehold doctor --json | jq '.checks[] | select(.count > 0)'"
    )]
    Doctor {
        /// Answer in JSON.
        #[arg(long)]
        json: bool,
    },
    /// Look at the configuration.
    #[command(subcommand)]
    Config(config::Settings),
    /// People, for whoever sits at the server; `admin user` can more.
    #[command(subcommand)]
    User(user::User),
    /// Organizations, for whoever sits at the server; `admin organization` can more.
    #[command(subcommand)]
    Organization(organization::Organization),
    /// Make accounts from a file: one, or millions.
    ///
    /// Each row is an account with an organization of its own: a JSON object to a line, or a table.
    /// Rows are written in batches. However it ends, the same command goes on where it ended; no
    /// row is written twice. Who has an account already is passed over, and a row that is wrong is
    /// in nobody's way. Passwords come along as the hashes of another server (password_hash); one
    /// in clear is hashed here, which takes some 20 ms of a processor each.
    #[command(
        after_help = "Exit codes: 0 every row is an account; 1 some were refused, or it did not work; 2 typed wrong, or\n\
                      a table that is none of accounts: with a column that is unknown, or with nothing in it.\n\n\
                      Examples:\n  freehold provision people.csv --dry-run --report judged.ndjson\n  \
                      freehold provision people.csv --no-seeds --reason \"moving from the old system\"\n  \
                      zcat people.ndjson.gz | freehold provision - --format ndjson"
    )]
    Provision(imports::Provision),
    /// Letters: those that wait, those that were given up, and one to try.
    #[command(subcommand)]
    Mail(email::Mail),
    /// What operators do by program: make, show, hand over and delete whole accounts.
    ///
    /// Speaks to the database of this machine or, with --server, to a running server; either way
    /// it is one request of the admin API, in one transaction, with an event in the audit trail.
    #[command(
        after_help = "Exit codes: 0 done; 1 refused; 2 typed wrong; 3 cannot be reached.\n\n\
                      Examples:\n  freehold admin accounts create --email ada@example.com\n  \
                      freehold admin user list --server https://id.example.com --key-file operator.key"
    )]
    Admin(admin::Admin),
    /// Say whether somebody may do something, and why.
    ///
    /// By the code that decides when they do it.
    #[command(
        after_help = "Example:\n  freehold explain --user ada@example.com --action create_organization"
    )]
    Explain(admin::Explain),
    /// Copy the database to a new file while it is in use (SQLite).
    #[command(after_help = "Example:\n  freehold backup /var/backups/freehold-$(date +%F).db")]
    Backup {
        /// The file to make. It must not exist.
        path: PathBuf,
    },
    /// Print completions for a shell.
    #[command(
        after_help = "Example:\n  freehold completions bash > /etc/bash_completion.d/freehold"
    )]
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// Runs what was typed.
#[must_use]
pub fn run(extensions: &Extensions) -> ExitCode {
    let Cli {
        serve,
        overrides,
        command,
    } = Cli::parse();
    // Whatever this program makes is for its owner: databases, keys, backups.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));

    let (command, serve) = match (command, serve) {
        (None, before) => (Command::Serve(Serve::default()), before),
        (Some(Command::Serve(behind)), before) => {
            (Command::Serve(Serve::default()), behind.or(before))
        }
        (
            Some(other),
            Serve {
                listen: None,
                public_url: None,
            },
        ) => (other, Serve::default()),
        (Some(_), Serve { .. }) => Cli::command()
            .error(
                ErrorKind::ArgumentConflict,
                "--listen and --public-url are for serving",
            )
            .exit(),
    };
    let sources = overrides.sources(serve);
    let outcome = match command {
        Command::Completions { shell } => {
            clap_complete::generate(
                shell,
                &mut Cli::command(),
                "freehold",
                &mut std::io::stdout(),
            );
            Ok(ExitCode::SUCCESS)
        }
        Command::Config(settings) => Ok(settings.run(&sources)),
        Command::Doctor { json } => Ok(with(&sources, Log::Quiet, async |config: &Config| {
            doctor::doctor(config, extensions, json).await
        })
        .unwrap_or_else(|failed| {
            failed.say();
            ExitCode::from(3)
        })),
        Command::Serve(_) => with(&sources, Log::Full, async |config: &Config| {
            startup::run_server(config, extensions.clone()).await?;
            Ok(ExitCode::SUCCESS)
        }),
        Command::Migrate => with(&sources, Log::Quiet, migrate::migrate),
        Command::Backup { path } => with(&sources, Log::Quiet, async |config: &Config| {
            backup::back_up(config, &path).await
        }),
        Command::Admin(admin) => admin.run(&sources, extensions),
        Command::Explain(explain) => explain.run(&sources, extensions),
        Command::Provision(provision) => with(&sources, Log::Quiet, async |config: &Config| {
            provision.run(config, extensions.clone()).await
        }),
        Command::Mail(mail) => with(&sources, Log::Quiet, async |config: &Config| {
            mail.run(config, extensions.clone()).await
        }),
        Command::User(user) => with(&sources, Log::Quiet, async |config: &Config| {
            user.run(config, extensions.clone()).await
        }),
        Command::Organization(organization) => {
            with(&sources, Log::Quiet, async |config: &Config| {
                organization.run(config, extensions.clone()).await
            })
        }
    };
    outcome.unwrap_or_else(|failed| {
        failed.say();
        failed.exit_code()
    })
}
