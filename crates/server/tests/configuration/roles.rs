//! Settings of the role catalog.

use freehold_domain::{Level, Permission, RoleCatalog};

use super::{Config, Problem, load, problems, resolved_value, sources_with, sources_with_file};

const LISTS: &str = r#"{"project": [{"role": "qa", "permissions": ["view_spans"]}]}"#;
const OVERLAY: &str = r#"{"auditor": {"description": "Reads.", "permissions": ["view_events"]}}"#;

#[test]
fn without_role_settings_the_catalog_is_the_built_in_one() {
    assert_eq!(load(&[]).roles, RoleCatalog::built_in());
    let blank = load(&[
        ("AGENTA_ACCESS_ROLES", " "),
        ("FREEHOLD_ACCESS_ROLES_OVERLAY", ""),
    ]);
    assert_eq!(blank.roles, RoleCatalog::built_in());
    assert_eq!(resolved_value(&blank, "access_roles").1, "default");
}

#[test]
fn role_settings_work_under_every_name() {
    for [lists, overlay] in [
        ["FREEHOLD_ACCESS_ROLES", "FREEHOLD_ACCESS_ROLES_OVERLAY"],
        ["AGENTA_ACCESS_ROLES", "AGENTA_ACCESS_ROLES_OVERLAY"],
    ] {
        let config = load(&[(lists, LISTS), (overlay, OVERLAY)]);
        let permissions = |role| config.roles.permissions(Level::Project, role);
        assert!(permissions("qa").contains(Permission::ViewSpans));
        assert!(permissions("auditor").contains(Permission::ViewEvents));
        assert!(config.roles.find(Level::Project, "developer").is_none());
        assert!(config.notices.is_empty(), "{:?}", config.notices);
        assert_eq!(
            resolved_value(&config, "access_roles"),
            (Some(LISTS.to_owned()), lists.to_owned())
        );
        assert!(freehold_server::config::effective_configuration(&config).contains(OVERLAY));
    }
}

#[test]
fn roles_in_the_file_are_json_text_and_can_be_read_back() {
    let (_folder, sources) = sources_with_file(&format!("[access]\nroles = '{LISTS}'\n"));
    let config = Config::load(&sources).unwrap();
    assert!(config.roles.find(Level::Workspace, "qa").is_some());
    let (_folder, sources) =
        sources_with_file(&freehold_server::config::effective_configuration(&config));
    assert_eq!(Config::load(&sources).unwrap().roles, config.roles);
}

#[test]
fn invalid_role_settings_name_their_location() {
    let cases: [(&str, &str, &[&str]); 6] = [
        ("AGENTA_ACCESS_ROLES", "{", &["JSON", "line 1"]),
        ("AGENTA_ACCESS_ROLES", "[]", &["JSON object"]),
        (
            "FREEHOLD_ACCESS_ROLES",
            r#"{"project": [{"role": "qa", "permissions": ["fly"]}]}"#,
            &["project, role `qa`", "\"fly\""],
        ),
        (
            "AGENTA_ACCESS_ROLES",
            r#"{"project": []}"#,
            &["project", "at least one role"],
        ),
        ("AGENTA_ACCESS_ROLES_OVERLAY", "qa", &["JSON"]),
        (
            "FREEHOLD_ACCESS_ROLES_OVERLAY",
            r#"{"qa": {"description": "Tests."}}"#,
            &["`qa`", "both `description` and `permissions`"],
        ),
    ];
    for (name, text, words) in cases {
        let problems = problems(&[(name, text)]);
        let [problem @ Problem::Roles { .. }] = &problems[..] else {
            panic!("{name}={text}: {problems:?}");
        };
        let message = problem.to_string();
        assert!(message.starts_with(&format!("{name}: ")), "{message}");
        for word in words {
            assert!(message.contains(word), "{word} is missing in {message}");
        }
    }
    // Both problems are reported, and a TOML table is refused.
    let both = problems(&[
        ("AGENTA_ACCESS_ROLES", "{"),
        ("AGENTA_ACCESS_ROLES_OVERLAY", r#"{"owner": {}}"#),
    ]);
    assert_eq!(both.len(), 2, "{both:?}");
    let (_folder, sources) = sources_with_file("[access.roles]\nproject = \"x\"\n");
    assert!(Config::load(&sources).is_err());
}

#[test]
fn roles_without_project_permissions_are_reported() {
    let lists = r#"{"workspace": [{"role": "lost", "permissions": ["view_spans"]}]}"#;
    let config = Config::load(&sources_with(&[("AGENTA_ACCESS_ROLES", lists)])).unwrap();
    let [notice] = &config.notices[..] else {
        panic!("{:?}", config.notices);
    };
    assert!(notice.contains("AGENTA_ACCESS_ROLES: `lost`"), "{notice}");
}
