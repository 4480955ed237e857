//! Configurations of roles, valid and invalid.

use serde_json::json;

use super::*;
use crate::{Permission, PermissionRef};

#[expect(clippy::needless_pass_by_value, reason = "reads better with `json!`")]
fn with_lists(roles: Value) -> Result<RoleCatalog> {
    RoleCatalog::configured(Some(&roles), None)
}

#[expect(clippy::needless_pass_by_value, reason = "reads better with `json!`")]
fn with_overlay(overlay: Value) -> Result<RoleCatalog> {
    RoleCatalog::configured(None, Some(&overlay))
}

fn slugs(catalog: &RoleCatalog, level: Level) -> Vec<&str> {
    let slugs = catalog.roles(level).iter().map(RoleDefinition::slug);
    slugs.collect()
}

fn permission_names<'a>(catalog: &'a RoleCatalog, level: Level, slug: &str) -> Vec<&'a str> {
    let role = catalog.find(level, slug).unwrap();
    let permissions = role.permissions_in_order();
    permissions.map(PermissionRef::as_str).collect()
}

fn viewer_and(more: &[&'static str]) -> Vec<&'static str> {
    let built_in = Role::Viewer.permissions().iter();
    built_in
        .map(|permission| permission.as_str())
        .chain(more.iter().copied())
        .collect()
}

const BUILT_IN: [&str; 6] = [
    "owner",
    "admin",
    "viewer",
    "developer",
    "editor",
    "annotator",
];

#[test]
fn without_configuration_the_catalog_is_built_in() {
    assert_eq!(
        RoleCatalog::configured(None, None).unwrap(),
        RoleCatalog::built_in()
    );
    for nothing in [json!({}), json!({"project": {}})] {
        assert_eq!(with_overlay(nothing).unwrap(), RoleCatalog::built_in());
    }
    assert_eq!(with_lists(json!({})).unwrap(), RoleCatalog::built_in());
}

#[test]
fn a_list_replaces_unreserved_roles_of_workspaces_and_projects() {
    let catalog = with_lists(json!({"project": [
        {"role": "qa", "description": "Tests.", "permissions": ["view_spans", "edit_spans", "view_spans"]},
        {"role": "editor", "permissions": ["view_spans"], "description": null},
    ]}))
    .unwrap();
    for level in [Level::Workspace, Level::Project] {
        assert_eq!(
            slugs(&catalog, level),
            ["owner", "admin", "viewer", "editor", "qa"]
        );
        assert_eq!(
            permission_names(&catalog, level, "qa"),
            ["view_spans", "edit_spans"]
        );
        assert_eq!(permission_names(&catalog, level, "editor"), ["view_spans"]);
        assert_eq!(catalog.find(level, "qa").unwrap().description(), "Tests.");
        assert_eq!(catalog.find(level, "editor").unwrap().description(), "");
        assert_eq!(
            catalog.permissions(level, "developer"),
            PermissionSet::EMPTY
        );
        assert_eq!(
            catalog.permissions(level, "admin"),
            RoleCatalog::built_in().permissions(level, "admin")
        );
    }
    assert_eq!(
        slugs(&catalog, Level::Organization),
        ["owner", "admin", "viewer"]
    );
    assert_eq!(catalog.workspace_only_roles().count(), 0);
}

#[test]
fn each_level_can_have_its_own_roles() {
    let catalog = with_lists(json!({
        "organization": [{"role": "guest", "permissions": ["view_spans"]}],
        "workspace": [{"role": "qa", "permissions": ["view_spans"]}, {"role": "lost", "permissions": ["view_spans"]}],
        "project": [{"role": "qa", "permissions": ["edit_spans"]}],
    }))
    .unwrap();
    assert_eq!(
        slugs(&catalog, Level::Organization),
        ["owner", "admin", "viewer", "guest"]
    );
    assert_eq!(
        permission_names(&catalog, Level::Workspace, "qa"),
        ["view_spans"]
    );
    assert_eq!(
        permission_names(&catalog, Level::Project, "qa"),
        ["edit_spans"]
    );
    assert_eq!(catalog.workspace_only_roles().collect::<Vec<_>>(), ["lost"]);
    // A member who gives the role gives both.
    let both: PermissionSet = [Permission::ViewSpans, Permission::EditSpans]
        .into_iter()
        .collect();
    for level in [Level::Workspace, Level::Project] {
        assert_eq!(
            catalog.find(level, "qa").unwrap().combined_permissions(),
            both
        );
    }
    // A list for workspaces alone leaves projects as they are.
    let catalog =
        with_lists(json!({"workspace": [{"role": "qa", "permissions": ["view_spans"]}]})).unwrap();
    assert_eq!(slugs(&catalog, Level::Project), BUILT_IN);
    assert_eq!(
        slugs(&catalog, Level::Workspace),
        ["owner", "admin", "viewer", "qa"]
    );
}

#[test]
fn an_overlay_changes_roles_and_adds_some() {
    let bare = json!({
        "zeta": {"description": "Last.", "permissions": ["view_events"]},
        "alpha": {"description": "New.", "permissions": ["view_spans"]},
        "editor": {"permissions": ["view_spans"]},
        "developer": {"description": "Ships."},
        "viewer": {"permissions": viewer_and(&["view_events"])},
        "admin": {"description": null, "permissions": ["modify_user_roles"]},
    });
    let catalog = with_overlay(bare.clone()).unwrap();
    assert_eq!(catalog, with_overlay(json!({"project": bare})).unwrap());
    let built_in = RoleCatalog::built_in();
    for level in [Level::Workspace, Level::Project] {
        let shown = slugs(&catalog, level);
        assert_eq!(shown[..6], BUILT_IN);
        assert_eq!(shown[6..].len(), 2, "{shown:?}");
        assert_eq!(permission_names(&catalog, level, "alpha"), ["view_spans"]);
        assert_eq!(permission_names(&catalog, level, "editor"), ["view_spans"]);
        assert_eq!(
            permission_names(&catalog, level, "admin"),
            ["modify_user_roles"]
        );
        assert_eq!(
            permission_names(&catalog, level, "viewer"),
            viewer_and(&["view_events"])
        );
        let developer = catalog.find(level, "developer").unwrap();
        assert_eq!(developer.description(), "Ships.");
        assert_eq!(
            developer.permissions(),
            built_in.permissions(level, "developer")
        );
        let editor = catalog.find(level, "editor").unwrap();
        assert_eq!(editor.combined_permissions(), editor.permissions());
        assert_eq!(
            editor.description(),
            built_in.find(level, "editor").unwrap().description()
        );
    }
    assert_eq!(
        catalog.roles(Level::Organization),
        built_in.roles(Level::Organization)
    );
}

#[test]
fn an_overlay_is_applied_after_the_lists() {
    let catalog = RoleCatalog::configured(
        Some(&json!({"project": [{"role": "qa", "permissions": ["view_spans"]}]})),
        Some(&json!({"qa": {"description": "Tests."},
                     "annotator": {"description": "Back.", "permissions": ["view_spans"]}})),
    )
    .unwrap();
    assert_eq!(
        slugs(&catalog, Level::Project),
        ["owner", "admin", "viewer", "annotator", "qa"]
    );
    let qa = catalog.find(Level::Workspace, "qa").unwrap();
    assert_eq!(qa.description(), "Tests.");
}

/// Asserts that the configuration is refused with a message that contains all of
/// `words`.
#[track_caller]
fn assert_refused(given: Result<RoleCatalog>, part: RoleCatalogSetting, words: &[&str]) {
    let error = given.expect_err("refused");
    assert_eq!(error.part, part, "{error}");
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "{word:?} is missing in {text:?}");
    }
}

#[test]
fn an_invalid_list_is_refused_with_its_path() {
    let one = |role: Value| with_lists(json!({"project": [role]}));
    let cases: [(Result<RoleCatalog>, &[&str]); 20] = [
        (with_lists(json!([])), &["JSON object", "view_spans"]),
        (with_lists(json!(null)), &["JSON object"]),
        (
            with_lists(json!({"team": []})),
            &["`team`", "organization, workspace or project"],
        ),
        (
            with_lists(json!({"project": []})),
            &["project", "at least one"],
        ),
        (with_lists(json!({"workspace": {}})), &["workspace", "list"]),
        (one(json!("qa")), &["project, role 1", "JSON object"]),
        (
            one(json!({"permissions": ["view_spans"]})),
            &["role 1", "`role`"],
        ),
        (
            one(json!({"role": 7, "permissions": ["view_spans"]})),
            &["role 1", "`role`"],
        ),
        (
            one(json!({"role": "QA", "permissions": ["view_spans"]})),
            &["\"QA\"", "a-z"],
        ),
        (
            one(json!({"role": "", "permissions": ["view_spans"]})),
            &["1 to 64"],
        ),
        (
            one(json!({"role": "q".repeat(65), "permissions": ["view_spans"]})),
            &["1 to 64"],
        ),
        (
            one(json!({"role": "viewer", "permissions": ["view_spans"]})),
            &["`viewer`", "overlay"],
        ),
        (
            one(json!({"role": "qa"})),
            &["project, role `qa`", "no `permissions`"],
        ),
        (
            one(json!({"role": "qa", "permissions": []})),
            &["`qa`", "at least one"],
        ),
        (
            one(json!({"role": "qa", "permissions": "view_spans"})),
            &["`qa`", "list"],
        ),
        (
            one(json!({"role": "qa", "permissions": ["fly"]})),
            &["`qa`", "\"fly\"", "/workspaces/permissions"],
        ),
        (
            one(json!({"role": "qa", "permissions": ["view_span"]})),
            &["`qa`", "\"view_span\"", "did you mean view_spans?"],
        ),
        (
            one(json!({"role": "qa", "permissions": ["*"]})),
            &["`qa`", "only `owner`"],
        ),
        (
            one(json!({"role": "qa", "permissions": ["view_spans"], "description": 1})),
            &["`description`"],
        ),
        (
            one(json!({"role": "qa", "permisions": ["view_spans"]})),
            &["`permisions`", "role, description, permissions"],
        ),
    ];
    for (given, words) in cases {
        assert_refused(given, RoleCatalogSetting::Lists, words);
    }
    for reserved in ["owner", "admin", "viewer"] {
        for scope in ["organization", "workspace", "project"] {
            let role = json!({"role": reserved, "permissions": ["view_spans"]});
            assert_refused(
                with_lists(json!({scope: [role]})),
                RoleCatalogSetting::Lists,
                &[scope, reserved],
            );
        }
    }
    let no_role = json!({"role": "none", "permissions": ["view_spans"]});
    assert_refused(
        with_lists(json!({"workspace": [no_role]})),
        RoleCatalogSetting::Lists,
        &["workspace, role 1", "none"],
    );
    let twice = json!({"role": "qa", "permissions": ["view_spans"]});
    assert_refused(
        with_lists(json!({"workspace": [twice, twice]})),
        RoleCatalogSetting::Lists,
        &["workspace, role `qa`", "twice"],
    );
}

#[test]
fn an_invalid_overlay_is_refused_with_its_path() {
    let new = json!({"description": "", "permissions": ["view_spans"]});
    let cases: [(Result<RoleCatalog>, &[&str]); 11] = [
        (with_overlay(json!([])), &["JSON object"]),
        (
            with_overlay(json!({"project": []})),
            &["project", "JSON object"],
        ),
        (
            with_overlay(json!({"project": {}, "qa": new})),
            &["wraps the whole"],
        ),
        (
            with_overlay(json!({"workspace": {"qa": new}})),
            &["`workspace`", "alike"],
        ),
        (
            with_overlay(json!({"owner": {"description": "Boss"}})),
            &["`owner`", "every permission"],
        ),
        (
            with_overlay(json!({"qa": {"description": "Tests."}})),
            &["`qa`", "both"],
        ),
        (
            with_overlay(json!({"qa": {"permissions": ["view_spans"]}})),
            &["`qa`", "both"],
        ),
        (with_overlay(json!({"q a": new})), &["q a", "a-z"]),
        (
            with_overlay(json!({"editor": {"permissions": []}})),
            &["`editor`", "at least one"],
        ),
        (
            with_overlay(json!({"editor": {"role": "x"}})),
            &["`role`", "description, permissions"],
        ),
        (
            with_overlay(json!({"viewer": {"permissions": ["view_spans"]}})),
            &["`viewer`", "view_applications", "locked minimum"],
        ),
    ];
    for (given, words) in cases {
        assert_refused(given, RoleCatalogSetting::Overlay, words);
    }
}

#[test]
fn only_owner_may_have_every_permission() {
    let all: Vec<_> = Permission::ALL
        .iter()
        .map(|permission| permission.as_str())
        .collect();
    let (front, back) = all.split_at(32);
    assert_refused(
        with_lists(json!({"project": [{"role": "boss", "permissions": all}]})),
        RoleCatalogSetting::Lists,
        &["`boss`", "no member could give"],
    );
    assert_refused(
        with_overlay(json!({"admin": {"permissions": all}})),
        RoleCatalogSetting::Overlay,
        &["`admin`", "no member could give"],
    );
    assert_refused(
        with_lists(json!({"organization": [{"role": "boss", "permissions": all}]})),
        RoleCatalogSetting::Lists,
        &["organization, role `boss`"],
    );
    // Nor from both levels together.
    assert_refused(
        with_lists(
            json!({"workspace": [{"role": "boss", "permissions": front}],
                     "project": [{"role": "boss", "permissions": back}]}),
        ),
        RoleCatalogSetting::Lists,
        &["`boss`"],
    );
    let almost =
        with_lists(json!({"project": [{"role": "boss", "permissions": all[1..]}]})).unwrap();
    let boss = almost.find(Level::Project, "boss").unwrap();
    assert!(
        boss.combined_permissions()
            .is_proper_subset(almost.all_permissions())
    );
}
