//! The flags of an organization.

use freehold_domain::{InvalidFlags, OrganizationFlags};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

#[test]
fn a_new_organization_has_every_flag() {
    let flags = OrganizationFlags::for_new(true, false);
    assert_eq!(
        flags.to_json(),
        json!({"is_demo": false, "allow_email": true, "allow_social": false, "allow_sso": false,
               "allow_root": false, "domains_only": false, "auto_join": false})
    );
    assert!(!flags.is_demo());
}

#[test]
fn clients_cannot_change_reserved_flags() {
    let stored = OrganizationFlags::from_json(Some(
        json!({"is_demo": true, "allow_sso": true, "theme": "dark", "custom": 1}),
    ));
    let merged = stored
        .merge(&object(json!({
            "is_demo": false, "allow_sso": false, "auto_join": true, "allow_root": [],
            "theme": "light", "beta": null,
        })))
        .unwrap();
    assert_eq!(
        merged.to_json(),
        json!({"is_demo": true, "allow_sso": true, "theme": "light", "custom": 1, "beta": null})
    );
    assert!(merged.is_demo());
}

#[test]
fn missing_flags_are_empty() {
    for stored in [None, Some(Value::Null), Some(json!([1])), Some(json!({}))] {
        let flags = OrganizationFlags::from_json(stored);
        assert_eq!(flags.to_json(), json!({}));
        assert!(!flags.is_demo());
    }
}

#[test]
fn flags_stay_small_and_flat() {
    let none = OrganizationFlags::default();
    let refusal = |request| none.merge(&object(request)).unwrap_err();
    assert_eq!(
        refusal(json!({"x": {}})),
        InvalidFlags::NotScalar("x".into())
    );
    assert_eq!(
        refusal(json!({"x": []})),
        InvalidFlags::NotScalar("x".into())
    );
    assert_eq!(refusal(json!({"": 1})), InvalidFlags::Text(String::new()));
    assert_eq!(
        refusal(json!({"x": "a\u{0}"})),
        InvalidFlags::Text("x".into())
    );
    let many: Map<_, _> = (0..65).map(|n| (format!("k{n}"), json!(n))).collect();
    assert_eq!(none.merge(&many), Err(InvalidFlags::TooMany));
    let just: Map<_, _> = many.into_iter().take(64).collect();
    assert!(none.merge(&just).is_ok());
}

proptest! {
    #[test]
    fn no_request_changes_reserved_flags(
        request in proptest::collection::hash_map(
            prop_oneof![
                Just("is_demo".to_owned()),
                Just("allow_root".to_owned()),
                Just("auto_join".to_owned()),
                "[a-z]{1,4}",
            ],
            any::<bool>(),
            0..6,
        ),
    ) {
        let stored = OrganizationFlags::for_new(true, true);
        let request: Map<_, _> = request.into_iter().map(|(k, v)| (k, v.into())).collect();
        let merged = stored.merge(&request).unwrap();
        for reserved in ["is_demo", "allow_root", "auto_join"] {
            prop_assert_eq!(&merged.to_json()[reserved], &json!(false));
        }
        // A second update changes nothing.
        prop_assert_eq!(merged.merge(&request), Ok(merged));
    }
}
