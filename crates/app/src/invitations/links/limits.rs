//! The limits of an invitation link: number of uses, email domains, expiry.

use std::time::Duration;

use freehold_domain::{Email, Refusal, Timestamp};

use super::InvitationLinkExpiry;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const DEFAULT_DAYS: u32 = 7;
const MAX_DAYS: u32 = 365;
const MAX_USES: i64 = 1_000_000;
const MAX_DOMAINS: usize = 100;

fn invalid_field(field: &str, problem: impl Into<String>) -> Refusal {
    Refusal::InvalidField {
        location: "body",
        field: field.to_owned(),
        problem: problem.into(),
    }
}

pub(super) fn parse_max_uses(value: Option<i64>) -> Result<Option<i64>, Refusal> {
    match value {
        Some(uses) if !(1..=MAX_USES).contains(&uses) => Err(invalid_field(
            "max_uses",
            format!("max_uses is 1 to {MAX_USES}, or null for no limit"),
        )),
        value => Ok(value),
    }
}

pub(super) fn end(value: InvitationLinkExpiry, now: Timestamp) -> Result<Timestamp, Refusal> {
    let latest = now + DAY * MAX_DAYS;
    match value {
        InvitationLinkExpiry::Default => Ok(now + DAY * DEFAULT_DAYS),
        InvitationLinkExpiry::InDays(days) => match u32::try_from(days) {
            Ok(days) if (1..=MAX_DAYS).contains(&days) => Ok(now + DAY * days),
            _ => Err(invalid_field(
                "expires_in_days",
                format!("a link is valid for 1 to {MAX_DAYS} days"),
            )),
        },
        InvitationLinkExpiry::At(time) if time > now && time <= latest => Ok(time),
        InvitationLinkExpiry::At(_) => Err(invalid_field(
            "expires_at",
            format!("a link expires in the future, at most {MAX_DAYS} days from now"),
        )),
    }
}

/// The domains in normal form. An empty list is refused: it would admit no
/// user, or, read as "no list", every user.
pub(super) fn domains(value: Option<&[String]>) -> Result<Option<Vec<String>>, Refusal> {
    let Some(value) = value else {
        return Ok(None);
    };
    if value.is_empty() || value.len() > MAX_DOMAINS {
        let problem = format!("list 1 to {MAX_DOMAINS} domains, or leave it out");
        return Err(invalid_field("allowed_domains", problem));
    }
    let normalized = value.iter().map(|item| {
        Email::parse(&format!("x@{}", item.trim()))
            .map(|email| email.domain().to_owned())
            .map_err(|_| {
                let problem = format!("{item:?} is not a domain; list domains like example.com");
                invalid_field("allowed_domains", problem)
            })
    });
    let mut normalized = normalized.collect::<Result<Vec<_>, _>>()?;
    normalized.sort_unstable();
    normalized.dedup();
    Ok(Some(normalized))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_normalized_and_not_empty() {
        let of = |items: &[&str]| {
            let items: Vec<String> = items.iter().map(|&item| item.to_owned()).collect();
            domains(Some(&items)).ok()
        };
        let expected = Some(Some(vec![
            "acme.test".to_owned(),
            "xn--bcher-kva.de".to_owned(),
        ]));
        assert_eq!(of(&[" Acme.Test ", "bücher.de", "acme.test"]), expected);
        assert_eq!(domains(None), Ok(None));
        let (none, many) = ([].as_slice(), ["a.test"; MAX_DOMAINS + 1]);
        for wrong in [
            none,
            &[""],
            &["a.test", " "],
            &["@a.test"],
            &["a@b.test"],
            &["*.a.test"],
            &many,
        ] {
            assert_eq!(of(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn link_expires_within_a_year() {
        let now = Timestamp::from_micros(1_795_433_848_297_875);
        assert_eq!(end(InvitationLinkExpiry::Default, now), Ok(now + DAY * 7));
        assert_eq!(
            end(InvitationLinkExpiry::InDays(365), now),
            Ok(now + DAY * 365)
        );
        let (soon, last) = (now + Duration::from_micros(1), now + DAY * 365);
        assert_eq!(end(InvitationLinkExpiry::At(soon), now), Ok(soon));
        assert_eq!(end(InvitationLinkExpiry::At(last), now), Ok(last));
        for wrong in [
            InvitationLinkExpiry::InDays(0),
            InvitationLinkExpiry::InDays(-1),
            InvitationLinkExpiry::InDays(366),
            InvitationLinkExpiry::InDays(i64::MAX),
            InvitationLinkExpiry::At(now),
            InvitationLinkExpiry::At(last + Duration::from_micros(1)),
        ] {
            assert!(end(wrong, now).is_err(), "{wrong:?}");
        }
    }
}
