//! `freehold admin organization`, `workspace` and `project`: places, and who
//! is in them.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    errand::{Doing, Errand, Removing},
    looking::EventFilter,
    page::Page,
    typed::{Which, Who},
    wire::path,
};

#[derive(Debug, Subcommand)]
pub(super) enum Organization {
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
pub(super) struct List {
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

#[derive(Debug, Args)]
pub(super) struct Delete {
    /// Its id.
    id: Uuid,
    #[command(flatten)]
    removing: Removing,
}

#[derive(Debug, Subcommand)]
pub(super) enum Workspace {
    /// Make a workspace with a project in it.
    #[command(
        after_help = "Example:\n  freehold admin workspace create Research --organization acme"
    )]
    Create {
        /// Its name.
        name: String,
        /// Where.
        #[arg(long, value_name = "ID|SLUG")]
        organization: Which,
        #[command(flatten)]
        doing: Doing,
    },
    /// Delete a workspace with everything in it.
    #[command(
        after_help = "Example:\n  freehold admin workspace delete 01a2082d-5df6-7a31-8c44-0123456789ab --dry-run"
    )]
    Delete(Delete),
    /// Who is in it.
    #[command(subcommand)]
    Member(Member),
}

#[derive(Debug, Subcommand)]
pub(super) enum Project {
    /// Make a project.
    #[command(
        after_help = "Example:\n  freehold admin project create Loom --organization acme --workspace 01a2082d-5df6-7a31-8c44-0123456789ab"
    )]
    Create {
        /// Its name.
        name: String,
        /// Where.
        #[arg(long, value_name = "ID|SLUG")]
        organization: Which,
        /// Where in it.
        #[arg(long, value_name = "ID")]
        workspace: Uuid,
        /// Make it the workspace's default.
        #[arg(long)]
        default: bool,
        #[command(flatten)]
        doing: Doing,
    },
    /// Delete a project with everything in it.
    #[command(
        after_help = "Example:\n  freehold admin project delete 01a2082d-5df6-7a31-8c44-0123456789ab --dry-run"
    )]
    Delete(Delete),
    /// Who is in it.
    #[command(subcommand)]
    Member(Member),
}

#[derive(Debug, Subcommand)]
pub(super) enum Member {
    /// Make somebody who is there a member, or give a member another role.
    #[command(
        after_help = "Examples:\n  freehold admin organization member add acme bo@example.com --role viewer\n  \
                      freehold admin project member add 01a2082d-5df6-7a31-8c44-0123456789ab bo@example.com --role editor"
    )]
    Add {
        /// Where: an id, or the slug of an organization.
        #[arg(value_name = "ID|SLUG")]
        place: Which,
        /// Who, by e-mail address or id.
        #[arg(value_name = "EMAIL|ID")]
        user: Who,
        /// As what: viewer in an organization; viewer, annotator, editor, developer, admin, or a
        /// role of your own in a workspace or a project.
        #[arg(long)]
        role: String,
        #[command(flatten)]
        doing: Doing,
    },
    /// Take a membership away, with every one below it.
    #[command(
        after_help = "Example:\n  freehold admin organization member remove 01a2082d-5df6-7a31-8c44-0123456789ab 01a2082d-6e10-7c52-9b1f-ba9876543210 --yes"
    )]
    Remove {
        /// Where.
        #[arg(value_name = "ID")]
        place: Uuid,
        /// The membership's id, as `member add` answered it.
        #[arg(value_name = "MEMBERSHIP")]
        membership: Uuid,
        #[command(flatten)]
        removing: Removing,
    },
}

/// What one can be a member of.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Organization,
    Workspace,
    Project,
}

impl Kind {
    /// In paths.
    const fn many(self) -> &'static str {
        match self {
            Self::Organization => "organizations",
            Self::Workspace => "workspaces",
            Self::Project => "projects",
        }
    }

    /// Where a membership says what it is of.
    const fn reference(self) -> &'static str {
        match self {
            Self::Organization => "organization_ref",
            Self::Workspace => "workspace_ref",
            Self::Project => "project_ref",
        }
    }

    fn path(self, more: &[&str]) -> String {
        path(&[&["admin", "simple", "accounts", self.many()], more].concat())
    }

    fn delete(self, it: Delete) -> Errand {
        Errand::removal(self.path(&[&it.id.to_string()]), it.removing)
    }

    fn member(self, member: Member) -> Errand {
        match member {
            Member::Add {
                place,
                user,
                role,
                doing,
            } => {
                let mut membership = json!({"user_ref": user.reference(), "role": role});
                membership[self.reference()] = place.reference();
                let body = json!({"membership": membership});
                Errand::change(self.path(&["memberships"]), body, doing)
            }
            Member::Remove {
                place,
                membership,
                removing,
            } => {
                let (place, membership) = (place.to_string(), membership.to_string());
                Errand::removal(self.path(&[&place, "memberships", &membership]), removing)
            }
        }
    }
}

impl Organization {
    pub(super) fn errand(self) -> Errand {
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
                list.page.of(errand)
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

impl Workspace {
    pub(super) fn errand(self) -> Errand {
        let kind = Kind::Workspace;
        match self {
            Self::Create {
                name,
                organization,
                doing,
            } => {
                let mut workspace = named(&name);
                workspace["organization_ref"] = organization.reference();
                let body = json!({"workspace": workspace});
                Errand::change(kind.path(&[]), body, doing)
            }
            Self::Delete(it) => kind.delete(it),
            Self::Member(member) => kind.member(member),
        }
    }
}

impl Project {
    pub(super) fn errand(self) -> Errand {
        let kind = Kind::Project;
        match self {
            Self::Create {
                name,
                organization,
                workspace,
                default,
                doing,
            } => {
                let mut project = named(&name);
                project["organization_ref"] = organization.reference();
                project["workspace_ref"] = json!({"id": workspace});
                if default {
                    project["is_default"] = true.into();
                }
                let body = json!({"project": project});
                Errand::change(kind.path(&[]), body, doing)
            }
            Self::Delete(it) => kind.delete(it),
            Self::Member(member) => kind.member(member),
        }
    }
}

fn named(name: &str) -> Value {
    json!({"name": name})
}
