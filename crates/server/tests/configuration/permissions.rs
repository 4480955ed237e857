//! The setting of declared permissions, and permissions of extensions.

use std::sync::Arc;

use freehold_app::Extension;
use freehold_domain::{Level, PermissionCatalog, PermissionDeclaration};
use freehold_server::{Edition, Feature, FeatureSettings, InvalidSetting};

use super::{
    Config, Problem, effective_configuration, load, problems, resolved_value, sources_with,
    sources_with_file,
};

const DECLARED: &str =
    r#"[{"permission": "edit_invoices", "description": "Create and change invoices."}]"#;
const LISTS: &str =
    r#"{"project": [{"role": "clerk", "permissions": ["edit_invoices", "view_spans"]}]}"#;
const OVERLAY: &str = r#"{"auditor": {"description": "Reads.", "permissions": ["edit_invoices"]}}"#;

const VARIABLES: [(&str, &str); 3] = [
    ("FREEHOLD_ACCESS_PERMISSIONS", DECLARED),
    ("FREEHOLD_ACCESS_ROLES", LISTS),
    ("AGENTA_ACCESS_ROLES_OVERLAY", OVERLAY),
];

#[test]
fn without_the_setting_permissions_are_the_built_in_ones() {
    for config in [load(&[]), load(&[("FREEHOLD_ACCESS_PERMISSIONS", " ")])] {
        let permissions = config.roles.permission_catalog();
        assert_eq!(**permissions, PermissionCatalog::built_in());
        assert_eq!(resolved_value(&config, "access_permissions").1, "default");
    }
}

#[test]
fn configured_roles_can_have_declared_permissions() {
    let config = load(&VARIABLES);
    let invoices = config.roles.permission_catalog().find("edit_invoices");
    let invoices = invoices.unwrap();
    assert_eq!(invoices.description(), "Create and change invoices.");
    for (role, has) in [
        ("owner", true),
        ("admin", true),
        ("clerk", true),
        ("auditor", true),
        ("viewer", false),
    ] {
        let permissions = config.roles.permissions(Level::Project, role);
        assert_eq!(permissions.contains(invoices), has, "{role}");
    }
    let shown = resolved_value(&config, "access_permissions");
    let source = "FREEHOLD_ACCESS_PERMISSIONS".to_owned();
    assert_eq!(shown, (Some(DECLARED.to_owned()), source));
    // `config print` can be read back.
    let (_folder, sources) = sources_with_file(&effective_configuration(&config));
    assert_eq!(Config::load(&sources).unwrap().roles, config.roles);
}

#[test]
fn invalid_permissions_name_the_setting() {
    for (text, words) in [
        ("{", &["not JSON", "line 1"][..]),
        ("{}", &["JSON list"]),
        (r#"[{"permission": "Edit"}]"#, &["\"Edit\"", "a-z"]),
        (
            r#"[{"permission": "view_spans"}]"#,
            &["`view_spans`", "built-in"],
        ),
        (
            r#"[{"permission": "a"}, {"permission": "a"}]"#,
            &["`a`", "twice"],
        ),
    ] {
        // Roles that have the permission are not reported, too.
        let variables = [("FREEHOLD_ACCESS_PERMISSIONS", text), VARIABLES[1]];
        let problems = problems(&variables);
        let [problem @ Problem::Roles { .. }] = &problems[..] else {
            panic!("{text}: {problems:?}");
        };
        let message = problem.to_string();
        assert!(
            message.starts_with("FREEHOLD_ACCESS_PERMISSIONS: "),
            "{message}"
        );
        for word in words {
            assert!(message.contains(word), "{word} is missing in {message}");
        }
    }
    // But a role with a misspelled permission is, with the nearest name.
    let misspelled = LISTS.replace("edit_invoices", "edit_invoice");
    let problems = problems(&[VARIABLES[0], ("FREEHOLD_ACCESS_ROLES", &misspelled)]);
    let [problem] = &problems[..] else {
        panic!("{problems:?}");
    };
    let message = problem.to_string();
    assert!(message.starts_with("FREEHOLD_ACCESS_ROLES: "), "{message}");
    assert!(message.contains("did you mean edit_invoices?"), "{message}");
    // A table of the file is not the JSON text of the setting.
    let (_folder, sources) = sources_with_file("[[access.permissions]]\npermission = \"x\"\n");
    assert!(Config::load(&sources).is_err());
}

struct Plans(&'static str);

impl Extension for Plans {
    fn capability(&self) -> &'static str {
        "plans"
    }

    fn permissions(&self) -> Vec<PermissionDeclaration> {
        vec![PermissionDeclaration::new(self.0, "")]
    }
}

const fn feature(
    build: fn(&FeatureSettings) -> Result<Arc<dyn Extension>, InvalidSetting>,
) -> Feature {
    Feature {
        settings: &[],
        build,
        routes: Vec::new,
        command: None,
    }
}

const PLANS: &[Feature] = &[feature(|_| Ok(Arc::new(Plans("edit_plans"))))];
const DECLARED_TOO: &[Feature] = &[feature(|_| Ok(Arc::new(Plans("edit_invoices"))))];
const BUILT_IN: &[Feature] = &[feature(|_| Ok(Arc::new(Plans("view_spans"))))];

#[test]
fn configured_roles_can_have_permissions_of_extensions() {
    let with = |edition, variables: &[(&str, &str)]| {
        let mut sources = sources_with(variables);
        sources.edition = edition;
        Config::load(&sources)
    };
    let lists = LISTS.replace("edit_invoices", "edit_plans");
    let lists = ("FREEHOLD_ACCESS_ROLES", lists.as_str());
    let config = with(Edition::new(PLANS), &[VARIABLES[0], lists]).unwrap();
    let names: Vec<_> = config.roles.permission_catalog().iter().skip(64).collect();
    assert_eq!(names[0].as_str(), "edit_plans", "before the declared ones");
    assert_eq!(names[1].as_str(), "edit_invoices");
    let clerk = config.roles.permissions(Level::Project, "clerk");
    assert!(clerk.contains(names[0]) && !clerk.contains(names[1]));

    for (edition, expected) in [
        (Edition::new(DECLARED_TOO), "FREEHOLD_ACCESS_PERMISSIONS: "),
        (Edition::new(BUILT_IN), "the extension plans: "),
    ] {
        let problems = with(edition, &VARIABLES).unwrap_err().0;
        let [problem] = &problems[..] else {
            panic!("{problems:?}");
        };
        assert!(problem.to_string().starts_with(expected), "{problem}");
    }
}
