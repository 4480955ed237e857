//! Properties of every configuration.

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// JSON that is often almost valid.
fn arbitrary_json() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        Just("owner"),
        Just("viewer"),
        Just("editor"),
        Just("qa"),
        Just("project"),
        Just("workspace"),
        Just("organization"),
        Just("role"),
        Just("description"),
        Just("permissions"),
        Just("view_spans"),
        Just("*"),
        Just(""),
        Just("é\u{0}"),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
        Just(json!(["view_spans"])),
        Just(json!({"role": "qa", "permissions": ["view_spans"]})),
        Just(json!({"description": "", "permissions": ["edit_spans"]})),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let key = word.clone().prop_map(str::to_owned);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((key, inner), 0..4)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn any_configuration_has_one_owner_role_or_is_refused(roles in arbitrary_json(), overlay in arbitrary_json()) {
        match RoleCatalog::configured(Some(&roles), Some(&overlay)) {
            Err(error) => prop_assert!(!error.to_string().is_empty()),
            Ok(catalog) => for level in Level::ALL {
                let listed = catalog.roles(level);
                let reserved: Vec<_> = listed.iter().take(3).map(RoleDefinition::slug).collect();
                prop_assert_eq!(reserved, ["owner", "admin", "viewer"]);
                prop_assert_eq!(listed[0].permissions(), catalog.all_permissions());
                prop_assert!(listed[1..].iter().all(|role| role.combined_permissions().is_proper_subset(catalog.all_permissions())));
            }
        }
    }
}
