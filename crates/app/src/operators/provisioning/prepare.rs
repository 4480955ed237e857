//! Looking a graph over without the database: everything that can be said of
//! it by itself is said here, before the first row is read.

use freehold_domain::{
    Email, FreeText, Level, OrganizationSlug, Refusal, Role, Timestamp, Username,
};

use super::graph::{Graph, MembershipDraft, Named, Parts, Wanted};
use super::logins::{Login, Looked, Whose};
use super::references::{
    API_KEYS, IDENTITIES, Names, ORGANIZATIONS, PROJECTS, Pick, SUBSCRIPTIONS, Spot, USERS,
    WORKSPACES, memberships, place_ref, places,
};
use super::result::InBandError;
use crate::runtime::App;

/// The name of a plan stands in an event, in bytes.
const MOST_OF_A_PLAN: usize = 100;

/// A graph whose names lead somewhere as far as it knows itself, and whose
/// values are such as are kept.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    pub(super) at: String,
    pub(super) wanted: Wanted,
    pub(super) people: Parts<Person>,
    pub(super) identities: Parts<Login>,
    pub(super) organizations: Parts<Organization>,
    pub(super) workspaces: Parts<Workspace>,
    pub(super) projects: Parts<Project>,
    /// In the order of [`Level::ALL`].
    pub(super) members: [Parts<Member>; 3],
    pub(super) api_keys: Parts<Key>,
    pub(super) errors: Vec<InBandError>,
}

#[derive(Clone, Debug)]
pub(super) enum Person {
    /// There already, by id or address.
    Known(Pick),
    /// There already, or not.
    Given(Email, Username),
}

#[derive(Clone, Debug)]
pub(super) struct Organization {
    pub(super) name: String,
    pub(super) slug: Option<String>,
    pub(super) owner: Pick,
    pub(super) plan: Option<String>,
    pub(super) scaffold: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Workspace {
    pub(super) name: String,
    pub(super) organization: Pick,
}

#[derive(Clone, Debug)]
pub(super) struct Project {
    pub(super) name: String,
    pub(super) organization: Pick,
    pub(super) workspace: Pick,
    pub(super) is_default: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) place: Pick,
    pub(super) user: Pick,
    pub(super) role: String,
}

#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) project: Pick,
    pub(super) user: Pick,
    pub(super) name: Option<String>,
    pub(super) expires_at: Option<Timestamp>,
}

impl Prepared {
    /// The normalised addresses of the people whom it may make.
    pub(crate) fn emails(&self) -> impl Iterator<Item = &str> {
        self.people.iter().filter_map(|(_, person)| match person {
            Person::Given(email, _) => Some(email.as_str()),
            Person::Known(_) => None,
        })
    }

    /// What its new organizations are to be called in URLs.
    pub(crate) fn slugs(&self) -> impl Iterator<Item = &str> {
        let organizations = self.organizations.iter();
        organizations.filter_map(|(_, it)| it.slug.as_deref())
    }

    pub(super) fn spot<'a>(&'a self, parts: &'static str, name: &'a str) -> Spot<'a> {
        Spot::new(&self.at, parts, name)
    }

    pub(super) fn members(&self, level: Level) -> &Parts<Member> {
        let [organization, workspace, project] = &self.members;
        match level {
            Level::Organization => organization,
            Level::Workspace => workspace,
            Level::Project => project,
        }
    }
}

impl App {
    /// Looks a graph over by itself.
    ///
    /// # Errors
    /// [`Refusal::InvalidReference`], [`Refusal::InvalidAccounts`],
    /// [`Refusal::OwnerRequired`]; [`Refusal::FeatureUnavailable`] where logins
    /// are strict.
    pub(crate) fn prepare(&self, graph: Graph) -> Result<Prepared, Refusal> {
        let Graph {
            at,
            wanted,
            known,
            users,
            identities,
            organizations,
            workspaces,
            projects,
            organization_members,
            workspace_members,
            project_members,
            api_keys,
        } = graph;
        let at = at.as_str();
        let known_names = known.iter().map(|(name, _)| name.as_str());
        let given_names = users.iter().map(|(name, _)| name.as_str());
        let user_names = Names::of(at, USERS, known_names.chain(given_names))?;
        let slugs = organizations.iter().map(|(_, it)| it.slug.as_deref());
        let organization_names =
            Names::of_parts(at, ORGANIZATIONS, &organizations)?.with_slugs(slugs);
        let workspace_names = Names::of_parts(at, WORKSPACES, &workspaces)?;
        let project_names = Names::of_parts(at, PROJECTS, &projects)?;
        // What is only told apart by its name in the answer.
        Names::of_parts(at, IDENTITIES, &identities)?;
        Names::of_parts(at, API_KEYS, &api_keys)?;

        let mut people = Vec::with_capacity(known.len() + users.len());
        for (name, named) in &known {
            let pick = known_person(&user_names, named, &Spot::new(at, USERS, name))?;
            people.push((name.clone(), Person::Known(pick)));
        }
        for (name, draft) in &users {
            let spot = Spot::new(at, USERS, name);
            let email = Email::parse(&draft.email);
            let email = email.map_err(|problem| spot.invalid("email", problem))?;
            let username = match (&draft.username, &draft.name) {
                (Some(text), _) => {
                    Username::parse(text).map_err(|problem| spot.invalid("username", problem))?
                }
                (None, Some(text)) => {
                    Username::parse(text).map_err(|problem| spot.invalid("name", problem))?
                }
                (None, None) => Username::from_local_part(&email),
            };
            people.push((name.clone(), Person::Given(email, username)));
        }

        let mut errors = Vec::new();
        let whose = Whose {
            names: &user_names,
            only: (people.len() == 1).then_some(0),
        };
        let mut logins = Vec::new();
        for (name, draft) in identities.into_iter().filter(|_| wanted.identities) {
            match self.login(draft, &Spot::new(at, IDENTITIES, &name), &whose, &wanted)? {
                Looked::Login(login) => logins.push((name, login)),
                Looked::Error(error) => errors.push(error),
            }
        }

        let organizations_in = organizations
            .iter()
            .enumerate()
            .map(|(number, (name, draft))| {
                let spot = Spot::new(at, ORGANIZATIONS, name);
                let is_this = |named: &Named, spot: &Spot<'_>| {
                    let picked = organization_names.pick(named, spot, "organization_ref");
                    picked.is_ok_and(|pick| pick == Pick::Part(number))
                };
                let owner = match &draft.owner {
                    Some(named) => user_names.pick(named, &spot, "owner_user_ref")?,
                    None if let Some((member, spot)) =
                        owner_among(&organization_members, is_this, at) =>
                    {
                        user_names.pick(&member.user, &spot, "user_ref")?
                    }
                    None if people.is_empty() => return Err(Refusal::OwnerRequired(name.clone())),
                    None => Pick::Part(0),
                };
                let slug = draft.slug.as_deref().map(OrganizationSlug::parse);
                let slug = slug
                    .transpose()
                    .map_err(|problem| spot.invalid("slug", problem))?;
                if draft
                    .plan
                    .as_ref()
                    .is_some_and(|plan| plan.len() > MOST_OF_A_PLAN)
                {
                    let problem = format!("a plan has at most {MOST_OF_A_PLAN} characters");
                    return Err(Spot::new(at, SUBSCRIPTIONS, name).invalid("plan", problem));
                }
                let organization = Organization {
                    name: checked_name(&draft.name, &spot)?,
                    slug: slug.map(|slug| slug.as_str().to_owned()),
                    owner,
                    plan: draft.plan.clone(),
                    scaffold: draft.scaffold,
                };
                Ok((name.clone(), organization))
            });
        let organizations_in = organizations_in.collect::<Result<_, _>>()?;
        let workspaces_in = workspaces.iter().map(|(name, draft)| {
            let spot = Spot::new(at, WORKSPACES, name);
            let organization =
                organization_names.pick(&draft.organization, &spot, "organization_ref")?;
            let workspace = Workspace {
                name: checked_name(&draft.name, &spot)?,
                organization,
            };
            Ok((name.clone(), workspace))
        });
        let workspaces_in = workspaces_in.collect::<Result<_, _>>()?;
        let projects_in = projects.iter().map(|(name, draft)| {
            let spot = Spot::new(at, PROJECTS, name);
            let organization =
                organization_names.pick(&draft.organization, &spot, "organization_ref")?;
            let project = Project {
                organization,
                workspace: workspace_names.pick(&draft.workspace, &spot, "workspace_ref")?,
                name: checked_name(&draft.name, &spot)?,
                is_default: draft.is_default.unwrap_or(false),
            };
            Ok((name.clone(), project))
        });
        let projects_in = projects_in.collect::<Result<_, _>>()?;

        let members = |level, names: &Names<'_>, drafts: Parts<MembershipDraft>| {
            Names::of_parts(at, memberships(level), &drafts)?;
            let members = drafts.into_iter().map(|(name, draft)| {
                let member = self.member(level, names, &user_names, draft, at, &name)?;
                Ok((name, member))
            });
            members.collect::<Result<Parts<Member>, Refusal>>()
        };
        let members = [
            members(
                Level::Organization,
                &organization_names,
                organization_members,
            )?,
            members(Level::Workspace, &workspace_names, workspace_members)?,
            members(Level::Project, &project_names, project_members)?,
        ];
        let keys = api_keys.into_iter().filter(|_| wanted.api_keys);
        let keys = keys.map(|(name, draft)| {
            let spot = Spot::new(at, API_KEYS, &name);
            let title = draft.name.as_deref().map(FreeText::parse).transpose();
            let key = Key {
                project: project_names.pick(&draft.project, &spot, "project_ref")?,
                user: user_names.pick(&draft.user, &spot, "user_ref")?,
                name: title
                    .map_err(|problem| spot.invalid("name", problem))?
                    .map(FreeText::into_string),
                expires_at: draft.expires_at,
            };
            Ok((name, key))
        });
        let api_keys = keys.collect::<Result<_, Refusal>>()?;
        Ok(Prepared {
            at: at.to_owned(),
            wanted,
            people,
            identities: logins,
            organizations: organizations_in,
            workspaces: workspaces_in,
            projects: projects_in,
            members,
            api_keys,
            errors,
        })
    }

    fn member(
        &self,
        level: Level,
        names: &Names<'_>,
        user_names: &Names<'_>,
        draft: MembershipDraft,
        at: &str,
        name: &str,
    ) -> Result<Member, Refusal> {
        let spot = Spot::new(at, memberships(level), name);
        let MembershipDraft { place, user, role } = draft;
        if self.roles().find(level, &role).is_none() {
            let places = places(level);
            return Err(spot.invalid("role", format!("'{role}' is no role of {places}.")));
        }
        Ok(Member {
            place: names.pick(&place, &spot, place_ref(level))?,
            user: user_names.pick(&user, &spot, "user_ref")?,
            role,
        })
    }
}

/// Somebody who has to be there has no name in the request but their own.
fn known_person(names: &Names<'_>, named: &Named, spot: &Spot<'_>) -> Result<Pick, Refusal> {
    let at = spot.at;
    let bad = |refusal| match refusal {
        Refusal::InvalidReference { reason, .. } => Refusal::InvalidReference {
            path: format!("{at}{USERS}.{}", spot.name),
            reason,
        },
        other => other,
    };
    if let Named::Ref(name) = named {
        return Err(bad(spot.invalid_reference(
            "",
            format!("request-local ref '{name}' not found in {USERS}"),
        )));
    }
    names.pick(named, spot, "").map_err(bad)
}

/// Of an organization, a workspace or a project.
fn checked_name(text: &str, spot: &Spot<'_>) -> Result<String, Refusal> {
    let name = FreeText::parse(text).map_err(|problem| spot.invalid("name", problem))?;
    if name.as_str().trim().is_empty() {
        return Err(spot.invalid("name", "cannot be empty."));
    }
    Ok(name.into_string())
}

/// The membership of a new organization that says who owns it, where the
/// organization itself does not.
fn owner_among<'a>(
    members: &'a Parts<MembershipDraft>,
    is_this: impl Fn(&Named, &Spot<'_>) -> bool,
    at: &'a str,
) -> Option<(&'a MembershipDraft, Spot<'a>)> {
    let owners = members
        .iter()
        .filter(|(_, member)| member.role == Role::Owner.as_str());
    let mut placed = owners.map(|(name, member)| {
        let spot = Spot::new(at, memberships(Level::Organization), name);
        (member, spot)
    });
    placed.find(|(member, spot)| is_this(&member.place, spot))
}
