//! `freehold organization`.

use std::process::ExitCode;

use clap::Subcommand;
use freehold_app::{App, OrganizationOverview, OrganizationReference, OrganizationSummary};
use freehold_domain::{Email, Id, Level, OrganizationSlug, Role, RoleDefinition};
use serde::Serialize;

use super::shared::{
    arguments::Output,
    context::{operator_name, request_context},
    error::CommandError,
    run::run_with_app,
    table::{self, or_dash},
};
use crate::{config::Config, startup::MissingDatabase, terminal};

#[derive(Debug, Subcommand)]
pub(super) enum OrganizationCommand {
    /// List organizations, oldest first.
    #[command(after_help = "Example:\n  freehold organization list --limit 100 -o json")]
    List {
        /// Maximum number of organizations.
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        /// Continue after this id: the `next` of the previous page.
        #[arg(long, value_name = "ID")]
        after: Option<String>,
        #[command(flatten)]
        output: Output,
    },
    /// Add an existing user as a member.
    ///
    /// The user joins the default workspace and all of its projects.
    #[command(
        after_help = "Example:\n  freehold organization add-member 01a2082d-5df6-7a31-8c44-0123456789ab bo@example.com --role editor"
    )]
    AddMember {
        /// Id of the organization.
        #[arg(value_name = "ID")]
        organization: String,
        /// Email address of the user.
        email: String,
        /// Role: viewer, annotator, editor, developer, admin, or a custom role.
        #[arg(long, value_name = "ROLE", default_value = "viewer")]
        role: String,
    },
    /// Show an organization and its members.
    #[command(after_help = "Example:\n  freehold organization show acme")]
    Show {
        /// Id or slug of the organization.
        #[arg(value_name = "ID|SLUG")]
        organization: String,
        #[command(flatten)]
        output: Output,
    },
}

/// A row of `freehold organization list`.
#[derive(Serialize)]
struct OrganizationRow {
    id: String,
    slug: Option<String>,
    name: Option<String>,
    owner: String,
    owner_email: String,
    member_count: i64,
    created_at: Option<String>,
}

#[derive(Serialize)]
struct OrganizationPage {
    organizations: Vec<OrganizationRow>,
    next: Option<String>,
}

#[derive(Serialize)]
struct OrganizationOutput {
    #[serde(flatten)]
    organization: OrganizationRow,
    members: Vec<MemberRow>,
}

#[derive(Serialize)]
struct MemberRow {
    id: String,
    email: String,
    username: Option<String>,
    role: String,
}

impl OrganizationCommand {
    pub(super) async fn run(self, config: &Config) -> Result<ExitCode, CommandError> {
        run_with_app(config, MissingDatabase::Fail, async |app: &App| {
            self.execute(app).await
        })
        .await?;
        Ok(ExitCode::SUCCESS)
    }

    async fn execute(self, app: &App) -> Result<(), CommandError> {
        match self {
            Self::List {
                limit,
                after,
                output,
            } => {
                let after = after.map(|id| id.parse()).transpose().map_err(|error| {
                    CommandError::InvalidArgument(format!(
                        "--after takes an organization's id: {error}"
                    ))
                })?;
                let page = app.organization_page(after, limit).await?;
                let page = OrganizationPage {
                    organizations: page
                        .organizations
                        .into_iter()
                        .map(OrganizationRow::from)
                        .collect(),
                    next: page.next.map(|id| id.to_string()),
                };
                table::print_as(output.output, &page, list_as_table);
            }
            Self::AddMember {
                organization,
                email,
                role,
            } => {
                let id = organization.parse().map_err(|error| {
                    CommandError::InvalidArgument(format!("{organization}: {error}"))
                })?;
                let email = Email::parse(&email)
                    .map_err(|error| CommandError::InvalidArgument(format!("{email}: {error}")))?;
                let assignable = assignable_roles(app);
                if !assignable.contains(&role.as_str()) {
                    let assignable = assignable.join(", ");
                    return Err(CommandError::InvalidArgument(format!(
                        "unknown role {role}; expected one of {assignable}"
                    )));
                }
                let member = app
                    .add_member(&operator_name(), &request_context(), id, &email, &role)
                    .await?;
                terminal::print_output(format!("{} is now a member.", member.answer.email));
            }
            Self::Show {
                organization,
                output,
            } => {
                let reference = parse_organization(&organization)?;
                let overview = app.organization_overview(&reference).await?;
                let not_found =
                    || CommandError::NotFound(format!("there is no organization {organization}"));
                table::print_as(
                    output.output,
                    &OrganizationOutput::from(overview.ok_or_else(not_found)?),
                    human_readable,
                );
            }
        }
        Ok(())
    }
}

/// Returns the workspace roles of this server except `owner`, which only a transfer
/// of ownership assigns.
fn assignable_roles(app: &App) -> Vec<&str> {
    let roles = app.roles().roles(Level::Workspace).iter();
    roles
        .map(RoleDefinition::slug)
        .filter(|slug| *slug != Role::Owner.as_str())
        .collect()
}

fn parse_organization(argument: &str) -> Result<OrganizationReference, CommandError> {
    if let Ok(id) = argument.parse::<Id<_>>() {
        return Ok(OrganizationReference::Id(id));
    }
    OrganizationSlug::parse(argument)
        .map(OrganizationReference::Slug)
        .map_err(|error| {
            CommandError::InvalidArgument(format!(
                "{argument} is neither an id nor a slug: {error}"
            ))
        })
}

fn list_as_table(page: &OrganizationPage) -> String {
    let rows: Vec<[String; 5]> = page.organizations.iter().map(cells).collect();
    let mut text = table::columns(&["ID", "NAME", "SLUG", "OWNER", "MEMBERS"], &rows);
    if let Some(next) = &page.next {
        text += &format!("\nMore organizations follow: --after {next}\n");
    }
    text
}

fn cells(row: &OrganizationRow) -> [String; 5] {
    [
        row.id.clone(),
        or_dash(row.name.as_deref()),
        or_dash(row.slug.as_deref()),
        row.owner_email.clone(),
        row.member_count.to_string(),
    ]
}

fn human_readable(output: &OrganizationOutput) -> String {
    let organization = &output.organization;
    let members: Vec<[String; 4]> = output
        .members
        .iter()
        .map(|member| {
            let username = or_dash(member.username.as_deref());
            [
                member.id.clone(),
                member.email.clone(),
                username,
                member.role.clone(),
            ]
        })
        .collect();
    let pairs = table::pairs(&[
        ("id", organization.id.clone()),
        ("name", or_dash(organization.name.as_deref())),
        ("slug", or_dash(organization.slug.as_deref())),
        (
            "owner",
            format!("{} ({})", organization.owner_email, organization.owner),
        ),
        ("created", or_dash(organization.created_at.as_deref())),
        ("members", organization.member_count.to_string()),
    ]);
    format!(
        "{pairs}\n{}",
        table::columns(&["USER", "EMAIL", "USERNAME", "ROLE"], &members)
    )
}

impl From<OrganizationSummary> for OrganizationRow {
    fn from(organization: OrganizationSummary) -> Self {
        Self {
            id: organization.id.to_string(),
            slug: organization.slug,
            name: organization.name,
            owner: organization.owner.to_string(),
            owner_email: organization.owner_email,
            member_count: organization.members,
            created_at: organization
                .created_at
                .map(freehold_domain::Timestamp::iso_z),
        }
    }
}

impl From<OrganizationOverview> for OrganizationOutput {
    fn from(overview: OrganizationOverview) -> Self {
        let members = overview.members.into_iter().map(|member| MemberRow {
            id: member.user.to_string(),
            email: member.email,
            username: member.username,
            role: member.role,
        });
        Self {
            organization: overview.organization.into(),
            members: members.collect(),
        }
    }
}
