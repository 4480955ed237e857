//! The role catalogue as an operator configures it.

use freehold_domain::{Level, Permission, RoleCatalog};

use super::{Config, Problem, in_file, load, problems, said, shown};

const LISTS: &str = r#"{"project": [{"role": "qa", "permissions": ["view_spans"]}]}"#;
const OVERLAY: &str = r#"{"auditor": {"description": "Reads.", "permissions": ["view_events"]}}"#;

#[test]
fn without_one_it_is_the_built_in_catalogue() {
    assert_eq!(load(&[]).roles, RoleCatalog::built_in());
    let blank = load(&[
        ("AGENTA_ACCESS_ROLES", " "),
        ("FREEHOLD_ACCESS_ROLES_OVERLAY", ""),
    ]);
    assert_eq!(blank.roles, RoleCatalog::built_in());
    assert_eq!(shown(&blank, "access_roles").1, "default");
}

#[test]
fn both_settings_count_under_every_name() {
    for [lists, overlay] in [
        ["FREEHOLD_ACCESS_ROLES", "FREEHOLD_ACCESS_ROLES_OVERLAY"],
        ["AGENTA_ACCESS_ROLES", "AGENTA_ACCESS_ROLES_OVERLAY"],
    ] {
        let config = load(&[(lists, LISTS), (overlay, OVERLAY)]);
        let may = |role| config.roles.permissions(Level::Project, role);
        assert!(may("qa").contains(Permission::ViewSpans));
        assert!(may("auditor").contains(Permission::ViewEvents));
        assert!(config.roles.find(Level::Project, "developer").is_none());
        assert!(config.notices.is_empty(), "{:?}", config.notices);
        assert_eq!(
            shown(&config, "access_roles"),
            (Some(LISTS.to_owned()), lists.to_owned())
        );
        assert!(freehold_server::config::printed(&config).contains(OVERLAY));
    }
}

#[test]
fn in_the_file_it_is_text_and_reads_back_as_printed() {
    let (_folder, sources) = in_file(&format!("[access]\nroles = '{LISTS}'\n"));
    let config = Config::load(&sources).unwrap();
    assert!(config.roles.find(Level::Workspace, "qa").is_some());
    let (_folder, again) = in_file(&freehold_server::config::printed(&config));
    assert_eq!(Config::load(&again).unwrap().roles, config.roles);
}

#[test]
fn a_mistake_stops_the_start_with_its_place() {
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
        let found = problems(&[(name, text)]);
        let [problem @ Problem::Roles { .. }] = &found[..] else {
            panic!("{name}={text}: {found:?}");
        };
        let told = problem.to_string();
        assert!(told.starts_with(&format!("{name}: ")), "{told}");
        for word in words {
            assert!(told.contains(word), "{word} is missing in {told}");
        }
    }
    // Both at once are both told, and nothing is taken from a table.
    let both = problems(&[
        ("AGENTA_ACCESS_ROLES", "{"),
        ("AGENTA_ACCESS_ROLES_OVERLAY", r#"{"owner": {}}"#),
    ]);
    assert_eq!(both.len(), 2, "{both:?}");
    let (_folder, sources) = in_file("[access.roles]\nproject = \"x\"\n");
    assert!(Config::load(&sources).is_err());
}

#[test]
fn a_role_that_projects_do_not_have_is_mentioned() {
    let lists = r#"{"workspace": [{"role": "lost", "permissions": ["view_spans"]}]}"#;
    let config = Config::load(&said(&[("AGENTA_ACCESS_ROLES", lists)])).unwrap();
    let [notice] = &config.notices[..] else {
        panic!("{:?}", config.notices);
    };
    assert!(notice.contains("AGENTA_ACCESS_ROLES: `lost`"), "{notice}");
}
