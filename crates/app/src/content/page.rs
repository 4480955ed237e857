//! One page of a list of items: which items it contains, and its size.

use freehold_domain::Refusal;
use freehold_store::ResourceRecord;
use serde_json::Value;

use super::containment::ComparisonBudget;
use super::filter::ResourceFilter;

/// One page of a list of items.
#[derive(Clone, Debug)]
pub struct ResourcePage {
    /// The items.
    pub items: Vec<ResourceRecord>,
    /// Whether more come after the last one.
    pub more: bool,
}

/// The largest number of items on a page.
const MAX_ITEMS: usize = 1000;

/// The approximate size of a page in bytes; further items go to the next page.
const MAX_PAGE_BYTES: usize = 32 * 1024 * 1024;

/// Collects the matching items of a page from items in order.
pub(super) struct PageBuilder<'a> {
    filter: &'a ResourceFilter,
    page: ResourcePage,
    bytes: usize,
    budget: ComparisonBudget,
}

impl<'a> PageBuilder<'a> {
    pub(super) fn of(filter: &'a ResourceFilter) -> Self {
        let page = ResourcePage {
            items: Vec::new(),
            more: false,
        };
        Self {
            filter,
            page,
            bytes: 0,
            budget: ComparisonBudget::per_request(),
        }
    }

    /// The largest number of items on this page.
    pub(super) fn limit(&self) -> usize {
        self.filter.limit.unwrap_or(MAX_ITEMS).min(MAX_ITEMS)
    }

    /// Adds the items that match. Returns whether the page has room for more.
    ///
    /// # Errors
    /// [`Refusal::InvalidField`] if the request needs too many comparisons.
    pub(super) fn add(&mut self, records: Vec<ResourceRecord>) -> Result<bool, Refusal> {
        for record in records {
            if !self.filter.matches_item(&record, &mut self.budget)? {
                continue;
            }
            if self.page.items.len() >= self.limit() || self.bytes > MAX_PAGE_BYTES {
                self.page.more = true;
                return Ok(false);
            }
            let values = [&record.data, &record.tags, &record.meta];
            self.bytes += values.into_iter().flatten().map(json_size).sum::<usize>();
            self.page.items.push(record);
        }
        Ok(true)
    }

    pub(super) fn page(self) -> ResourcePage {
        self.page
    }
}

/// The approximate size of a value as JSON, in bytes.
fn json_size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 2,
        Value::Array(items) => items.iter().map(|item| json_size(item) + 1).sum::<usize>() + 2,
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| key.len() + json_size(value) + 4)
            .sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
    }
}

#[cfg(test)]
mod tests {
    use freehold_domain::Timestamp;
    use serde_json::json;
    use uuid::Uuid;

    use super::super::filter::ResourceRef;
    use super::*;

    /// Items 1 to 5, created a second apart; the flag `on` is set for even
    /// ones.
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
            revision: None,
            created_at: Some(Timestamp::from_micros(i64::from(n) * 1_000_000)),
            updated_at: None,
            deleted_at: None,
            created_by: None,
            updated_by: None,
            deleted_by: None,
        };
        (1..=5).map(item).collect()
    }

    fn matching(filter: &ResourceFilter) -> (Vec<u128>, bool) {
        let mut builder = PageBuilder::of(filter);
        builder.add(items()).unwrap();
        let ResourcePage { items, more } = builder.page();
        (items.iter().map(|item| item.id.as_u128()).collect(), more)
    }

    #[test]
    fn filters_select_items() {
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
            assert_eq!(matching(&filter), (expected.to_vec(), false), "{filter:?}");
        }
    }

    #[test]
    fn page_ends_at_its_limit() {
        let limited = |limit| ResourceFilter {
            limit: Some(limit),
            ..ResourceFilter::default()
        };
        assert_eq!(matching(&limited(2)), (vec![1, 2], true));
        assert_eq!(matching(&limited(5)), (vec![1, 2, 3, 4, 5], false));
        let named = ResourceFilter {
            name: Some("N2".into()),
            ..limited(1)
        };
        assert_eq!(matching(&named), (vec![2], false), "item 3 does not match");
        assert_eq!(PageBuilder::of(&limited(usize::MAX)).limit(), MAX_ITEMS);
    }

    #[test]
    fn page_size_in_bytes_is_bounded() {
        let large = || {
            let data = Some(json!("x".repeat(MAX_PAGE_BYTES / 2)));
            items().into_iter().map(move |item| ResourceRecord {
                data: data.clone(),
                ..item
            })
        };
        let all = ResourceFilter::default();
        let mut builder = PageBuilder::of(&all);
        assert!(!builder.add(large().collect()).unwrap());
        let page = builder.page();
        assert_eq!((page.items.len(), page.more), (2, true));
    }

    #[test]
    fn costly_comparison_is_refused() {
        let mut zeros = vec![json!(0); 450_000];
        zeros.push(json!(1));
        let heavy = |item: ResourceRecord| ResourceRecord {
            meta: Some(json!({"a": zeros})),
            tags: Some(json!({"a": zeros})),
            ..item
        };
        let attack = || Some(json!({"a": vec![1; 2000]}));
        for (field, tags, meta) in [("meta", None, attack()), ("tags", attack(), attack())] {
            let filter = ResourceFilter {
                tags,
                meta,
                ..ResourceFilter::default()
            };
            let item = items().into_iter().map(heavy).take(1).collect();
            let refused = PageBuilder::of(&filter).add(item).unwrap_err();
            let Refusal::InvalidField {
                location,
                field: named,
                ..
            } = refused
            else {
                panic!("{refused:?}");
            };
            assert_eq!((location, named.as_str()), ("body", field));
            // Items that do not match the other conditions cost nothing.
            let named = ResourceFilter {
                name: Some("missing".into()),
                ..filter
            };
            let item = items().into_iter().map(heavy).take(1).collect();
            assert_eq!(PageBuilder::of(&named).add(item), Ok(true));
        }
    }

    #[test]
    fn references_by_id_and_slug() {
        let filter = ResourceFilter {
            refs: Some(vec![
                ResourceRef::Slug("s2".into()),
                ResourceRef::Id(Uuid::from_u128(4)),
            ]),
            ..ResourceFilter::default()
        };
        assert_eq!(matching(&filter), (vec![2, 4], false));
        let only = (vec![Uuid::from_u128(4)], vec!["s2".to_owned()]);
        assert_eq!(filter.only(), Some(only));
        assert_eq!(ResourceFilter::default().only(), None);
    }
}
