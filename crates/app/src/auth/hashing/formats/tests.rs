//! Published test vectors, and hashes that are refused.

use super::*;

fn verify(password: &str, stored: &str) -> PasswordMatch {
    let mut memory = Vec::new();
    let stored = StoredHash::parse(stored).unwrap_or_else(|message| panic!("{stored}: {message}"));
    stored.verify(password, &mut memory).unwrap()
}

fn matches(password: &str, stored: &str) {
    assert_eq!(
        verify(password, stored),
        PasswordMatch::Outdated,
        "{stored}"
    );
    let other = format!("{password}x");
    assert_eq!(verify(&other, stored), PasswordMatch::Mismatch, "{stored}");
}

#[test]
fn bcrypt_versions_2a_2b_2y() {
    // From Openwall's crypt_blowfish, whose 2b and 2y are the same.
    let openwall = "CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    for version in ["2a", "2b", "2y"] {
        matches("U*U", &format!("${version}$05${openwall}"));
    }
    matches(
        "U*U*",
        "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK",
    );
}

#[test]
fn bcrypt_ignores_what_follows_72_bytes() {
    // From the same source: a password longer than that.
    let stored = "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui";
    let known = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    for tail in ["", "chars after 72 are ignored", "anything"] {
        let password = format!("{known}{tail}");
        assert_eq!(verify(&password, stored), PasswordMatch::Outdated);
    }
    assert_eq!(verify(&known[..71], stored), PasswordMatch::Mismatch);
}

#[test]
fn scrypt_rfc_7914_vectors() {
    // RFC 7914, section 12, with the salts `NaCl` and `SodiumChloride`.
    matches(
        "password",
        "$scrypt$ln=10,r=8,p=16$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWIurzDZLiKjiG/xCSedmDDaxyevuUqD7m2DYMvfoswGQA",
    );
    matches(
        "pleaseletmein",
        "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU=$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw==",
    );
}

const SALT: &str = "42xEC+ixf3L2lw==";
const HASH: &str =
    "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==";
const KEY: &str =
    "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==";

#[test]
fn firebase_documentation_vector() {
    let stored = format!("$firescrypt$ln=14,r=8,p=1${SALT}${HASH}$Bw==${KEY}");
    matches("user1password", &stored);
    let other_separator = format!("$firescrypt$ln=14,r=8,p=1${SALT}${HASH}$CA==${KEY}");
    assert_eq!(
        verify("user1password", &other_separator),
        PasswordMatch::Mismatch
    );
}

#[test]
fn pbkdf2_published_vectors() {
    // RFC 6070 (SHA-1), and RFC 7914 section 11 (SHA-256).
    matches(
        "password",
        "$pbkdf2$i=4096$c2FsdA$SwB5AbdlSJq+rUnZJvch0GWkKcE",
    );
    matches(
        "passwd",
        "$pbkdf2-sha256$i=1$c2FsdA$VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLxJypzM8Xm2RZkWZLOdd+8xfHG4RbHjC9UJESBB06GXgw",
    );
    // SHA-512, one iteration, from an extension of RFC 6070's vectors.
    matches(
        "password",
        "$pbkdf2-sha512$1$c2FsdA==$hn9wzxreAs/zdSWZo6U9xK80x6ZpgVrl1RNVThyM8lLALUcKKFoFAbrZmb/pQ8CPBQI119aLHaVeY/c7YKV/zg==",
    );
}

#[test]
fn unsupported_hashes_are_refused_with_the_expected_format() {
    for (text, expected) in [
        ("", "is bcrypt"),
        ("Secret12!", "is bcrypt"),
        ("$1$abc$def", "is bcrypt"),
        (
            "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "is bcrypt",
        ),
        ("$2b$05$CCCC", "53 characters"),
        (
            "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW ",
            "53 characters",
        ),
        ("$scrypt$ln=14,r=8$c2FsdA$AAAA", "ln=15"),
        ("$scrypt$ln=14,r=8,p=1$c2FsdA$AAAA", "<hash>"),
        ("$firescrypt$ln=14,r=8,p=1$c2FsdA$AAAA", "<signer key>"),
        ("$pbkdf2-sha256$i=abc$c2FsdA$AAAA", "i=600000"),
        (
            "$pbkdf2-sha256$i=0$c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "1 to",
        ),
        (
            "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ",
            "salt and a hash",
        ),
        (
            "$argon2id$v=21$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            "version",
        ),
    ] {
        let message = check_format(text).expect_err(text);
        assert!(message.contains(expected), "{text}: {message}");
        assert!(message.ends_with('.'), "{message}");
    }
}

#[test]
fn costly_hashes_are_refused() {
    let hash = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for text in [
        "$2b$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW".to_owned(),
        format!("$scrypt$ln=19,r=8,p=1$c2FsdA${hash}"),
        format!("$scrypt$ln=63,r=8,p=1$c2FsdA${hash}"),
        format!("$scrypt$ln=64,r=8,p=1$c2FsdA${hash}"),
        format!("$scrypt$ln=4294967295,r=4294967295,p=1$c2FsdA${hash}"),
        format!("$scrypt$ln=18,r=8,p=2$c2FsdA${hash}"),
        format!("$firescrypt$ln=20,r=8,p=1${SALT}${HASH}$Bw==${KEY}"),
        format!("$pbkdf2-sha256$i=2000001$c2FsdA${hash}"),
        format!("$pbkdf2$i=1500000$c2FsdA${hash}"),
        format!("$argon2id$v=19$m=262145,t=1,p=1$c29tZXNhbHQ${hash}"),
        format!("$argon2id$v=19$m=262144,t=5,p=1$c29tZXNhbHQ${hash}"),
        format!("$argon2id$v=19$m=65536,t=4294967295,p=1$c29tZXNhbHQ${hash}"),
        format!("$argon2id$v=19$m=65536,t=1,p=17$c29tZXNhbHQ${hash}"),
        format!("$scrypt$ln=14,r=8,p=1$c2FsdA${}", "A".repeat(2000)),
    ] {
        check_format(&text).expect_err(&text);
    }
    for cost in ["ln=0,r=8,p=1", "ln=18,r=8,p=2", "ln=1,r=8,p=0"] {
        let message = check_format(&format!("$scrypt${cost}$c2FsdA${hash}")).expect_err(cost);
        assert!(
            message.contains("ln from 1")
                && message.contains("256 MiB")
                && !message.contains("GiB"),
            "{message}"
        );
    }
    for text in [
        format!("$scrypt$ln=1,r=8,p=1$c2FsdA${hash}"),
        format!("$scrypt$ln=18,r=8,p=1$c2FsdA${hash}"),
        format!("$pbkdf2-sha256$i=2000000$c2FsdA${hash}"),
        format!("$argon2id$v=19$m=262144,t=4,p=1$c29tZXNhbHQ${hash}"),
    ] {
        assert_eq!(check_format(&text), Ok(()), "{text}");
    }
}
