//! The generated admin key: made once, private, and the same for everybody
//! who asks at the same time.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt as _,
    sync::{Arc, Barrier},
    thread,
};

use freehold_server::startup::{
    admin_key::{NoKey, load_or_make},
    system::SystemChance,
};
use secrecy::ExposeSecret as _;

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_key_is_made_once_for_its_owner_only() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("some/data");
    let made = load_or_make(&data, &SystemChance).unwrap();
    assert!(made.is_new && !made.exposed);
    assert_eq!(made.key.expose_secret().len(), 64);
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&made.file), 0o600);

    let again = load_or_make(&data, &SystemChance).unwrap();
    assert!(!again.is_new);
    assert_eq!(again.key.expose_secret(), made.key.expose_secret());
    let names: Vec<_> = fs::read_dir(&data)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["admin.key"], "no draft is left behind");
}

#[test]
fn many_at_once_agree_on_one_key() {
    for _ in 0..20 {
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("data");
        let start = Arc::new(Barrier::new(8));
        let asking: Vec<_> = (0..8)
            .map(|_| {
                let (data, start) = (data.clone(), Arc::clone(&start));
                thread::spawn(move || {
                    start.wait();
                    load_or_make(&data, &SystemChance).unwrap()
                })
            })
            .collect();
        let kept: Vec<_> = asking
            .into_iter()
            .map(|asking| asking.join().unwrap())
            .collect();
        let keys: BTreeSet<&str> = kept.iter().map(|kept| kept.key.expose_secret()).collect();
        assert_eq!(keys.len(), 1);
        assert_eq!(
            kept.iter().filter(|kept| kept.is_new).count(),
            1,
            "one of them says so"
        );
    }
}

#[test]
fn a_file_without_a_key_is_refused_and_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("admin.key");
    for text in ["", "short\n", "replace-me-replace-me-replace-me-\n"] {
        fs::write(&file, text).unwrap();
        assert!(matches!(
            load_or_make(home.path(), &SystemChance),
            Err(NoKey::Damaged(_))
        ));
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }
}

#[test]
fn a_key_that_others_can_read_is_noticed() {
    let home = tempfile::tempdir().unwrap();
    let made = load_or_make(home.path(), &SystemChance).unwrap();
    fs::set_permissions(&made.file, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(load_or_make(home.path(), &SystemChance).unwrap().exposed);
}
