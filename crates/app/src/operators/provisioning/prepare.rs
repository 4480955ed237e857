//! Checks a graph by itself, before anything is read from the database.

use freehold_domain::{
    Email, FreeText, Level, OrganizationSlug, Refusal, Role, Timestamp, Username,
};

use super::graph::{Graph, GraphOptions, MembershipDraft, Parts, UnparsedReference};
use super::logins::{CheckedLogin, Login, LoginOwner};
use super::references::{
    API_KEYS, EntityReference, FieldPath, IDENTITIES, ORGANIZATIONS, PROJECTS, ReferenceTable,
    SUBSCRIPTIONS, USERS, WORKSPACES, memberships_collection, scope_ref_field, scopes_collection,
};
use super::result::ItemError;
use crate::runtime::App;

/// The longest name of a plan in bytes; it is part of an audit event.
const MAX_PLAN_LENGTH: usize = 100;

/// A graph with resolved references and valid values.
#[derive(Clone, Debug)]
pub(crate) struct PreparedGraph {
    pub(super) path_prefix: String,
    pub(super) options: GraphOptions,
    pub(super) users: Parts<PreparedUser>,
    pub(super) identities: Parts<Login>,
    pub(super) organizations: Parts<Organization>,
    pub(super) workspaces: Parts<Workspace>,
    pub(super) projects: Parts<Project>,
    /// In the order of [`Level::ALL`].
    pub(super) members: [Parts<PreparedMembership>; 3],
    pub(super) api_keys: Parts<PreparedApiKey>,
    pub(super) errors: Vec<ItemError>,
}

#[derive(Clone, Debug)]
pub(super) enum PreparedUser {
    /// An existing user, by id or address.
    Existing(EntityReference),
    /// A user who is created unless the address has an account.
    New(Email, Username),
}

#[derive(Clone, Debug)]
pub(super) struct Organization {
    pub(super) name: String,
    pub(super) slug: Option<String>,
    pub(super) owner: EntityReference,
    pub(super) plan: Option<String>,
    pub(super) scaffold: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Workspace {
    pub(super) name: String,
    pub(super) organization: EntityReference,
}

#[derive(Clone, Debug)]
pub(super) struct Project {
    pub(super) name: String,
    pub(super) organization: EntityReference,
    pub(super) workspace: EntityReference,
    pub(super) is_default: bool,
}

#[derive(Clone, Debug)]
pub(super) struct PreparedMembership {
    pub(super) scope: EntityReference,
    pub(super) user: EntityReference,
    pub(super) role: String,
}

#[derive(Clone, Debug)]
pub(super) struct PreparedApiKey {
    pub(super) project: EntityReference,
    pub(super) user: EntityReference,
    pub(super) name: Option<String>,
    pub(super) expires_at: Option<Timestamp>,
}

impl PreparedGraph {
    /// The normalized addresses of the users who may be created.
    pub(crate) fn emails(&self) -> impl Iterator<Item = &str> {
        self.users.iter().filter_map(|(_, user)| match user {
            PreparedUser::New(email, _) => Some(email.as_str()),
            PreparedUser::Existing(_) => None,
        })
    }

    /// The slugs of the new organizations.
    pub(crate) fn slugs(&self) -> impl Iterator<Item = &str> {
        let organizations = self.organizations.iter();
        organizations.filter_map(|(_, organization)| organization.slug.as_deref())
    }

    pub(super) fn field_path<'a>(&'a self, parts: &'static str, name: &'a str) -> FieldPath<'a> {
        FieldPath::new(&self.path_prefix, parts, name)
    }

    pub(super) fn members(&self, level: Level) -> &Parts<PreparedMembership> {
        let [organization, workspace, project] = &self.members;
        match level {
            Level::Organization => organization,
            Level::Workspace => workspace,
            Level::Project => project,
        }
    }
}

impl App {
    /// Checks a graph by itself.
    ///
    /// # Errors
    /// [`Refusal::InvalidReference`], [`Refusal::InvalidAccounts`],
    /// [`Refusal::OwnerRequired`]; [`Refusal::FeatureUnavailable`] if logins
    /// are strict.
    pub(crate) fn prepare(&self, graph: Graph) -> Result<PreparedGraph, Refusal> {
        let Graph {
            path_prefix,
            options,
            existing_users,
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
        let path_prefix = path_prefix.as_str();
        let existing_refs = existing_users.iter().map(|(name, _)| name.as_str());
        let new_refs = users.iter().map(|(name, _)| name.as_str());
        let user_names = ReferenceTable::of(path_prefix, USERS, existing_refs.chain(new_refs))?;
        let slugs = organizations
            .iter()
            .map(|(_, organization)| organization.slug.as_deref());
        let organization_names =
            ReferenceTable::of_collection(path_prefix, ORGANIZATIONS, &organizations)?
                .with_slugs(slugs);
        let workspace_names = ReferenceTable::of_collection(path_prefix, WORKSPACES, &workspaces)?;
        let project_names = ReferenceTable::of_collection(path_prefix, PROJECTS, &projects)?;
        // Only checked for duplicate refs; no field refers to these parts.
        ReferenceTable::of_collection(path_prefix, IDENTITIES, &identities)?;
        ReferenceTable::of_collection(path_prefix, API_KEYS, &api_keys)?;

        let mut prepared_users = Vec::with_capacity(existing_users.len() + users.len());
        for (name, reference) in &existing_users {
            let reference = existing_user_reference(
                &user_names,
                reference,
                &FieldPath::new(path_prefix, USERS, name),
            )?;
            prepared_users.push((name.clone(), PreparedUser::Existing(reference)));
        }
        for (name, draft) in &users {
            let field_path = FieldPath::new(path_prefix, USERS, name);
            let email = Email::parse(&draft.email);
            let email = email.map_err(|problem| field_path.invalid("email", problem))?;
            let username = match (&draft.username, &draft.name) {
                (Some(text), _) => Username::parse(text)
                    .map_err(|problem| field_path.invalid("username", problem))?,
                (None, Some(text)) => {
                    Username::parse(text).map_err(|problem| field_path.invalid("name", problem))?
                }
                (None, None) => Username::from_local_part(&email),
            };
            prepared_users.push((name.clone(), PreparedUser::New(email, username)));
        }

        let mut errors = Vec::new();
        let login_owner = LoginOwner {
            names: &user_names,
            only_user: (prepared_users.len() == 1).then_some(0),
        };
        let mut logins = Vec::new();
        for (name, draft) in identities.into_iter().filter(|_| options.identities) {
            match self.login(
                draft,
                &FieldPath::new(path_prefix, IDENTITIES, &name),
                &login_owner,
                &options,
            )? {
                CheckedLogin::Login(login) => logins.push((name, login)),
                CheckedLogin::Error(error) => errors.push(error),
            }
        }

        let prepared_organizations =
            organizations
                .iter()
                .enumerate()
                .map(|(number, (name, draft))| {
                    let field_path = FieldPath::new(path_prefix, ORGANIZATIONS, name);
                    let refers_to_organization =
                        |reference: &UnparsedReference, field_path: &FieldPath<'_>| {
                            let resolved = organization_names.resolve(
                                reference,
                                field_path,
                                "organization_ref",
                            );
                            resolved.is_ok_and(|reference| {
                                reference == EntityReference::InGraph(number)
                            })
                        };
                    let owner = match &draft.owner {
                        Some(reference) => {
                            user_names.resolve(reference, &field_path, "owner_user_ref")?
                        }
                        None if let Some((member, field_path)) = owner_membership(
                            &organization_members,
                            refers_to_organization,
                            path_prefix,
                        ) =>
                        {
                            user_names.resolve(&member.user, &field_path, "user_ref")?
                        }
                        None if prepared_users.is_empty() => {
                            return Err(Refusal::OwnerRequired(name.clone()));
                        }
                        None => EntityReference::InGraph(0),
                    };
                    let slug = draft.slug.as_deref().map(OrganizationSlug::parse);
                    let slug = slug
                        .transpose()
                        .map_err(|problem| field_path.invalid("slug", problem))?;
                    if draft
                        .plan
                        .as_ref()
                        .is_some_and(|plan| plan.len() > MAX_PLAN_LENGTH)
                    {
                        let problem = format!("a plan has at most {MAX_PLAN_LENGTH} characters");
                        return Err(FieldPath::new(path_prefix, SUBSCRIPTIONS, name)
                            .invalid("plan", problem));
                    }
                    let organization = Organization {
                        name: parse_name(&draft.name, &field_path)?,
                        slug: slug.map(|slug| slug.as_str().to_owned()),
                        owner,
                        plan: draft.plan.clone(),
                        scaffold: draft.scaffold,
                    };
                    Ok((name.clone(), organization))
                });
        let prepared_organizations = prepared_organizations.collect::<Result<_, _>>()?;
        let prepared_workspaces = workspaces.iter().map(|(name, draft)| {
            let field_path = FieldPath::new(path_prefix, WORKSPACES, name);
            let organization =
                organization_names.resolve(&draft.organization, &field_path, "organization_ref")?;
            let workspace = Workspace {
                name: parse_name(&draft.name, &field_path)?,
                organization,
            };
            Ok((name.clone(), workspace))
        });
        let prepared_workspaces = prepared_workspaces.collect::<Result<_, _>>()?;
        let prepared_projects = projects.iter().map(|(name, draft)| {
            let field_path = FieldPath::new(path_prefix, PROJECTS, name);
            let organization =
                organization_names.resolve(&draft.organization, &field_path, "organization_ref")?;
            let project = Project {
                organization,
                workspace: workspace_names.resolve(
                    &draft.workspace,
                    &field_path,
                    "workspace_ref",
                )?,
                name: parse_name(&draft.name, &field_path)?,
                is_default: draft.is_default.unwrap_or(false),
            };
            Ok((name.clone(), project))
        });
        let prepared_projects = prepared_projects.collect::<Result<_, _>>()?;

        let members = |level, names: &ReferenceTable<'_>, drafts: Parts<MembershipDraft>| {
            ReferenceTable::of_collection(path_prefix, memberships_collection(level), &drafts)?;
            let members = drafts.into_iter().map(|(name, draft)| {
                let member = self.member(level, names, &user_names, draft, path_prefix, &name)?;
                Ok((name, member))
            });
            members.collect::<Result<Parts<PreparedMembership>, Refusal>>()
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
        let keys = api_keys.into_iter().filter(|_| options.api_keys);
        let keys = keys.map(|(name, draft)| {
            let field_path = FieldPath::new(path_prefix, API_KEYS, &name);
            let title = draft.name.as_deref().map(FreeText::parse).transpose();
            let key = PreparedApiKey {
                project: project_names.resolve(&draft.project, &field_path, "project_ref")?,
                user: user_names.resolve(&draft.user, &field_path, "user_ref")?,
                name: title
                    .map_err(|problem| field_path.invalid("name", problem))?
                    .map(FreeText::into_string),
                expires_at: draft.expires_at,
            };
            Ok((name, key))
        });
        let api_keys = keys.collect::<Result<_, Refusal>>()?;
        Ok(PreparedGraph {
            path_prefix: path_prefix.to_owned(),
            options,
            users: prepared_users,
            identities: logins,
            organizations: prepared_organizations,
            workspaces: prepared_workspaces,
            projects: prepared_projects,
            members,
            api_keys,
            errors,
        })
    }

    fn member(
        &self,
        level: Level,
        names: &ReferenceTable<'_>,
        user_names: &ReferenceTable<'_>,
        draft: MembershipDraft,
        path_prefix: &str,
        name: &str,
    ) -> Result<PreparedMembership, Refusal> {
        let field_path = FieldPath::new(path_prefix, memberships_collection(level), name);
        let MembershipDraft { scope, user, role } = draft;
        if self.roles().find(level, &role).is_none() {
            let scopes_collection = scopes_collection(level);
            return Err(field_path.invalid(
                "role",
                format!("'{role}' is not a role of {scopes_collection}."),
            ));
        }
        Ok(PreparedMembership {
            scope: names.resolve(&scope, &field_path, scope_ref_field(level))?,
            user: user_names.resolve(&user, &field_path, "user_ref")?,
            role,
        })
    }
}

/// Resolves a reference to an existing user. Refs of the graph are refused.
fn existing_user_reference(
    names: &ReferenceTable<'_>,
    named: &UnparsedReference,
    field_path: &FieldPath<'_>,
) -> Result<EntityReference, Refusal> {
    let path_prefix = field_path.path_prefix;
    let at_user = |refusal| match refusal {
        Refusal::InvalidReference { reason, .. } => Refusal::InvalidReference {
            path: format!("{path_prefix}{USERS}.{}", field_path.name),
            reason,
        },
        other => other,
    };
    if let UnparsedReference::Ref(name) = named {
        return Err(at_user(field_path.invalid_reference(
            "",
            format!("request-local ref '{name}' not found in {USERS}"),
        )));
    }
    names.resolve(named, field_path, "").map_err(at_user)
}

/// Parses the name of an organization, a workspace or a project.
fn parse_name(text: &str, field_path: &FieldPath<'_>) -> Result<String, Refusal> {
    let name = FreeText::parse(text).map_err(|problem| field_path.invalid("name", problem))?;
    if name.as_str().trim().is_empty() {
        return Err(field_path.invalid("name", "cannot be empty."));
    }
    Ok(name.into_string())
}

/// The membership that makes its user the owner of a new organization that
/// names none.
fn owner_membership<'a>(
    members: &'a Parts<MembershipDraft>,
    refers_to_organization: impl Fn(&UnparsedReference, &FieldPath<'_>) -> bool,
    path_prefix: &'a str,
) -> Option<(&'a MembershipDraft, FieldPath<'a>)> {
    let owners = members
        .iter()
        .filter(|(_, member)| member.role == Role::Owner.as_str());
    let mut candidates = owners.map(|(name, member)| {
        let field_path = FieldPath::new(
            path_prefix,
            memberships_collection(Level::Organization),
            name,
        );
        (member, field_path)
    });
    candidates.find(|(member, field_path)| refers_to_organization(&member.scope, field_path))
}
