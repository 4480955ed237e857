//! The generated admin key: generated once, private, and the same for concurrent
//! starts.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt as _,
    sync::{Arc, Barrier},
    thread,
};

use freehold_server::startup::{
    admin_key::{AdminKeyError, load_or_create},
    system::SystemRandomSource,
};
use secrecy::ExposeSecret as _;

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_key_is_created_once_with_mode_600() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("some/data");
    let created = load_or_create(&data, &SystemRandomSource).unwrap();
    assert!(created.is_new && !created.readable_by_others);
    assert_eq!(created.key.expose_secret().len(), 64);
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&created.file), 0o600);

    let loaded = load_or_create(&data, &SystemRandomSource).unwrap();
    assert!(!loaded.is_new);
    assert_eq!(loaded.key.expose_secret(), created.key.expose_secret());
    let names: Vec<_> = fs::read_dir(&data)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["admin.key"], "no temporary file is left");
}

#[test]
fn concurrent_starts_share_one_key() {
    for _ in 0..20 {
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("data");
        let start = Arc::new(Barrier::new(8));
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let (data, start) = (data.clone(), Arc::clone(&start));
                thread::spawn(move || {
                    start.wait();
                    load_or_create(&data, &SystemRandomSource).unwrap()
                })
            })
            .collect();
        let loaded_keys: Vec<_> = threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect();
        let keys: BTreeSet<&str> = loaded_keys
            .iter()
            .map(|loaded| loaded.key.expose_secret())
            .collect();
        assert_eq!(keys.len(), 1);
        assert_eq!(
            loaded_keys.iter().filter(|loaded| loaded.is_new).count(),
            1,
            "one of them generated the key"
        );
    }
}

#[test]
fn an_invalid_key_file_is_refused_and_unchanged() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("admin.key");
    for text in ["", "short\n", "replace-me-replace-me-replace-me-\n"] {
        fs::write(&file, text).unwrap();
        assert!(matches!(
            load_or_create(home.path(), &SystemRandomSource),
            Err(AdminKeyError::InvalidKey(_))
        ));
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }
}

#[test]
fn a_key_readable_by_others_is_reported() {
    let home = tempfile::tempdir().unwrap();
    let created = load_or_create(home.path(), &SystemRandomSource).unwrap();
    fs::set_permissions(&created.file, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(
        load_or_create(home.path(), &SystemRandomSource)
            .unwrap()
            .readable_by_others
    );
}
