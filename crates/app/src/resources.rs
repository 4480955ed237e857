//! What a project contains: testsets, evaluators, environments. Reads only.

use freehold_domain::{Permission, ResourceKind, Timestamp};
use freehold_store::ResourceRecord;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::access::{Grant, in_project};
use crate::app::App;
use crate::caller::Caller;
use crate::failure::Outcome;

/// Which items are asked for. Everything, if nothing is said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResourceFilter {
    /// Only those with one of these ids or slugs; all, when there is no list.
    pub refs: Option<Vec<ResourceRef>>,
    /// Only those with exactly this name.
    pub name: Option<String>,
    /// Only those with exactly this description.
    pub description: Option<String>,
    /// Only those whose switches stand like these; others of theirs do not count.
    pub flags: Option<Map<String, Value>>,
    /// Only those whose labels contain these.
    pub tags: Option<Value>,
    /// Only those whose notes contain these.
    pub meta: Option<Value>,
    /// Archived ones too.
    pub include_archived: bool,
    /// Only those made then or later.
    pub oldest: Option<Timestamp>,
    /// Only those made then or earlier.
    pub newest: Option<Timestamp>,
    /// From which end the list starts.
    pub order: ResourceOrder,
    /// Only those that come after the item with this id, which need not be there any more.
    pub after: Option<Uuid>,
    /// At most so many.
    pub limit: Option<usize>,
}

/// How one item is referred to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceRef {
    /// By its id.
    Id(Uuid),
    /// By its slug.
    Slug(String),
}

/// Items stand in the order of their ids, which is that of their making.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResourceOrder {
    /// The oldest first.
    #[default]
    Ascending,
    /// The newest first.
    Descending,
}

/// A part of a list of items.
#[derive(Clone, Debug)]
pub struct ResourcePage {
    /// The items.
    pub items: Vec<ResourceRecord>,
    /// Whether more come after the last one.
    pub more: bool,
}

impl ResourceFilter {
    fn admits(&self, record: &ResourceRecord) -> bool {
        let referred = self.refs.as_ref().is_none_or(|refs| {
            refs.iter().any(|wanted| match wanted {
                ResourceRef::Id(id) => *id == record.id,
                ResourceRef::Slug(slug) => *slug == record.slug,
            })
        });
        referred
            && same(self.name.as_ref(), record.name.as_ref())
            && same(self.description.as_ref(), record.description.as_ref())
            && self.flags.as_ref().is_none_or(|wanted| {
                wanted.iter().all(|(key, value)| {
                    let switch = record.flags.as_ref().and_then(|flags| flags.get(key));
                    switch == Some(value)
                })
            })
            && has(record.tags.as_ref(), self.tags.as_ref())
            && has(record.meta.as_ref(), self.meta.as_ref())
            && self
                .oldest
                .is_none_or(|oldest| record.created_at.is_some_and(|made| made >= oldest))
            && self
                .newest
                .is_none_or(|newest| record.created_at.is_some_and(|made| made <= newest))
    }

    /// The part of `all`, which stand oldest first, that is asked for.
    fn page(&self, mut all: Vec<ResourceRecord>) -> ResourcePage {
        all.retain(|record| {
            let comes = self.after.is_none_or(|after| match self.order {
                ResourceOrder::Ascending => record.id > after,
                ResourceOrder::Descending => record.id < after,
            });
            comes && self.admits(record)
        });
        if self.order == ResourceOrder::Descending {
            all.reverse();
        }
        let limit = self.limit.unwrap_or(usize::MAX);
        let more = all.len() > limit;
        all.truncate(limit);
        ResourcePage { items: all, more }
    }
}

fn same(wanted: Option<&String>, found: Option<&String>) -> bool {
    wanted.is_none_or(|wanted| found == Some(wanted))
}

fn has(found: Option<&Value>, wanted: Option<&Value>) -> bool {
    wanted.is_none_or(|wanted| contains(found.unwrap_or(&Value::Null), wanted) || is_empty(wanted))
}

/// Asking for no label at all is met by an item that has none.
fn is_empty(wanted: &Value) -> bool {
    wanted.as_object().is_some_and(Map::is_empty)
}

/// As PostgreSQL's `@>`: each member and each element that is wanted is there, inside as well.
fn contains(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => wanted
            .iter()
            .all(|(key, wanted)| found.get(key).is_some_and(|found| contains(found, wanted))),
        (Value::Array(found), Value::Array(wanted)) => wanted
            .iter()
            .all(|wanted| found.iter().any(|found| contains(found, wanted))),
        (found, wanted) => found == wanted,
    }
}

impl App {
    /// One item of the caller's project; nothing, if it has no such item.
    ///
    /// # Errors
    /// A refusal when the caller may not look.
    pub async fn resource(
        &self,
        caller: &Caller,
        kind: ResourceKind,
        id: Uuid,
    ) -> Outcome<Option<ResourceRecord>> {
        let grant = may_view(caller, kind)?;
        Ok(self.store().resource(grant.project(), kind, id).await?)
    }

    /// The items of the caller's project that `filter` admits.
    ///
    /// # Errors
    /// A refusal when the caller may not look.
    pub async fn resources(
        &self,
        caller: &Caller,
        kind: ResourceKind,
        filter: &ResourceFilter,
    ) -> Outcome<ResourcePage> {
        let grant = may_view(caller, kind)?;
        // A project has a few dozen items, so filters are no business of SQL.
        let all = self
            .store()
            .resources(grant.project(), kind, filter.include_archived)
            .await?;
        Ok(filter.page(all))
    }
}

fn may_view(caller: &Caller, kind: ResourceKind) -> Outcome<Grant> {
    let permission = match kind {
        ResourceKind::Testset => Permission::ViewTestsets,
        ResourceKind::Evaluator => Permission::ViewEvaluators,
        ResourceKind::Environment => Permission::ViewEnvironments,
    };
    Ok(in_project(caller, permission).map_err(crate::access::refusal)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Items 1 to 5, made a second apart; the even ones are switched on.
    fn items() -> Vec<ResourceRecord> {
        let item = |n: u8| ResourceRecord {
            id: Uuid::from_u128(n.into()),
            slug: format!("s{n}"),
            name: Some(format!("N{n}")),
            description: (n == 3).then(|| "three".to_owned()),
            flags: Some(json!({"on": n.is_multiple_of(2), "other": true})),
            tags: (n > 1).then(|| json!({"n": n, "list": [n, {"deep": n}]})),
            meta: None,
            data: None,
            created_at: Some(Timestamp::from_micros(i64::from(n) * 1_000_000)),
            updated_at: None,
            deleted_at: None,
            created_by: None,
            updated_by: None,
            deleted_by: None,
        };
        (1..=5).map(item).collect()
    }

    fn found(filter: &ResourceFilter) -> (Vec<u128>, bool) {
        let ResourcePage { items, more } = filter.page(items());
        (items.iter().map(|item| item.id.as_u128()).collect(), more)
    }

    #[test]
    fn every_filter_counts() {
        let object = |value: Value| value.as_object().cloned();
        let all = ResourceFilter::default;
        for (filter, expected) in [
            (all(), &[1, 2, 3, 4, 5][..]),
            (
                ResourceFilter {
                    name: Some("N2".into()),
                    ..all()
                },
                &[2],
            ),
            (
                ResourceFilter {
                    description: Some("three".into()),
                    ..all()
                },
                &[3],
            ),
            (
                ResourceFilter {
                    flags: object(json!({"on": true, "other": true})),
                    ..all()
                },
                &[2, 4],
            ),
            (
                ResourceFilter {
                    flags: object(json!({"on": true, "missing": true})),
                    ..all()
                },
                &[],
            ),
            (
                ResourceFilter {
                    tags: Some(json!({"n": 4})),
                    ..all()
                },
                &[4],
            ),
            (
                ResourceFilter {
                    tags: Some(json!({"list": [{"deep": 5}]})),
                    ..all()
                },
                &[5],
            ),
            (
                ResourceFilter {
                    tags: Some(json!({"list": [5, 4]})),
                    ..all()
                },
                &[],
            ),
            (
                ResourceFilter {
                    meta: Some(json!({})),
                    ..all()
                },
                &[1, 2, 3, 4, 5],
            ),
            (
                ResourceFilter {
                    meta: Some(json!({"a": 1})),
                    ..all()
                },
                &[],
            ),
            (
                ResourceFilter {
                    oldest: Some(Timestamp::from_micros(4_000_000)),
                    ..all()
                },
                &[4, 5],
            ),
            (
                ResourceFilter {
                    newest: Some(Timestamp::from_micros(1_999_999)),
                    ..all()
                },
                &[1],
            ),
        ] {
            assert_eq!(found(&filter), (expected.to_vec(), false), "{filter:?}");
        }
    }

    #[test]
    fn pages_follow_one_another_in_both_directions() {
        for (order, expected) in [
            (ResourceOrder::Ascending, [1, 2, 3, 4, 5]),
            (ResourceOrder::Descending, [5, 4, 3, 2, 1]),
        ] {
            let mut filter = ResourceFilter {
                order,
                limit: Some(2),
                ..Default::default()
            };
            let mut seen = Vec::new();
            loop {
                let (page, more) = found(&filter);
                filter.after = page.last().copied().map(Uuid::from_u128);
                seen.extend(page);
                if !more {
                    break;
                }
            }
            assert_eq!(seen, expected);
        }
        let exactly = ResourceFilter {
            limit: Some(5),
            ..Default::default()
        };
        assert!(!found(&exactly).1, "nothing remains");
    }
}
