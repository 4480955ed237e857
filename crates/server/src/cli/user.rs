//! `freehold user`.

use std::process::ExitCode;

use clap::Subcommand;
use freehold_app::{App, NewUser, UserDetails, UserReference};
use freehold_domain::{Email, FreeText, Id, Timestamp, Username};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

use super::shared::{
    arguments::Output,
    context::{operator_name, request_context},
    error::CommandError,
    input::first_line_of_stdin,
    run::run_with_app,
    table::{self, or_dash},
};
use crate::{config::Config, startup::MissingDatabase, terminal};

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Create a user.
    ///
    /// Without a password, the user sets one by signing up with this email address, or with the link
    /// of `freehold user reset-link`.
    #[command(
        after_help = "Examples:\n  freehold user create ada@example.com --organization \"Analytical Engines\"\n  \
                            pass show ada | freehold user create ada@example.com --password-stdin"
    )]
    Create {
        /// Email address.
        email: String,
        /// Display name. Default: the part of the email address before the @.
        #[arg(long, value_name = "NAME")]
        username: Option<String>,
        /// Read the password from the first line of standard input.
        #[arg(long)]
        password_stdin: bool,
        /// Also create an organization with this name, owned by the user.
        #[arg(long, value_name = "NAME")]
        organization: Option<String>,
        #[command(flatten)]
        output: Output,
    },
    /// Show a user and their organizations.
    #[command(after_help = "Example:\n  freehold user show ada@example.com -o json")]
    Show {
        /// Email address or id of the user.
        #[arg(value_name = "EMAIL|ID")]
        user: String,
        #[command(flatten)]
        output: Output,
    },
    /// Print a password reset link for a user. It works once and expires after one hour.
    ///
    /// The link gives access to the account: send it over a private channel.
    #[command(after_help = "Example:\n  freehold user reset-link ada@example.com")]
    ResetLink {
        /// Email address of the user.
        email: String,
    },
    /// Mark a user's email address as verified, as a verification email would.
    ///
    /// The user then sees the invitations sent to this address and may use invitation links that are
    /// restricted to its domain. Check first that the address belongs to the user.
    #[command(after_help = "Example:\n  freehold user verify-email ada@example.com")]
    VerifyEmail {
        /// Email address of the user.
        email: String,
    },
}

/// The output of `freehold user show`.
#[derive(Serialize)]
struct UserOutput {
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

impl UserCommand {
    pub(super) async fn run(self, config: &Config) -> Result<ExitCode, CommandError> {
        let if_missing = match self {
            Self::Create { .. } => MissingDatabase::Create,
            Self::Show { .. } | Self::ResetLink { .. } | Self::VerifyEmail { .. } => {
                MissingDatabase::Fail
            }
        };
        run_with_app(config, if_missing, async |app: &App| {
            self.execute(app).await
        })
        .await?;
        Ok(ExitCode::SUCCESS)
    }

    async fn execute(self, app: &App) -> Result<(), CommandError> {
        match self {
            Self::Create {
                email,
                username,
                password_stdin,
                organization,
                output,
            } => {
                let new = NewUser {
                    email: parse_email(&email)?,
                    username: username
                        .map(|name| Username::parse(&name))
                        .transpose()
                        .map_err(|error| {
                            CommandError::InvalidArgument(format!("--username: {error}"))
                        })?,
                    password: password_stdin
                        .then(first_line_of_stdin)
                        .transpose()?
                        .map(SecretString::from),
                    organization: organization
                        .map(|name| FreeText::parse(&name))
                        .transpose()
                        .map_err(|error| {
                            CommandError::InvalidArgument(format!("--organization: {error}"))
                        })?,
                };
                let result = app
                    .create_user(&operator_name(), &request_context(), &new)
                    .await?;
                print_user(app, &UserReference::Id(result.answer.id), &email, output).await
            }
            Self::Show { user, output } => {
                let reference = match user.parse::<Id<_>>() {
                    Ok(id) => UserReference::Id(id),
                    Err(_) => UserReference::Email(parse_email(&user)?),
                };
                print_user(app, &reference, &user, output).await
            }
            Self::ResetLink { email } => {
                let link = app
                    .reset_link(&operator_name(), &request_context(), &parse_email(&email)?)
                    .await?;
                terminal::print_output(link.answer.url.expose_secret());
                Ok(())
            }
            Self::VerifyEmail { email } => {
                let result = app
                    .mark_email_verified(
                        &operator_name(),
                        &request_context(),
                        &parse_email(&email)?,
                    )
                    .await?;
                terminal::print_output(format!("{} is verified.", result.answer.email));
                Ok(())
            }
        }
    }
}

async fn print_user(
    app: &App,
    reference: &UserReference,
    argument: &str,
    output: Output,
) -> Result<(), CommandError> {
    let not_found = || CommandError::NotFound(format!("there is no user {argument}"));
    let details = app.user_details(reference).await?.ok_or_else(not_found)?;
    table::print_as(output.output, &UserOutput::from(details), human_readable);
    Ok(())
}

fn parse_email(argument: &str) -> Result<Email, CommandError> {
    Email::parse(argument)
        .map_err(|error| CommandError::InvalidArgument(format!("{argument}: {error}")))
}

fn human_readable(user: &UserOutput) -> String {
    let rows: Vec<[String; 3]> = user
        .organizations
        .iter()
        .map(|membership| {
            let Membership { id, name, role } = membership;
            [id.clone(), or_dash(name.as_deref()), role.clone()]
        })
        .collect();
    let pairs = table::pairs(&[
        ("id", user.id.clone()),
        ("email", user.email.clone()),
        ("username", or_dash(user.username.as_deref())),
        ("sign-in methods", or_dash(Some(&user.methods.join(", ")))),
        ("created", or_dash(user.created_at.as_deref())),
    ]);
    format!(
        "{pairs}\n{}",
        table::columns(&["ORGANIZATION", "NAME", "ROLE"], &rows)
    )
}

impl From<UserDetails> for UserOutput {
    fn from(details: UserDetails) -> Self {
        let organizations = details
            .organizations
            .into_iter()
            .map(|membership| Membership {
                id: membership.organization.to_string(),
                name: membership.name,
                role: membership.role,
            });
        Self {
            id: details.user.id.to_string(),
            email: details.user.email,
            username: details.user.username,
            methods: details.methods,
            created_at: details.user.created_at.map(Timestamp::iso_z),
            organizations: organizations.collect(),
        }
    }
}
