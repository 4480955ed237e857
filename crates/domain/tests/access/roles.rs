//! The built-in roles and their permissions.

use freehold_domain::{OrganizationRole, Permission, Role};

const ROLES: [(Role, usize); 6] = [
    (Role::Viewer, 23),
    (Role::Annotator, 32),
    (Role::Editor, 48),
    (Role::Developer, 53),
    (Role::Admin, 59),
    (Role::Owner, 64),
];

#[test]
fn each_role_has_the_reference_number_of_permissions() {
    for (role, count) in ROLES {
        assert_eq!(role.permissions().len(), count, "{role}");
    }
}

#[test]
fn each_role_includes_the_next_lower_in_the_same_order() {
    for pair in ROLES.windows(2) {
        let (below, above) = (pair[0].0, pair[1].0);
        assert!(below < above);
        if above != Role::Owner {
            assert!(
                above.permissions().starts_with(below.permissions()),
                "{above}"
            );
        }
        let above = above.permissions();
        assert!(below.permissions().iter().all(|p| above.contains(p)));
    }
}

#[test]
fn the_owner_is_listed_in_canonical_order_and_the_rest_by_rank() {
    assert_eq!(Role::Owner.permissions(), &Permission::ALL);
    let viewer: Vec<_> = Role::Viewer
        .permissions()
        .iter()
        .map(|p| p.as_str())
        .collect();
    assert_eq!(
        viewer[..4],
        [
            "view_applications",
            "view_secret",
            "view_webhooks",
            "run_service"
        ]
    );
    assert_eq!(viewer[22], "view_mounts");
}

#[test]
fn minimum_roles_of_selected_permissions() {
    use Permission as P;
    for (permission, minimum) in [
        (P::RunService, Role::Viewer),
        (P::ViewBilling, Role::Viewer),
        (P::RunTools, Role::Annotator),
        (P::EditTestsets, Role::Editor),
        (P::EditSecret, Role::Editor),
        (P::EditApiKeys, Role::Developer),
        (P::DeployEnvironments, Role::Developer),
        (P::ModifyUserRoles, Role::Admin),
        (P::ResetPassword, Role::Admin),
        (P::DeleteWorkspace, Role::Owner),
        (P::EditBilling, Role::Owner),
    ] {
        for (role, _) in ROLES {
            assert_eq!(
                role.permissions().contains(&permission),
                role >= minimum,
                "{role} {permission}"
            );
        }
    }
}

#[test]
fn roles_are_listed_in_reference_order() {
    let listed = Role::ALL.map(Role::as_str);
    assert_eq!(
        listed,
        [
            "owner",
            "admin",
            "viewer",
            "developer",
            "editor",
            "annotator"
        ]
    );
    assert_eq!(
        OrganizationRole::Admin.description(),
        "Membership marker (no permissions)."
    );
    assert_eq!(
        OrganizationRole::Owner.description(),
        "Full access (wildcard permissions)."
    );
}
