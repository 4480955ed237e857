//! `freehold mail`.

use std::process::ExitCode;

use clap::Subcommand;
use freehold_app::{
    App, Content, EmailJobDetails, EmailJobState, EmailMessage, Extensions, Mailer,
};
use freehold_domain::{Clock as _, Email, RandomSource as _};
use freehold_mail::TransportSettings;
use serde::Serialize;
use uuid::Uuid;

use super::shared::{
    arguments::Output,
    context::{call, operator},
    error::Failed,
    table::{self, or_dash},
};
use crate::{
    config::Config,
    startup::{
        self, Missing, NoStart,
        system::{SystemChance, SystemClock},
    },
    terminal,
};

#[derive(Debug, Subcommand)]
pub(super) enum Mail {
    /// List letters that were not sent, the oldest first.
    #[command(after_help = "Example:\n  freehold mail list --dead -o json")]
    List {
        /// Only those that were given up.
        #[arg(long)]
        dead: bool,
        /// How many.
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        #[command(flatten)]
        output: Output,
    },
    /// Have letters that were given up sent after all, by the running server.
    #[command(
        after_help = "Examples:\n  freehold mail retry --all\n  freehold mail retry 01a2082d-5df6-7a31-8c44-0123456789ab"
    )]
    Retry {
        /// Which one.
        #[arg(
            value_name = "ID",
            required_unless_present = "all",
            conflicts_with = "all"
        )]
        letter: Option<Uuid>,
        /// All of them.
        #[arg(long)]
        all: bool,
    },
    /// Send a letter right now, to see whether letters arrive.
    ///
    /// Speaks with the mail server by itself: no server has to run.
    #[command(after_help = "Example:\n  freehold mail test ada@example.com")]
    Test {
        /// Whom to send it to.
        address: String,
    },
}

/// A line of the list.
#[derive(Serialize)]
struct Line {
    id: String,
    letter: String,
    state: &'static str,
    since: String,
    attempts: i64,
    next_attempt: Option<String>,
    given_up: Option<String>,
    last_error: Option<String>,
}

impl Mail {
    pub(super) async fn run(
        self,
        config: &Config,
        extensions: Extensions,
    ) -> Result<ExitCode, Failed> {
        if let Self::Test { address } = &self {
            return test(config, address).await;
        }
        let store = startup::open_store(config, Missing::Leave).await?;
        let app = startup::start_app(config, store, extensions);
        let done = self.with(&app).await;
        app.close().await;
        done.map(|()| ExitCode::SUCCESS)
    }

    async fn with(self, app: &App) -> Result<(), Failed> {
        match self {
            Self::List {
                dead,
                limit,
                output,
            } => {
                let letters = app.due_letters(dead, limit).await?;
                let lines: Vec<Line> = letters.into_iter().map(Line::from).collect();
                table::answer(output.output, &lines, |lines| list(lines));
            }
            Self::Retry { letter, all: _ } => {
                let done = app.retry_email_jobs(&operator(), &call(), letter).await?;
                terminal::answer(match (done.answer, letter) {
                    (0, Some(id)) => {
                        return Err(Failed::NotThere(format!("no letter {id} was given up")));
                    }
                    (0, None) => "No letter was given up.".to_owned(),
                    (1, _) => "1 letter is tried again.".to_owned(),
                    (n, _) => format!("{n} letters are tried again."),
                });
            }
            Self::Test { .. } => {}
        }
        Ok(())
    }
}

async fn test(config: &Config, address: &str) -> Result<ExitCode, Failed> {
    let to = Email::parse(address).map_err(|error| Failed::Typed(format!("{address}: {error}")))?;
    let Some(mail) = &config.mail else {
        return Err(Failed::NotHere(
            "no mailer is set up: set smtp_host, smtp_port and smtp_from_email, or \
             sendgrid_api_key and sendgrid_from_email"
                .to_owned(),
        ));
    };
    let office = mail.open().map_err(NoStart::from)?;
    let at = SystemClock.now();
    let letter = EmailMessage {
        id: SystemChance.uuid(at),
        to,
        at,
        content: Content::Test {
            link: config.addresses.public.clone(),
        },
    };
    let (id, to) = (letter.id, letter.to.clone());
    office.send(letter).await?;
    let through = match &mail.transport {
        TransportSettings::Smtp(server) => format!("{}:{}", server.host, server.port),
        TransportSettings::SendGrid(_) => "SendGrid".to_owned(),
    };
    terminal::answer(format!(
        "{through} has taken letter {id} to {to} from {}.",
        mail.sender.address()
    ));
    Ok(ExitCode::SUCCESS)
}

impl From<EmailJobDetails> for Line {
    fn from(letter: EmailJobDetails) -> Self {
        let (state, next_attempt, given_up) = match letter.state {
            EmailJobState::Waiting(at) => ("waiting", Some(at.iso_z()), None),
            EmailJobState::Dead(at) => ("dead", None, Some(at.iso_z())),
        };
        Self {
            id: letter.id.to_string(),
            letter: letter.kind,
            state,
            since: letter.since.iso_z(),
            attempts: letter.attempts,
            next_attempt,
            given_up,
            last_error: letter.last_error,
        }
    }
}

fn list(lines: &[Line]) -> String {
    let rows: Vec<[String; 7]> = lines
        .iter()
        .map(|line| {
            let when = line.next_attempt.as_ref().or(line.given_up.as_ref());
            [
                line.id.clone(),
                line.letter.clone(),
                line.state.to_owned(),
                line.since.clone(),
                line.attempts.to_string(),
                or_dash(when.map(String::as_str)),
                or_dash(line.last_error.as_deref()),
            ]
        })
        .collect();
    let heads = [
        "ID",
        "LETTER",
        "STATE",
        "SINCE",
        "TRIES",
        "NEXT TRY OR END",
        "LAST ERROR",
    ];
    table::columns(&heads, &rows)
}
