//! `freehold email`.

use std::process::ExitCode;

use clap::Subcommand;
use freehold_app::{App, EmailJobDetails, EmailJobState, EmailMessage, EmailTemplate, Mailer};
use freehold_domain::{Clock as _, Email, RandomSource as _};
use freehold_mail::TransportSettings;
use serde::Serialize;
use uuid::Uuid;

use super::shared::{
    arguments::Output,
    context::{operator_name, request_context},
    error::CommandError,
    run::run_with_app,
    table::{self, or_dash},
};
use crate::{
    config::Config,
    startup::{
        MissingDatabase, StartupError,
        system::{SystemClock, SystemRandomSource},
    },
    terminal,
};

#[derive(Debug, Subcommand)]
pub(super) enum EmailCommand {
    /// List undelivered email jobs, oldest first.
    #[command(after_help = "Example:\n  freehold email list --dead -o json")]
    List {
        /// Only dead jobs, which are no longer retried.
        #[arg(long)]
        dead: bool,
        /// Maximum number of jobs.
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        #[command(flatten)]
        output: Output,
    },
    /// Queue dead email jobs again; the running server sends them.
    #[command(
        after_help = "Examples:\n  freehold email retry --all\n  freehold email retry 01a2082d-5df6-7a31-8c44-0123456789ab"
    )]
    Retry {
        /// Id of the job.
        #[arg(
            value_name = "ID",
            required_unless_present = "all",
            conflicts_with = "all"
        )]
        job: Option<Uuid>,
        /// Retry all dead jobs.
        #[arg(long)]
        all: bool,
    },
    /// Send a test email.
    ///
    /// Connects to the configured mail server directly; the Freehold server need not run.
    #[command(after_help = "Example:\n  freehold email test ada@example.com")]
    Test {
        /// Email address of the recipient.
        address: String,
    },
}

/// A row of `freehold email list`.
#[derive(Serialize)]
struct EmailJobRow {
    id: String,
    kind: String,
    state: &'static str,
    created_at: String,
    attempts: i64,
    next_attempt: Option<String>,
    dead_since: Option<String>,
    last_error: Option<String>,
}

impl EmailCommand {
    pub(super) async fn run(self, config: &Config) -> Result<ExitCode, CommandError> {
        if let Self::Test { address } = &self {
            return send_test_email(config, address).await;
        }
        run_with_app(config, MissingDatabase::Fail, async |app: &App| {
            self.execute(app).await
        })
        .await?;
        Ok(ExitCode::SUCCESS)
    }

    async fn execute(self, app: &App) -> Result<(), CommandError> {
        match self {
            Self::List {
                dead,
                limit,
                output,
            } => {
                let jobs = app.email_jobs(dead, limit).await?;
                let rows: Vec<EmailJobRow> = jobs.into_iter().map(EmailJobRow::from).collect();
                table::print_as(output.output, &rows, |rows| list_as_table(rows));
            }
            Self::Retry { job, all: _ } => {
                let result = app
                    .retry_email_jobs(&operator_name(), &request_context(), job)
                    .await?;
                terminal::print_output(match (result.answer, job) {
                    (0, Some(id)) => {
                        return Err(CommandError::NotFound(format!(
                            "there is no dead email job {id}"
                        )));
                    }
                    (0, None) => "There are no dead email jobs.".to_owned(),
                    (1, _) => "1 email job was queued again.".to_owned(),
                    (count, _) => format!("{count} email jobs were queued again."),
                });
            }
            Self::Test { .. } => {}
        }
        Ok(())
    }
}

async fn send_test_email(config: &Config, address: &str) -> Result<ExitCode, CommandError> {
    let to = Email::parse(address)
        .map_err(|error| CommandError::InvalidArgument(format!("{address}: {error}")))?;
    let Some(mail) = &config.mail else {
        return Err(CommandError::Unsupported(
            "no mail server is configured: set smtp_host, smtp_port and smtp_from_email, or \
             sendgrid_api_key and sendgrid_from_email"
                .to_owned(),
        ));
    };
    let mailer = mail.open().map_err(StartupError::from)?;
    let at = SystemClock.now();
    let message = EmailMessage {
        id: SystemRandomSource.uuid(at),
        to,
        at,
        template: EmailTemplate::Test {
            link: config.public_urls.public.clone(),
        },
    };
    let (id, to) = (message.id, message.to.clone());
    mailer.send(message).await?;
    let transport = match &mail.transport {
        TransportSettings::Smtp(server) => format!("{}:{}", server.host, server.port),
        TransportSettings::SendGrid(_) => "SendGrid".to_owned(),
    };
    terminal::print_output(format!(
        "{transport} accepted the email {id} to {to} from {}.",
        mail.sender.address()
    ));
    Ok(ExitCode::SUCCESS)
}

impl From<EmailJobDetails> for EmailJobRow {
    fn from(job: EmailJobDetails) -> Self {
        let (state, next_attempt, dead_since) = match job.state {
            EmailJobState::Queued(at) => ("queued", Some(at.iso_z()), None),
            EmailJobState::Dead(at) => ("dead", None, Some(at.iso_z())),
        };
        Self {
            id: job.id.to_string(),
            kind: job.kind,
            state,
            created_at: job.queued_at.iso_z(),
            attempts: job.attempts,
            next_attempt,
            dead_since,
            last_error: job.last_error,
        }
    }
}

fn list_as_table(rows: &[EmailJobRow]) -> String {
    let rows: Vec<[String; 7]> = rows
        .iter()
        .map(|row| {
            let time = row.next_attempt.as_ref().or(row.dead_since.as_ref());
            [
                row.id.clone(),
                row.kind.clone(),
                row.state.to_owned(),
                row.created_at.clone(),
                row.attempts.to_string(),
                or_dash(time.map(String::as_str)),
                or_dash(row.last_error.as_deref()),
            ]
        })
        .collect();
    let headers = [
        "ID",
        "EMAIL",
        "STATE",
        "SINCE",
        "ATTEMPTS",
        "NEXT ATTEMPT OR DEAD SINCE",
        "LAST ERROR",
    ];
    table::columns(&headers, &rows)
}
