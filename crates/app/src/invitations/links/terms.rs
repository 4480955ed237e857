//! What a link may say: how many it lets in, from where, and until when.

use std::time::Duration;

use freehold_domain::{Email, Refusal, Timestamp};

use super::LinkEnd;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const DEFAULT_DAYS: u32 = 7;
const MOST_DAYS: u32 = 365;
const MOST_USES: i64 = 1_000_000;
const MOST_DOMAINS: usize = 100;

fn wrong(field: &str, problem: impl Into<String>) -> Refusal {
    Refusal::InvalidField {
        location: "body",
        field: field.to_owned(),
        problem: problem.into(),
    }
}

pub(super) fn most_uses(given: Option<i64>) -> Result<Option<i64>, Refusal> {
    match given {
        Some(uses) if !(1..=MOST_USES).contains(&uses) => Err(wrong(
            "max_uses",
            format!("a link lets in 1 to {MOST_USES} people, or without a limit"),
        )),
        given => Ok(given),
    }
}

pub(super) fn end(given: LinkEnd, now: Timestamp) -> Result<Timestamp, Refusal> {
    let latest = now + DAY * MOST_DAYS;
    match given {
        LinkEnd::Usual => Ok(now + DAY * DEFAULT_DAYS),
        LinkEnd::After(days) => match u32::try_from(days) {
            Ok(days) if (1..=MOST_DAYS).contains(&days) => Ok(now + DAY * days),
            _ => Err(wrong(
                "expires_in_days",
                format!("a link is good for 1 to {MOST_DAYS} days"),
            )),
        },
        LinkEnd::At(moment) if moment > now && moment <= latest => Ok(moment),
        LinkEnd::At(_) => Err(wrong(
            "expires_at",
            format!("a link ends in the future, at most {MOST_DAYS} days from now"),
        )),
    }
}

/// The domains in their one normal form. A list that holds none would let
/// nobody in, or, misread, everybody.
pub(super) fn domains(given: Option<&[String]>) -> Result<Option<Vec<String>>, Refusal> {
    let Some(given) = given else {
        return Ok(None);
    };
    if given.is_empty() || given.len() > MOST_DOMAINS {
        let problem = format!("list 1 to {MOST_DOMAINS} domains, or leave it out");
        return Err(wrong("allowed_domains", problem));
    }
    let normal = given.iter().map(|item| {
        Email::parse(&format!("x@{}", item.trim()))
            .map(|email| email.domain().to_owned())
            .map_err(|_| {
                let problem = format!("{item:?} is not a domain; list domains like example.com");
                wrong("allowed_domains", problem)
            })
    });
    let mut normal = normal.collect::<Result<Vec<_>, _>>()?;
    normal.sort_unstable();
    normal.dedup();
    Ok(Some(normal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_normal_and_never_none() {
        let of = |items: &[&str]| {
            let items: Vec<String> = items.iter().map(|&it| it.to_owned()).collect();
            domains(Some(&items)).ok()
        };
        let kept = Some(Some(vec![
            "acme.test".to_owned(),
            "xn--bcher-kva.de".to_owned(),
        ]));
        assert_eq!(of(&[" Acme.Test ", "bücher.de", "acme.test"]), kept);
        assert_eq!(domains(None), Ok(None));
        let (none, many) = ([].as_slice(), ["a.test"; MOST_DOMAINS + 1]);
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
    fn a_link_ends_within_a_year() {
        let now = Timestamp::from_micros(1_795_433_848_297_875);
        assert_eq!(end(LinkEnd::Usual, now), Ok(now + DAY * 7));
        assert_eq!(end(LinkEnd::After(365), now), Ok(now + DAY * 365));
        let (soon, last) = (now + Duration::from_micros(1), now + DAY * 365);
        assert_eq!(end(LinkEnd::At(soon), now), Ok(soon));
        assert_eq!(end(LinkEnd::At(last), now), Ok(last));
        for wrong in [
            LinkEnd::After(0),
            LinkEnd::After(-1),
            LinkEnd::After(366),
            LinkEnd::After(i64::MAX),
            LinkEnd::At(now),
            LinkEnd::At(last + Duration::from_micros(1)),
        ] {
            assert!(end(wrong, now).is_err(), "{wrong:?}");
        }
    }
}
