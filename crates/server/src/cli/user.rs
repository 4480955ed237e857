//! `freehold user`.

use std::process::ExitCode;

use clap::Subcommand;
use freehold_app::{App, Extensions, NewUser, UserDetails, WhichUser};
use freehold_domain::{Email, FreeText, Id, Timestamp, Username};
use serde::Serialize;

use super::shared::{
    arguments::Output,
    context::{call, operator},
    error::Failed,
    input::first_line,
    table::{self, or_dash},
};
use crate::{
    config::Config,
    startup::{self, Missing},
    terminal,
};

#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Make an account.
    ///
    /// Without a password, the person sets one by signing up with this address, or by the link of
    /// `freehold user reset-link`.
    #[command(
        after_help = "Examples:\n  freehold user create ada@example.com --organization \"Analytical Engines\"\n  \
                            pass show ada | freehold user create ada@example.com --password-stdin"
    )]
    Create {
        /// Their e-mail address.
        email: String,
        /// What others see; the part before the @ if nothing is said.
        #[arg(long, value_name = "NAME")]
        username: Option<String>,
        /// Read the password from the first line of standard input.
        #[arg(long)]
        password_stdin: bool,
        /// Give them an organization of this name.
        #[arg(long, value_name = "NAME")]
        organization: Option<String>,
        #[command(flatten)]
        output: Output,
    },
    /// Show a person and what they are in.
    #[command(after_help = "Example:\n  freehold user show ada@example.com -o json")]
    Show {
        /// Their e-mail address or id.
        #[arg(value_name = "EMAIL|ID")]
        user: String,
        #[command(flatten)]
        output: Output,
    },
    /// Print a link with which a person sets a new password. It works once, for an hour.
    ///
    /// Whoever has the link has the account: hand it over in private.
    #[command(after_help = "Example:\n  freehold user reset-link ada@example.com")]
    ResetLink {
        /// Their e-mail address.
        email: String,
    },
    /// Confirm that a person's e-mail address is theirs, as a letter would where mail is sent.
    ///
    /// Whoever has the account now then sees the invitations to this address, and may use links
    /// that are for its domain: ask them first, some other way.
    #[command(after_help = "Example:\n  freehold user confirm-email ada@example.com")]
    ConfirmEmail {
        /// Their e-mail address.
        email: String,
    },
}

/// A person, as shown.
#[derive(Serialize)]
struct Shown {
    id: String,
    email: String,
    username: Option<String>,
    methods: Vec<String>,
    created_at: Option<String>,
    organizations: Vec<Membership>,
}

#[derive(Serialize)]
struct Membership {
    id: String,
    name: Option<String>,
    role: String,
}

impl User {
    pub(super) async fn run(
        self,
        config: &Config,
        extensions: Extensions,
    ) -> Result<ExitCode, Failed> {
        let missing = match self {
            Self::Create { .. } => Missing::Make,
            Self::Show { .. } | Self::ResetLink { .. } | Self::ConfirmEmail { .. } => {
                Missing::Leave
            }
        };
        let store = startup::open_store(config, missing).await?;
        if missing == Missing::Make {
            startup::bring_up_to_date(config, &store).await?;
        }
        let app = startup::start_app(config, store, extensions);
        let done = self.with(&app).await;
        app.close().await;
        done.map(|()| ExitCode::SUCCESS)
    }

    async fn with(self, app: &App) -> Result<(), Failed> {
        match self {
            Self::Create {
                email,
                username,
                password_stdin,
                organization,
                output,
            } => {
                let new = NewUser {
                    email: address(&email)?,
                    username: username
                        .map(|name| Username::parse(&name))
                        .transpose()
                        .map_err(|error| Failed::Typed(format!("--username: {error}")))?,
                    password: password_stdin.then(first_line).transpose()?,
                    organization: organization
                        .map(|name| FreeText::parse(&name))
                        .transpose()
                        .map_err(|error| Failed::Typed(format!("--organization: {error}")))?,
                };
                let done = app.create_user(&operator(), &call(), &new).await?;
                look(app, &WhichUser::Id(done.answer.id), &email, output).await
            }
            Self::Show { user, output } => {
                let which = match user.parse::<Id<_>>() {
                    Ok(id) => WhichUser::Id(id),
                    Err(_) => WhichUser::Email(address(&user)?),
                };
                look(app, &which, &user, output).await
            }
            Self::ResetLink { email } => {
                let link = app
                    .reset_link(&operator(), &call(), &address(&email)?)
                    .await?;
                terminal::answer(link.answer.url);
                Ok(())
            }
            Self::ConfirmEmail { email } => {
                let done = app
                    .confirm_email(&operator(), &call(), &address(&email)?)
                    .await?;
                terminal::answer(format!("{} is confirmed.", done.answer.email));
                Ok(())
            }
        }
    }
}

async fn look(app: &App, which: &WhichUser, typed: &str, output: Output) -> Result<(), Failed> {
    let found = app.user_file(which).await?;
    let file = found.ok_or_else(|| Failed::NotThere(format!("there is no user {typed}")))?;
    table::answer(output.output, &Shown::from(file), show);
    Ok(())
}

fn address(typed: &str) -> Result<Email, Failed> {
    Email::parse(typed).map_err(|error| Failed::Typed(format!("{typed}: {error}")))
}

fn show(it: &Shown) -> String {
    let rows: Vec<[String; 3]> = it
        .organizations
        .iter()
        .map(|membership| {
            let Membership { id, name, role } = membership;
            [id.clone(), or_dash(name.as_deref()), role.clone()]
        })
        .collect();
    let pairs = table::pairs(&[
        ("id", it.id.clone()),
        ("email", it.email.clone()),
        ("username", or_dash(it.username.as_deref())),
        ("signs in by", or_dash(Some(&it.methods.join(", ")))),
        ("created", or_dash(it.created_at.as_deref())),
    ]);
    format!(
        "{pairs}\n{}",
        table::columns(&["ORGANIZATION", "NAME", "ROLE"], &rows)
    )
}

impl From<UserDetails> for Shown {
    fn from(file: UserDetails) -> Self {
        let organizations = file.organizations.into_iter().map(|membership| Membership {
            id: membership.organization.to_string(),
            name: membership.name,
            role: membership.role,
        });
        Self {
            id: file.user.id.to_string(),
            email: file.user.email,
            username: file.user.username,
            methods: file.methods,
            created_at: file.user.created_at.map(Timestamp::iso_z),
            organizations: organizations.collect(),
        }
    }
}
