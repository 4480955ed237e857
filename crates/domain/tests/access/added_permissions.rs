//! Roles over a catalog with added permissions.

use freehold_domain::{
    Level, Permission, PermissionCatalog, PermissionDeclaration, PermissionRef, RoleCatalog,
};
use serde_json::json;

fn roles_over_invoices() -> RoleCatalog {
    let invoices =
        ["view_invoices", "edit_invoices"].map(|slug| PermissionDeclaration::new(slug, ""));
    RoleCatalog::over(PermissionCatalog::built_in().with(invoices).unwrap())
}

fn permission_names<'a>(catalog: &'a RoleCatalog, level: Level, role: &str) -> Vec<&'a str> {
    let role = catalog.find(level, role).unwrap();
    let permissions = role.permissions_in_order();
    permissions.map(PermissionRef::as_str).collect()
}

#[test]
fn added_permissions_are_the_owners_and_the_admins() {
    let (roles, built_in) = (roles_over_invoices(), RoleCatalog::built_in());
    for level in Level::ALL {
        for (role, same) in roles.roles(level).iter().zip(built_in.roles(level)) {
            let is_given =
                role.slug() == "owner" || (role.slug() == "admin" && level != Level::Organization);
            let mut expected = permission_names(&built_in, level, same.slug());
            if is_given {
                expected.extend(["view_invoices", "edit_invoices"]);
            }
            assert_eq!(permission_names(&roles, level, role.slug()), expected);
            for slug in ["view_invoices", "edit_invoices"] {
                let added = roles.permission_catalog().find(slug).unwrap();
                assert_eq!(
                    role.permissions().contains(added),
                    is_given,
                    "{}",
                    role.slug()
                );
            }
            assert_eq!(role.has_every_permission(), role.slug() == "owner");
        }
    }
    let owner = roles.permissions(Level::Project, "owner");
    assert_eq!(owner, roles.all_permissions());
    assert_ne!(owner, built_in.all_permissions());
}

#[test]
fn configured_roles_can_have_added_permissions() {
    let lists = json!({"project": [
        {"role": "clerk", "permissions": ["edit_invoices", "view_spans"]},
    ]});
    let overlay = json!({
        "clerk": {"description": "Writes invoices."},
        "auditor": {"description": "", "permissions": ["view_invoices"]},
        "admin": {"permissions": ["modify_user_roles"]},
    });
    let roles = roles_over_invoices()
        .configure(Some(&lists), Some(&overlay))
        .unwrap();
    for level in [Level::Workspace, Level::Project] {
        let names = |role| permission_names(&roles, level, role);
        assert_eq!(names("clerk"), ["edit_invoices", "view_spans"]);
        assert_eq!(names("auditor"), ["view_invoices"]);
        assert_eq!(names("admin"), ["modify_user_roles"], "as listed");
        assert!(roles.find(level, "owner").unwrap().has_every_permission());
    }
    let misspelled = json!({"clerk": {"description": "", "permissions": ["edit_invoice"]}});
    let error = roles_over_invoices().configure(None, Some(&misspelled));
    let text = error.unwrap_err().to_string();
    assert!(text.contains("did you mean edit_invoices?"), "{text}");
}

#[test]
fn all_built_in_permissions_are_not_every_permission() {
    let with = |more: &[&str]| {
        let built_in = Permission::ALL.map(Permission::as_str);
        let all = [&built_in[..], more].concat();
        let lists = json!({"project": [{"role": "boss", "permissions": all}]});
        roles_over_invoices().configure(Some(&lists), None)
    };
    let almost = with(&["view_invoices"]).unwrap();
    let boss = almost.permissions(Level::Project, "boss");
    assert!(boss.is_proper_subset(almost.all_permissions()));
    let error = with(&["view_invoices", "edit_invoices"]).unwrap_err();
    assert!(
        error.to_string().contains("no member could give"),
        "{error}"
    );
}
