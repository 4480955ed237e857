//! Settings of the seed catalog, the example in `docs`, and invalid catalogs.

use std::fs;

use freehold_domain::SeedCatalog;
use freehold_server::config::{Config, Problem, effective_configuration};

use super::{load, problems, resolved_value, sources_with, sources_with_file};

pub(crate) const EXAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/examples/seeds.toml"
);

/// Writes a catalog to a temporary file and returns its path.
fn catalog(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seeds.toml");
    fs::write(&file, text).unwrap();
    let path = file.to_str().unwrap().to_owned();
    (folder, path)
}

#[test]
fn the_example_equals_the_built_in_catalog() {
    let config = load(&[("FREEHOLD_SEEDS_FILE", EXAMPLE)]);
    assert_eq!(config.seed_catalog, SeedCatalog::built_in());
    assert_eq!(load(&[]).seed_catalog, SeedCatalog::built_in());
}

#[test]
fn a_catalog_is_named_in_a_section_or_a_variable() {
    let text = "[[items]]\nkind = \"environment\"\nslug = \"live\"\nname = \"Live\"\n\
                data.since = 2026-11-23\n";
    let (_folder, path) = catalog(text);
    let (_config_folder, sources) =
        sources_with_file(&format!("[seeds]\nenabled = true\nfile = \"{path}\""));
    let config = Config::load(&sources).unwrap();
    assert!(config.seeds);
    assert_eq!(config.seed_catalog.items().len(), 1);
    let item = format!("{:?}", config.seed_catalog.items()[0]);
    assert!(
        item.contains("String(\"2026-11-23\")"),
        "dates become strings: {item}"
    );
    assert_eq!(resolved_value(&config, "seeds_file").0, Some(path.clone()));
    assert!(effective_configuration(&config).contains(&format!("seeds_file = \"{path}\"")));

    let (_config_folder, sources) = sources_with_file("[seeds]\nenabled = false");
    assert!(!Config::load(&sources).unwrap().seeds);
    let off = [
        ("FREEHOLD_SEEDS", "off"),
        ("FREEHOLD_SEEDS_FILE", path.as_str()),
    ];
    let config = load(&off);
    assert!(!config.seeds && config.seed_catalog.items().len() == 1);
    assert!(effective_configuration(&load(&[])).contains("# seeds_file is not set: the built-in"));
}

#[test]
fn an_empty_catalog_is_valid() {
    let (_folder, path) = catalog("items = []");
    let config = load(&[("FREEHOLD_SEEDS_FILE", &path)]);
    assert!(config.seed_catalog.items().is_empty());
}

#[test]
fn catalog_errors_name_item_and_key() {
    let (_folder, path) = catalog(
        "[[items]]\nkind = \"evaluator\"\nslug = \"e\"\nname = \"E\"\ndata.url = \"nowhere\"\nwen = \"project\"\n\
         [[items]]\nkind = \"environment\"\nslug = \"q\"\nname = \"Q\"\n\
         [[items]]\nkind = \"environment\"\nslug = \"q\"\nname = \"Q\"\n",
    );
    let sources = sources_with(&[("FREEHOLD_SEEDS_FILE", &path), ("FREEHOLD_SEEDS", "off")]);
    let text = Config::load(&sources).unwrap_err().to_string();
    for expected in [
        "item 1 (evaluator e): wen: unknown; an item has kind,",
        "item 1 (evaluator e): data.url: expected a URL that starts with {services_url}",
        "item 3 (environment q): slug: item 2 (environment q) has the same slug",
    ] {
        assert!(text.contains(&format!("{path}: {expected}")), "{text}");
    }
}

#[test]
fn unreadable_catalogs_are_refused() {
    let problems_for = |path: &str| problems(&[("FREEHOLD_SEEDS_FILE", path)]);
    let [Problem::Unreadable { name, .. }] = &problems_for("/nowhere/seeds.toml")[..] else {
        panic!("a missing file is unreadable")
    };
    assert_eq!(name, "FREEHOLD_SEEDS_FILE");
    let (_folder, path) = catalog("items = []\n[[items]\n");
    let [Problem::Syntax { line: 2, .. }] = &problems_for(&path)[..] else {
        panic!("{:?}", problems_for(&path))
    };
    let (_folder, path) = catalog("items = [{ data = { x = nan } }]");
    let [Problem::Seeds { reason, .. }] = &problems_for(&path)[..] else {
        panic!("{:?}", problems_for(&path))
    };
    assert!(reason.contains("nan"), "{reason}");
    let (_folder, path) = catalog(&format!("# {}", "x".repeat(1 << 20)));
    let [Problem::Unreadable { reason, .. }] = &problems_for(&path)[..] else {
        panic!("{:?}", problems_for(&path))
    };
    assert_eq!(reason, "it is larger than 1 MiB");
}
