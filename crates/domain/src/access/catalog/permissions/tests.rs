//! Permission catalogs, valid and invalid.

use serde_json::json;

use super::*;

fn numbered(count: usize) -> Vec<PermissionDeclaration> {
    (0..count)
        .map(|number| PermissionDeclaration::new(format!("own_{number}"), ""))
        .collect()
}

#[test]
fn built_in_permissions_come_first() {
    let declared = json!([
        {"permission": "edit_invoices", "description": "Create and change invoices."},
        {"permission": "a", "description": null},
    ]);
    let extension = PermissionDeclaration::new("view_plans", "");
    let catalog = PermissionCatalog::built_in()
        .with([extension])
        .and_then(|catalog| catalog.with_declared(&declared))
        .unwrap();
    let names: Vec<_> = catalog.iter().map(PermissionRef::as_str).collect();
    let (built_in, added) = names.split_at(Permission::COUNT);
    assert_eq!(built_in, Permission::ALL.map(Permission::as_str));
    assert_eq!(added, ["view_plans", "edit_invoices", "a"]);
    let invoices = catalog.find("edit_invoices").unwrap();
    assert_eq!(invoices.description(), "Create and change invoices.");
    assert_eq!(catalog.len(), Permission::COUNT + 3);
    assert_eq!(catalog.all().iter().count(), catalog.len());
    for permission in catalog.iter() {
        assert_eq!(catalog.find(permission.as_str()), Some(permission));
        assert_eq!(catalog.get(permission.index()), Some(permission));
    }
    for unknown in ["", "*", "edit_invoice", "EDIT_INVOICES"] {
        assert_eq!(catalog.find(unknown), None, "{unknown}");
    }
    let outside = catalog.with(numbered(1)).unwrap();
    let last = outside.find("own_0").unwrap();
    assert_eq!(PermissionCatalog::built_in().get(last.index()), None);
}

#[test]
fn a_catalog_has_a_bound() {
    let room = PermissionSet::CAPACITY - Permission::COUNT;
    let full = PermissionCatalog::built_in().with(numbered(room)).unwrap();
    assert_eq!(full.len(), PermissionSet::CAPACITY);
    assert_eq!(full.all().iter().count(), PermissionSet::CAPACITY);
    let error = full.with([PermissionDeclaration::new("one_more", "")]);
    let text = error.unwrap_err().to_string();
    assert!(text.contains("`one_more`: there are at most 512"), "{text}");
}

#[test]
fn an_invalid_declaration_is_refused_with_its_place() {
    let longest = "a".repeat(64);
    for slug in ["a", "a_", "a9", longest.as_str()] {
        let declared = json!([{ "permission": slug }]);
        assert!(
            PermissionCatalog::built_in()
                .with_declared(&declared)
                .is_ok(),
            "{slug}"
        );
    }
    let one = |slug: &str| json!([{ "permission": slug }]);
    let twice = json!([{"permission": "a"}, {"permission": "a"}]);
    let too_long = json!([{"permission": "a", "description": "x".repeat(1_001)}]);
    let cases: [(Value, &[&str]); 17] = [
        (json!({}), &["JSON list", "edit_invoices"]),
        (json!(null), &["JSON list"]),
        (
            json!(["edit_invoices"]),
            &["permission 1", "JSON object", "edit_invoices"],
        ),
        (json!([{}]), &["permission 1", "`permission`"]),
        (
            json!([{"permission": 7}]),
            &["permission 1", "`permission`"],
        ),
        (
            json!([{"permission": "a"}, {"permission": "b", "descripion": ""}]),
            &["permission 2", "`descripion`", "permission, description"],
        ),
        (
            json!([{"permission": "a", "description": 1}]),
            &["permission 1", "`description`"],
        ),
        (one(""), &["\"\"", "1 to 64"]),
        (one("9a"), &["\"9a\"", "beginning with one of a-z"]),
        (one("_a"), &["\"_a\"", "beginning with one of a-z"]),
        (one("Edit"), &["\"Edit\"", "a-z"]),
        (one("edit-invoices"), &["\"edit-invoices\"", "a-z"]),
        (one("*"), &["\"*\""]),
        (one(&"a".repeat(65)), &["1 to 64"]),
        (one("view_spans"), &["`view_spans`", "built-in"]),
        (twice, &["`a`", "twice"]),
        (too_long, &["`a`", "1000 bytes"]),
    ];
    for (declared, words) in cases {
        let error = PermissionCatalog::built_in().with_declared(&declared);
        let text = error.unwrap_err().to_string();
        for word in words {
            assert!(text.contains(word), "{word:?} is missing in {text:?}");
        }
    }
    let extension = PermissionDeclaration::new("edit_invoices", "");
    let catalog = PermissionCatalog::built_in().with([extension]).unwrap();
    let error = catalog.with_declared(&one("edit_invoices")).unwrap_err();
    assert!(error.to_string().contains("twice"), "{error}");
}
