//! The rank rule, compared with hand-written tables and with an implementation
//! over ordinary sets.

use std::collections::BTreeSet;
use std::sync::Arc;

use freehold_domain::{
    Id, Level, Permission, PermissionCatalog, PermissionDeclaration, PermissionRef, Refusal, Role,
    RoleCatalog, Trace,
};
use freehold_store::{MemberContext, UserRecord};
use proptest::prelude::*;
use proptest::sample::subsequence;
use serde_json::json;
use uuid::Uuid;

use super::*;

/// A member with these roles; with `owns`, the owner of the organization.
fn member_with_roles(owns: bool, default_project: bool, roles: [Option<&str>; 2]) -> MemberContext {
    let id = Id::new(Uuid::from_u128(1));
    let other = Id::new(Uuid::from_u128(2));
    let text = |role: Option<&str>| role.map(str::to_owned);
    MemberContext {
        user: UserRecord {
            id,
            uid: None,
            email: "ada@acme.test".to_owned(),
            username: None,
            created_at: None,
            updated_at: None,
        },
        workspace: Id::new(Uuid::from_u128(3)),
        organization: Id::new(Uuid::from_u128(4)),
        owner: if owns { id } else { other },
        project: default_project.then(|| Id::new(Uuid::from_u128(5))),
        organization_role: None,
        workspace_role: text(roles[0]),
        project_role: text(roles[1]),
        is_in_workspace: roles[0].is_some(),
    }
}

fn authority_with_role(roles: &RoleCatalog, role: &str) -> Authority {
    authority(
        roles,
        member_with_roles(false, true, [Some(role), Some(role)]),
    )
}

/// The built-in roles, a role between `developer` and `admin`, and a role that
/// only the owner outranks.
fn catalog() -> RoleCatalog {
    let of = |role: &str, more: &[&str]| -> Vec<String> {
        let built_in = RoleCatalog::built_in();
        let role = built_in.find(Level::Project, role).unwrap();
        let names = role.permissions_in_order().map(PermissionRef::as_str);
        names
            .chain(more.iter().copied())
            .map(str::to_owned)
            .collect()
    };
    let overlay = json!({
        "ops": {"description": "", "permissions": of("developer", &["modify_user_roles"])},
        "qa": {"description": "", "permissions": of("viewer", &["modify_user_roles", "edit_billing"])},
    });
    RoleCatalog::configured(None, Some(&overlay)).unwrap()
}

#[test]
fn organization_administrators_by_role() {
    let all = catalog();
    let admin: Vec<_> = Role::Admin
        .permissions()
        .iter()
        .map(|it| it.as_str())
        .collect();
    let configured = json!({
        "organization": [
            {"role": "steward", "description": "", "permissions": admin},
            {"role": "clerk", "description": "", "permissions": ["view_spans"]},
        ],
    });
    let own = RoleCatalog::configured(Some(&configured), None).unwrap();
    let cases = [
        (&all, Some("owner"), true),
        (&all, Some("admin"), true),
        (&all, Some("viewer"), false),
        (&all, Some("nonsense"), false),
        (&all, None, false),
        (&own, Some("steward"), true),
        (&own, Some("clerk"), false),
    ];
    for (roles, role, runs) in cases {
        assert_eq!(is_organization_administrator(roles, role), runs, "{role:?}");
    }
}

const ROLES: [&str; 8] = [
    "owner",
    "admin",
    "ops",
    "developer",
    "editor",
    "annotator",
    "viewer",
    "qa",
];

/// Which role outranks which roles of [`ROLES`].
const OUTRANKS: [(&str, [bool; 8]); 9] = {
    const Y: bool = true;
    const N: bool = false;
    [
        ("owner", [N, Y, Y, Y, Y, Y, Y, Y]),
        ("admin", [N, N, Y, Y, Y, Y, Y, N]),
        ("ops", [N, N, N, Y, Y, Y, Y, N]),
        ("developer", [N, N, N, N, Y, Y, Y, N]),
        ("editor", [N, N, N, N, N, Y, Y, N]),
        ("annotator", [N, N, N, N, N, N, Y, N]),
        ("viewer", [N, N, N, N, N, N, N, N]),
        ("qa", [N, N, N, N, N, N, Y, N]),
        ("gone", [N, N, N, N, N, N, N, N]),
    ]
};

#[test]
fn rank_rule_matches_the_table() {
    let roles = catalog();
    let assign = |who: &Authority, role: &str| {
        let role = roles.find(Level::Workspace, role).unwrap();
        check_may_assign(who, role, Trace::new()).refusal
    };
    for (who, row) in OUTRANKS {
        let authority = authority_with_role(&roles, who);
        for (role, expected) in ROLES.into_iter().zip(row) {
            let refusal = (!expected).then_some(Refusal::InsufficientRole);
            assert_eq!(assign(&authority, role), refusal, "{who} assigns {role}");
            let target = authority_with_role(&roles, role);
            let decision = check_may_manage(&authority, &target, &roles, Trace::new());
            assert_eq!(decision.refusal, refusal, "{who} manages {role}");
        }
    }
    // The owner outranks all roles whatever their own row has, and no member
    // may manage them.
    for stored in [None, Some("viewer"), Some("gone")] {
        let owner = authority(&roles, member_with_roles(true, true, [stored, stored]));
        for (role, expected) in ROLES.into_iter().zip(OUTRANKS[0].1) {
            assert_eq!(assign(&owner, role).is_none(), expected, "{role}");
        }
        // The role `owner` does not protect a member that is not the owner.
        let decision = check_may_manage(
            &owner,
            &authority_with_role(&roles, "owner"),
            &roles,
            Trace::new(),
        );
        assert_eq!(decision.refusal, None);
        for (who, _) in OUTRANKS {
            let decision = check_may_manage(
                &authority_with_role(&roles, who),
                &owner,
                &roles,
                Trace::new(),
            );
            assert_eq!(decision.refusal, Some(Refusal::OwnerProtected), "{who}");
        }
    }
}

#[test]
fn member_with_a_deleted_role_has_no_permissions() {
    let roles = catalog();
    let gone = authority_with_role(&roles, "gone");
    for permission in Permission::ALL {
        let decision =
            check_workspace_permission(Some(&gone), permission, Refusal::InsufficientRole);
        assert_eq!(decision.refusal, Some(Refusal::InsufficientRole));
    }
    for who in ["admin", "viewer"] {
        let decision = check_may_manage(
            &authority_with_role(&roles, who),
            &gone,
            &roles,
            Trace::new(),
        );
        assert_eq!(decision.refusal, None, "{who}");
    }
    let decision = check_may_manage(&gone, &gone, &roles, Trace::new());
    assert_eq!(decision.refusal, Some(Refusal::InsufficientRole));
}

#[test]
fn default_project_role_counts_else_workspace_role() {
    let roles = catalog();
    let may = |context| {
        let authority = authority(&roles, context);
        let decision = check_workspace_permission(
            Some(&authority),
            Permission::EditWorkspace,
            Refusal::InsufficientRole,
        );
        decision.refusal.is_none()
    };
    let roles_of = [Some("admin"), Some("viewer")];
    assert!(!may(member_with_roles(false, true, roles_of)));
    assert!(may(member_with_roles(false, false, roles_of)));
    assert!(may(member_with_roles(
        false,
        true,
        [Some("viewer"), Some("admin")]
    )));
    assert!(!may(member_with_roles(false, true, [Some("admin"), None])));
    assert!(!may(member_with_roles(false, false, [None, None])));
    let no_authority =
        check_workspace_permission(None, Permission::EditWorkspace, Refusal::InsufficientRole);
    assert_eq!(no_authority.refusal, Some(Refusal::InsufficientRole));
}

#[test]
fn rank_is_the_union_of_workspace_and_project_roles() {
    let roles = catalog();
    let target = authority(
        &roles,
        member_with_roles(false, true, [Some("admin"), Some("viewer")]),
    );
    let decision = check_may_manage(
        &authority_with_role(&roles, "admin"),
        &target,
        &roles,
        Trace::new(),
    );
    assert_eq!(decision.refusal, Some(Refusal::InsufficientRole));
}

/// The names of some permissions.
type Names = Vec<String>;

/// A catalog to which up to 300 permissions are added.
fn permission_catalog() -> impl Strategy<Value = Arc<PermissionCatalog>> {
    (0..=300).prop_map(|count| {
        let added = (0..count).map(|n| PermissionDeclaration::new(format!("own_{n}"), ""));
        Arc::new(PermissionCatalog::built_in().with(added).unwrap())
    })
}

/// Any permissions but not all, as a configured role may have: of the whole
/// catalog, or few of its last ones.
fn permission_set(catalog: &PermissionCatalog) -> impl Strategy<Value = Names> + use<> {
    let all: Names = catalog.iter().map(|it| it.as_str().to_owned()).collect();
    let last = all[all.len() - 4..].to_vec();
    let count = all.len();
    prop_oneof![subsequence(all, 1..count), subsequence(last, 1..=4)]
}

/// Two sets; often the second is a part of the first.
fn two_permission_sets(
    catalog: &PermissionCatalog,
) -> impl Strategy<Value = (Names, Names)> + use<> {
    let nested = permission_set(catalog).prop_flat_map(|all| {
        let count = all.len();
        (Just(all.clone()), subsequence(all, 1..=count))
    });
    prop_oneof![(permission_set(catalog), permission_set(catalog)), nested]
}

/// A catalog, and four sets of its permissions.
fn catalog_with_sets() -> impl Strategy<Value = (Arc<PermissionCatalog>, [(Names, Names); 2])> {
    permission_catalog().prop_flat_map(|catalog| {
        let sets = [two_permission_sets(&catalog), two_permission_sets(&catalog)];
        (Just(catalog), sets)
    })
}

fn proper_superset(one: &[String], other: &[&[String]]) -> bool {
    let one: BTreeSet<_> = one.iter().collect();
    let other: BTreeSet<_> = other.iter().copied().flatten().collect();
    one.is_superset(&other) && one != other
}

proptest! {
    #[test]
    fn roles_compare_as_permission_sets((permissions, sets) in catalog_with_sets()) {
        let [(mine, theirs), (inner, outer)] = sets;
        let role = |name: &str, permissions: &[String]| json!({"role": name, "permissions": permissions});
        let configured = json!({
            "workspace": [role("mine", &mine), role("theirs", &theirs), role("split", &outer)],
            "project": [role("mine", &mine), role("theirs", &theirs), role("split", &inner)],
        });
        // A role with all permissions is refused, also if it has them on two levels.
        let Ok(roles) = RoleCatalog::over(permissions.clone()).configure(Some(&configured), None) else {
            let both: BTreeSet<_> = inner.iter().chain(&outer).collect();
            prop_assert_eq!(both.len(), permissions.len());
            return Ok(());
        };
        let me = authority_with_role(&roles, "mine");
        for (role, expected) in [
            ("theirs", proper_superset(&mine, &[&theirs])),
            ("split", proper_superset(&mine, &[&inner, &outer])),
            ("mine", false),
            ("owner", false),
        ] {
            let assigned = check_may_assign(&me, roles.find(Level::Workspace, role).unwrap(), Trace::new());
            prop_assert_eq!(assigned.refusal.is_none(), expected, "{}", role);
            prop_assert_eq!(assigned.trace.steps().len(), 1);
            let managed = check_may_manage(&me, &authority_with_role(&roles, role), &roles, Trace::new());
            prop_assert_eq!(managed.refusal.is_none(), expected, "{}", role);
        }
        for permission in permissions.iter() {
            let decision = check_workspace_permission(Some(&me), permission, Refusal::InsufficientRole);
            prop_assert_eq!(decision.refusal.is_none(), mine.iter().any(|name| name == permission.as_str()));
        }
        // The admin lacks five built-in permissions and no added one.
        let lacks = |names: &[String]| names.iter().any(|name| {
            let built_in = name.parse::<Permission>();
            built_in.is_ok_and(|permission| !Role::Admin.permissions().contains(&permission))
        });
        let admin = authority_with_role(&roles, "admin");
        let has_more = mine.len() < permissions.len() - 5;
        let assigned = check_may_assign(&admin, roles.find(Level::Workspace, "mine").unwrap(), Trace::new());
        prop_assert_eq!(assigned.refusal.is_none(), has_more && !lacks(&mine));
        // The owner has every permission and assigns every role but their own.
        let owner = authority(&roles, member_with_roles(true, true, [None, None]));
        prop_assert_eq!(owner.rank(&roles), permissions.all());
        for (role, expected) in [("mine", true), ("split", true), ("admin", true), ("owner", false)] {
            let assigned = check_may_assign(&owner, roles.find(Level::Workspace, role).unwrap(), Trace::new());
            prop_assert_eq!(assigned.refusal.is_none(), expected, "{}", role);
        }
    }
}
