//! Queries of a project's content: the body, and the window with the rest of a list.

use freehold_app::{ResourceFilter, ResourceOrder, ResourcePage, ResourceRef};
use freehold_domain::{ResourceKind, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::extract::body::{Field, FieldReader, request_body};

request_body! {
    /// A filter of items; `{}` matches all that are not archived. Members for other kinds of items
    /// are ignored.
    pub(super) struct QueryResources {
        /// Only testsets with these attributes.
        testset: Option<ResourceAttributes>,
        /// Only evaluators with these attributes.
        evaluator: Option<ResourceAttributes>,
        /// Only environments with these attributes.
        environment: Option<ResourceAttributes>,
        /// Only these testsets.
        testset_refs: Option<Vec<ResourceReference>>,
        /// Only these evaluators.
        evaluator_refs: Option<Vec<ResourceReference>>,
        /// Only these environments.
        environment_refs: Option<Vec<ResourceReference>>,
        /// Whether archived items are returned too; `false` by default.
        include_archived: Option<bool>,
        /// The part of the list to return.
        windowing: Option<Windowing>,
    }

    /// Attributes that items must have.
    pub(super) struct ResourceAttributes {
        /// Exactly this name.
        name: Option<String>,
        /// Exactly this description.
        description: Option<String>,
        /// Each of these flags with this value.
        #[schema(value_type = Option<Object>)]
        flags: Option<Map<String, Value>>,
        /// Tags that contain these.
        #[schema(value_type = Option<Object>)]
        tags: Option<Map<String, Value>>,
        /// Meta that contains this.
        #[schema(value_type = Option<Object>)]
        meta: Option<Map<String, Value>>,
    }

    /// A reference to an item by its id or its slug.
    pub(super) struct ResourceReference {
        /// The item's id.
        id: Option<Uuid>,
        /// The item's slug. Ignored if there is an id.
        slug: Option<String>,
    }

    /// A part of the list.
    pub(super) struct Windowing {
        /// The most items to return.
        #[schema(value_type = Option<i64>, minimum = 1)]
        limit: Option<LimitField>,
        /// Only items after the one with this id.
        next: Option<Uuid>,
        /// `ascending` (oldest first, the default) or `descending`.
        #[schema(value_type = Option<String>)]
        order: Option<OrderField>,
        /// Only items created at this time or earlier.
        #[schema(value_type = Option<String>, format = "date-time")]
        newest: Option<Timestamp>,
        /// Only items created at this time or later.
        #[schema(value_type = Option<String>, format = "date-time")]
        oldest: Option<Timestamp>,
    }
}

/// A number of items, at least one.
#[derive(Debug)]
pub(super) struct LimitField(usize);

impl Field for LimitField {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let limit = i64::read(value, reader)?;
        if limit < 1 {
            reader.report_with_context(
                "greater_than_equal",
                "Input should be greater than or equal to 1",
                value,
                &json!({"ge": 1}),
            );
            return None;
        }
        Some(Self(usize::try_from(limit).unwrap_or(usize::MAX)))
    }
}

#[derive(Debug)]
pub(super) struct OrderField(ResourceOrder);

impl Field for OrderField {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        match value.as_str() {
            Some("ascending") => Some(Self(ResourceOrder::Ascending)),
            Some("descending") => Some(Self(ResourceOrder::Descending)),
            _ => {
                let expected = "'ascending' or 'descending'";
                reader.report_with_context(
                    "literal_error",
                    &format!("Input should be {expected}"),
                    value,
                    &json!({"expected": expected}),
                );
                None
            }
        }
    }
}

impl ResourceReference {
    /// Returns the id, or else the slug; `None` for an empty reference.
    fn target(self) -> Option<ResourceRef> {
        let Self { id, slug } = self;
        id.map(ResourceRef::Id).or(slug.map(ResourceRef::Slug))
    }
}

impl QueryResources {
    /// Returns the filter for items of one kind.
    pub(super) fn filter(self, kind: ResourceKind) -> ResourceFilter {
        let Self {
            testset,
            evaluator,
            environment,
            testset_refs,
            evaluator_refs,
            environment_refs,
            include_archived,
            windowing,
        } = self;
        let (attributes, refs) = match kind {
            ResourceKind::Testset => (testset, testset_refs),
            ResourceKind::Evaluator => (evaluator, evaluator_refs),
            ResourceKind::Environment => (environment, environment_refs),
        };
        let mut filter = ResourceFilter {
            refs: refs.map(|refs| {
                refs.into_iter()
                    .filter_map(ResourceReference::target)
                    .collect()
            }),
            include_archived: include_archived.unwrap_or(false),
            ..ResourceFilter::default()
        };
        if let Some(attributes) = attributes {
            let ResourceAttributes {
                name,
                description,
                flags,
                tags,
                meta,
            } = attributes;
            filter.name = name;
            filter.description = description;
            filter.flags = flags;
            filter.tags = tags.map(Value::Object);
            filter.meta = meta.map(Value::Object);
        }
        if let Some(windowing) = windowing {
            let Windowing {
                limit,
                next,
                order,
                newest,
                oldest,
            } = windowing;
            filter.limit = limit.map(|LimitField(limit)| limit);
            filter.after = next;
            filter.order = order.map_or_else(ResourceOrder::default, |OrderField(order)| order);
            filter.newest = newest;
            filter.oldest = oldest;
        }
        filter
    }
}

/// The `windowing` of a query for the items after those of this response.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NextWindow {
    /// The id of the last item of this response.
    next: Uuid,
    /// The limit of this query.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<usize>,
    /// The order of this query.
    order: &'static str,
    /// `newest` of this query.
    #[serde(skip_serializing_if = "Option::is_none")]
    newest: Option<String>,
    /// `oldest` of this query.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest: Option<String>,
}

impl NextWindow {
    /// Returns the window after `page`; `None` if `page` is the end of the list.
    pub(super) fn after(page: &ResourcePage, filter: &ResourceFilter) -> Option<Self> {
        let last = page.items.last().filter(|_| page.more)?;
        Some(Self {
            next: last.id,
            limit: filter.limit,
            order: match filter.order {
                ResourceOrder::Ascending => "ascending",
                ResourceOrder::Descending => "descending",
            },
            newest: filter.newest.map(Timestamp::iso_z),
            oldest: filter.oldest.map(Timestamp::iso_z),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &Value) -> Result<ResourceFilter, Vec<Value>> {
        let mut reader = FieldReader::at("body");
        let query = QueryResources::read(value, &mut reader);
        query
            .map(|query| query.filter(ResourceKind::Evaluator))
            .ok_or_else(|| reader.into_problems())
    }

    #[test]
    fn all_query_fields_reach_the_filter() {
        let id = Uuid::from_u128(9);
        let filter = read(&json!({
            "evaluator": {"name": "n", "description": "d", "flags": {"is_custom": true},
                          "tags": {"a": 1}, "meta": {"b": []}},
            "testset": {"name": "of another kind"},
            "evaluator_refs": [{"slug": "s"}, {"id": id, "slug": "x"}, {}],
            "include_archived": true,
            "windowing": {"limit": 3, "next": id, "order": "descending",
                          "newest": "2026-11-23T12:00:00+01:00", "oldest": "1970-01-01T00:00:01Z"},
        }));
        let expected = ResourceFilter {
            refs: Some(vec![ResourceRef::Slug("s".into()), ResourceRef::Id(id)]),
            name: Some("n".into()),
            description: Some("d".into()),
            flags: json!({"is_custom": true}).as_object().cloned(),
            tags: Some(json!({"a": 1})),
            meta: Some(json!({"b": []})),
            include_archived: true,
            oldest: Some(Timestamp::from_micros(1_000_000)),
            newest: Some(Timestamp::from_micros(1_795_431_600_000_000)),
            order: ResourceOrder::Descending,
            after: Some(id),
            limit: Some(3),
        };
        assert_eq!(filter, Ok(expected));
        assert_eq!(read(&json!({})), Ok(ResourceFilter::default()));
    }

    #[test]
    fn invalid_queries_are_refused_with_their_location() {
        for (body, kind, location) in [
            (
                json!({"windowing": {"limit": 0}}),
                "greater_than_equal",
                json!(["body", "windowing", "limit"]),
            ),
            (
                json!({"windowing": {"limit": "x"}}),
                "int_type",
                json!(["body", "windowing", "limit"]),
            ),
            (
                json!({"windowing": {"order": "up"}}),
                "literal_error",
                json!(["body", "windowing", "order"]),
            ),
            (
                json!({"windowing": {"newest": "2026"}}),
                "datetime_parsing",
                json!(["body", "windowing", "newest"]),
            ),
            (
                json!({"windowing": {"next": "x"}}),
                "uuid_parsing",
                json!(["body", "windowing", "next"]),
            ),
            (
                json!({"include_archived": "perhaps"}),
                "bool_parsing",
                json!(["body", "include_archived"]),
            ),
            (
                json!({"include_archived": []}),
                "bool_type",
                json!(["body", "include_archived"]),
            ),
            (
                json!({"evaluator": {"flags": [1]}}),
                "dict_type",
                json!(["body", "evaluator", "flags"]),
            ),
        ] {
            let problems = read(&body).unwrap_err();
            assert_eq!(
                (&problems[0]["type"], &problems[0]["loc"]),
                (&json!(kind), &location),
                "{body}"
            );
        }
    }

    #[test]
    fn next_window_continues_the_list() {
        let page = |more| ResourcePage {
            items: Vec::new(),
            more,
        };
        assert!(NextWindow::after(&page(false), &ResourceFilter::default()).is_none());
        let window = NextWindow {
            next: Uuid::from_u128(9),
            limit: Some(2),
            order: "descending",
            newest: None,
            oldest: Some(Timestamp::from_micros(1_000_001).iso_z()),
        };
        let filter = read(&json!({"windowing": window})).unwrap();
        assert_eq!(filter.after, Some(window.next));
        assert_eq!(
            (filter.limit, filter.order),
            (Some(2), ResourceOrder::Descending)
        );
        assert_eq!(filter.oldest, Some(Timestamp::from_micros(1_000_001)));
    }
}
