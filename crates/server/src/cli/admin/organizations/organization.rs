//! `freehold admin organization`.

use clap::{Args, Subcommand};
use freehold_domain::Level;
use serde_json::json;

use super::{
    super::{
        arguments::{OrganizationArgument, Page, UserArgument, WriteOptions},
        events::EventFilter,
        operation::Operation,
        transport::path,
    },
    level::{Delete, delete, level_path, object_with_name},
    member::MemberCommand,
};

#[derive(Debug, Subcommand)]
pub(in crate::cli::admin) enum OrganizationCommand {
    /// Create an organization for an existing user, with a workspace and a project.
    #[command(
        after_help = "Example:\n  freehold admin organization create Engines --owner ada@example.com --slug engines"
    )]
    Create {
        /// Name of the organization.
        name: String,
        /// The owner, by email address or id.
        #[arg(long, value_name = "EMAIL|ID")]
        owner: UserArgument,
        /// Slug of the organization, its name in URLs.
        #[arg(long)]
        slug: Option<String>,
        #[command(flatten)]
        write_options: WriteOptions,
    },
    /// Show an organization with its members, workspaces and projects.
    #[command(after_help = "Example:\n  freehold admin organization show acme -o json")]
    Show {
        /// Id or slug of the organization.
        #[arg(value_name = "ID|SLUG")]
        organization: OrganizationArgument,
    },
    /// List organizations, optionally filtered.
    #[command(
        after_help = "Examples:\n  freehold admin organization list --name eng\n  freehold admin organization list --owner ada@example.com"
    )]
    List(List),
    /// Delete an organization with everything in it.
    #[command(
        mut_arg("id", |id| id.help("Id of the organization")),
        after_help = "Example:\n  freehold admin organization delete 01a2082d-5df6-7a31-8c44-0123456789ab --dry-run"
    )]
    Delete(Delete),
    /// Add and remove members.
    #[command(
        subcommand,
        mut_subcommand("add", |add| add.after_help("Example:\n  freehold admin organization member add acme bo@example.com --role viewer")),
        mut_subcommand("remove", |remove| remove.after_help("Example:\n  freehold admin organization member remove 01a2082d-5df6-7a31-8c44-0123456789ab 01a2082d-6e10-7c52-9b1f-ba9876543210 --yes"))
    )]
    Member(MemberCommand),
    /// List the audit events of an organization, newest first.
    #[command(after_help = "Example:\n  freehold admin organization events acme --limit 20")]
    Events {
        /// Id or slug of the organization.
        #[arg(value_name = "ID|SLUG")]
        organization: OrganizationArgument,
        #[command(flatten)]
        filter: EventFilter,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli::admin) struct List {
    /// Only names with this prefix.
    #[arg(long, value_name = "PREFIX")]
    name: Option<String>,
    /// Only the organization with this slug.
    #[arg(long)]
    slug: Option<String>,
    /// Only organizations of this owner.
    #[arg(long, value_name = "EMAIL|ID")]
    owner: Option<UserArgument>,
    #[command(flatten)]
    page: Page,
}

impl OrganizationCommand {
    pub(in crate::cli::admin) fn operation(self) -> Operation {
        let level = Level::Organization;
        match self {
            Self::Create {
                name,
                owner,
                slug,
                write_options,
            } => {
                let mut body = json!({"organization": object_with_name(&name)});
                body["organization"]["owner_user_ref"] = owner.reference();
                if let Some(slug) = slug {
                    body["organization"]["slug"] = slug.into();
                }
                Operation::create(level_path(level, &[]), body, write_options)
            }
            Self::Show { organization } => {
                Operation::read(path(&["admin", "organizations", &organization.text()]))
            }
            Self::List(list) => {
                let operation = Operation::read(path(&["admin", "organizations"]))
                    .with_query("name", list.name)
                    .with_query("slug", list.slug)
                    .with_query("owner", list.owner.map(|owner| owner.text()));
                operation.with_page(list.page)
            }
            Self::Delete(arguments) => delete(level, arguments),
            Self::Member(member) => member.operation(level),
            Self::Events {
                organization,
                filter,
            } => filter.read(Some(organization)),
        }
    }
}
