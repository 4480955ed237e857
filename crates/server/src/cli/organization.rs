//! `freehold organization`.

use std::process::ExitCode;

use clap::Subcommand;
use freehold_app::{App, Extensions, OrganizationOverview, OrganizationSummary, WhichOrganization};
use freehold_domain::{Email, Id, Level, OrganizationSlug, Role, RoleDefinition};
use serde::Serialize;

use super::shared::{
    arguments::Output,
    context::{call, operator},
    error::Failed,
    table::{self, or_dash},
};
use crate::{
    config::Config,
    startup::{self, Missing},
    terminal,
};

#[derive(Debug, Subcommand)]
pub(super) enum Organization {
    /// List organizations, the oldest first.
    #[command(after_help = "Example:\n  freehold organization list --limit 100 -o json")]
    List {
        /// How many.
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        /// Only those behind this one: the id that the page before ended with.
        #[arg(long, value_name = "ID")]
        after: Option<String>,
        #[command(flatten)]
        output: Output,
    },
    /// Make somebody who has an account a member.
    ///
    /// They join the default workspace and all of its projects.
    #[command(
        after_help = "Example:\n  freehold organization add-member 01a2082d-5df6-7a31-8c44-0123456789ab bo@example.com --role editor"
    )]
    AddMember {
        /// Its id.
        #[arg(value_name = "ID")]
        organization: String,
        /// Their e-mail address.
        email: String,
        /// What they may do there: viewer, annotator, editor, developer, admin, or
        /// a role of your own.
        #[arg(long, value_name = "ROLE", default_value = "viewer")]
        role: String,
    },
    /// Show an organization and who is in it.
    #[command(after_help = "Example:\n  freehold organization show acme")]
    Show {
        /// Its id or its slug.
        #[arg(value_name = "ID|SLUG")]
        organization: String,
        #[command(flatten)]
        output: Output,
    },
}

/// A line of the list.
#[derive(Serialize)]
struct Line {
    id: String,
    slug: Option<String>,
    name: Option<String>,
    owner: String,
    owner_email: String,
    members: i64,
    created_at: Option<String>,
}

#[derive(Serialize)]
struct Page {
    organizations: Vec<Line>,
    next: Option<String>,
}

#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    organization: Line,
    people: Vec<Person>,
}

#[derive(Serialize)]
struct Person {
    id: String,
    email: String,
    username: Option<String>,
    role: String,
}

impl Organization {
    pub(super) async fn run(
        self,
        config: &Config,
        extensions: Extensions,
    ) -> Result<ExitCode, Failed> {
        let store = startup::open_store(config, Missing::Leave).await?;
        let app = startup::start_app(config, store, extensions);
        let done = self.with(&app).await;
        app.close().await;
        done.map(|()| ExitCode::SUCCESS)
    }

    async fn with(self, app: &App) -> Result<(), Failed> {
        match self {
            Self::List {
                limit,
                after,
                output,
            } => {
                let after = after.map(|id| id.parse()).transpose().map_err(|error| {
                    Failed::Typed(format!("--after takes an organization's id: {error}"))
                })?;
                let page = app.organization_page(after, limit).await?;
                let page = Page {
                    organizations: page.organizations.into_iter().map(Line::from).collect(),
                    next: page.next.map(|id| id.to_string()),
                };
                table::answer(output.output, &page, list);
            }
            Self::AddMember {
                organization,
                email,
                role,
            } => {
                let id = organization
                    .parse()
                    .map_err(|error| Failed::Typed(format!("{organization}: {error}")))?;
                let email = Email::parse(&email)
                    .map_err(|error| Failed::Typed(format!("{email}: {error}")))?;
                let may_be = roles_to_give(app);
                if !may_be.contains(&role.as_str()) {
                    let may_be = may_be.join(", ");
                    return Err(Failed::Typed(format!("{role} is none of {may_be}")));
                }
                let added = app
                    .add_member(&operator(), &call(), id, &email, &role)
                    .await?;
                terminal::answer(format!("{} is a member now.", added.answer.email));
            }
            Self::Show {
                organization,
                output,
            } => {
                let which = which(&organization)?;
                let found = app.organization_file(&which).await?;
                let nothing =
                    || Failed::NotThere(format!("there is no organization {organization}"));
                table::answer(
                    output.output,
                    &Whole::from(found.ok_or_else(nothing)?),
                    show,
                );
            }
        }
        Ok(())
    }
}

/// The roles of this server's catalogue, but for the owner's: that changes hands
/// by transfer alone.
fn roles_to_give(app: &App) -> Vec<&str> {
    let roles = app.roles().roles(Level::Workspace).iter();
    roles
        .map(RoleDefinition::slug)
        .filter(|slug| *slug != Role::Owner.as_str())
        .collect()
}

fn which(typed: &str) -> Result<WhichOrganization, Failed> {
    if let Ok(id) = typed.parse::<Id<_>>() {
        return Ok(WhichOrganization::Id(id));
    }
    OrganizationSlug::parse(typed)
        .map(WhichOrganization::Slug)
        .map_err(|error| Failed::Typed(format!("{typed} is neither an id nor a slug: {error}")))
}

fn list(page: &Page) -> String {
    let rows: Vec<[String; 5]> = page.organizations.iter().map(cells).collect();
    let mut text = table::columns(&["ID", "NAME", "SLUG", "OWNER", "MEMBERS"], &rows);
    if let Some(next) = &page.next {
        text += &format!("\nThere are more: --after {next}\n");
    }
    text
}

fn cells(line: &Line) -> [String; 5] {
    [
        line.id.clone(),
        or_dash(line.name.as_deref()),
        or_dash(line.slug.as_deref()),
        line.owner_email.clone(),
        line.members.to_string(),
    ]
}

fn show(whole: &Whole) -> String {
    let it = &whole.organization;
    let people: Vec<[String; 4]> = whole
        .people
        .iter()
        .map(|person| {
            let username = or_dash(person.username.as_deref());
            [
                person.id.clone(),
                person.email.clone(),
                username,
                person.role.clone(),
            ]
        })
        .collect();
    let pairs = table::pairs(&[
        ("id", it.id.clone()),
        ("name", or_dash(it.name.as_deref())),
        ("slug", or_dash(it.slug.as_deref())),
        ("owner", format!("{} ({})", it.owner_email, it.owner)),
        ("created", or_dash(it.created_at.as_deref())),
        ("members", it.members.to_string()),
    ]);
    format!(
        "{pairs}\n{}",
        table::columns(&["USER", "EMAIL", "USERNAME", "ROLE"], &people)
    )
}

impl From<OrganizationSummary> for Line {
    fn from(it: OrganizationSummary) -> Self {
        Self {
            id: it.id.to_string(),
            slug: it.slug,
            name: it.name,
            owner: it.owner.to_string(),
            owner_email: it.owner_email,
            members: it.members,
            created_at: it.created_at.map(freehold_domain::Timestamp::iso_z),
        }
    }
}

impl From<OrganizationOverview> for Whole {
    fn from(file: OrganizationOverview) -> Self {
        let people = file.people.into_iter().map(|person| Person {
            id: person.user.to_string(),
            email: person.email,
            username: person.username,
            role: person.role,
        });
        Self {
            organization: file.organization.into(),
            people: people.collect(),
        }
    }
}
