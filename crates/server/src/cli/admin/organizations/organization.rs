//! `freehold admin organization`.

use clap::{Args, Subcommand};
use serde_json::json;

use super::{
    super::{
        arguments::{Doing, Page, Which, Who},
        events::EventFilter,
        operation::Errand,
        transport::path,
    },
    kind::{Delete, Kind, named},
    member::Member,
};

#[derive(Debug, Subcommand)]
pub(in crate::cli::admin) enum Organization {
    /// Make an organization for somebody who is there, with a workspace and a project.
    #[command(
        after_help = "Example:\n  freehold admin organization create Engines --owner ada@example.com --slug engines"
    )]
    Create {
        /// Its name.
        name: String,
        /// Who owns it, by e-mail address or id.
        #[arg(long, value_name = "EMAIL|ID")]
        owner: Who,
        /// Its name in URLs.
        #[arg(long)]
        slug: Option<String>,
        #[command(flatten)]
        doing: Doing,
    },
    /// Show an organization, who is in it and what is in it.
    #[command(after_help = "Example:\n  freehold admin organization show acme -o json")]
    Show {
        /// Its id or its slug.
        #[arg(value_name = "ID|SLUG")]
        organization: Which,
    },
    /// Search organizations.
    #[command(
        after_help = "Examples:\n  freehold admin organization list --name eng\n  freehold admin organization list --owner ada@example.com"
    )]
    List(List),
    /// Delete an organization with everything in it.
    #[command(
        after_help = "Example:\n  freehold admin organization delete 01a2082d-5df6-7a31-8c44-0123456789ab --dry-run"
    )]
    Delete(Delete),
    /// Who is in it.
    #[command(subcommand)]
    Member(Member),
    /// What happened in an organization, the latest first.
    #[command(after_help = "Example:\n  freehold admin organization events acme --limit 20")]
    Events {
        /// Its slug or id.
        #[arg(value_name = "SLUG|ID")]
        organization: Which,
        #[command(flatten)]
        filter: EventFilter,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli::admin) struct List {
    /// Only names that begin like this.
    #[arg(long, value_name = "PREFIX")]
    name: Option<String>,
    /// Only the one with this slug.
    #[arg(long)]
    slug: Option<String>,
    /// Only those of this owner.
    #[arg(long, value_name = "EMAIL|ID")]
    owner: Option<Who>,
    #[command(flatten)]
    page: Page,
}

impl Organization {
    pub(in crate::cli::admin) fn errand(self) -> Errand {
        let kind = Kind::Organization;
        match self {
            Self::Create {
                name,
                owner,
                slug,
                doing,
            } => {
                let mut body = json!({"organization": named(&name)});
                body["organization"]["owner_user_ref"] = owner.reference();
                if let Some(slug) = slug {
                    body["organization"]["slug"] = slug.into();
                }
                Errand::change(kind.path(&[]), body, doing)
            }
            Self::Show { organization } => {
                Errand::look(path(&["admin", "organizations", &organization.text()]))
            }
            Self::List(list) => {
                let errand = Errand::look(path(&["admin", "organizations"]))
                    .asking("name", list.name)
                    .asking("slug", list.slug)
                    .asking("owner", list.owner.map(|owner| owner.text()));
                errand.paged(list.page)
            }
            Self::Delete(it) => kind.delete(it),
            Self::Member(member) => kind.member(member),
            Self::Events {
                organization,
                filter,
            } => filter.of(Some(organization)),
        }
    }
}
