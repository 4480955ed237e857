//! Reading the audit log: newest first, by actor, by target, by organization, by
//! time.
//!
//! Every query uses one index. Conditions without an index (an action, a
//! combination) are applied to a bounded number of rows: the page may be short,
//! and has a cursor to continue. Not here: writing it (`write`).

use freehold_domain::{Id, Organization, Timestamp};
use uuid::Uuid;

use crate::engine::row::{FromRow, row_types};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Sql, Store};
use crate::operators::search::RowPage;

/// How many events one page reads at most when it has to filter.
const MAX_SCANNED_ROWS: i64 = 5_000;

row_types! {
    /// An audit event.
    #[derive(Clone, Debug, PartialEq)]
    pub struct AuditEvent {
        /// Its id, ordered by time.
        pub id: Uuid = "e.id",
        /// When it happened.
        pub at: Timestamp = "e.at",
        /// The action's name, which may be unknown to this version.
        pub action: String = "e.action",
        /// `user`, `key`, `service`, `operator` or `anonymous`.
        pub actor_kind: String = "e.actor_kind",
        /// The user, or the operator's key.
        pub actor: Option<Uuid> = "e.actor_id",
        /// The name of the operator.
        pub actor_name: Option<String> = "e.actor_name",
        /// The reason that the operator gave.
        pub reason: Option<String> = "e.reason",
        /// The organization that the event is about.
        pub organization: Option<Id<Organization>> = "e.organization_id",
        /// The id of the target.
        pub target: Option<Uuid> = "e.target_id",
        /// The code of the refusal, if the action was refused.
        pub refused: Option<String> = "e.refused",
        /// The id of the request.
        pub request_id: Option<String> = "e.request_id",
        /// The network address of the client.
        pub address: Option<String> = "e.address",
        /// The decision's trace and other details.
        pub details: Option<serde_json::Value> = "e.details",
    }
}

/// Which events to read; all conditions apply.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Events of this user or operator key.
    pub actor: Option<Uuid>,
    /// Events of the operator with this name.
    pub actor_name: Option<String>,
    /// Events with this target.
    pub target: Option<Uuid>,
    /// Events about this organization.
    pub organization: Option<Id<Organization>>,
    /// Events with this action.
    pub action: Option<String>,
    /// Only refused events, or only others.
    pub refused: Option<bool>,
    /// Refused events of the request with this id.
    pub request: Option<String>,
    /// Events at this time or later.
    pub since: Option<Timestamp>,
    /// Events before this time.
    pub until: Option<Timestamp>,
    /// Events older than the one with this id, the cursor.
    pub after: Option<Uuid>,
    /// The maximum number of events.
    pub limit: i64,
}

statements! {
    rows AuditEvent;

    // `$1` and `$2` bound the ids, `$3` is how many rows are read.
    {CANDIDATES} = "AND x.id < $1 AND x.id >= $2 ORDER BY x.id DESC";
    {FILTER} = "
         WHERE (e.actor_id = $4 OR $4 IS NULL) AND (e.actor_name = $5 OR $5 IS NULL)
           AND (e.target_id = $6 OR $6 IS NULL) AND (e.organization_id = $7 OR $7 IS NULL)
           AND (e.request_id = $8 OR $8 IS NULL)
           AND (e.action = $9 OR $9 IS NULL) AND ($10 = (e.refused IS NOT NULL) OR $10 IS NULL)
           AND (e.at >= $11 OR $11 IS NULL) AND (e.at < $12 OR $12 IS NULL)
         ORDER BY e.id DESC LIMIT $13";
    ALL_EVENTS = "
        SELECT {AuditEvent}
          FROM (SELECT x.* FROM audit_events x
                 WHERE x.id IS NOT NULL {CANDIDATES} LIMIT $3) e
        {FILTER}";
    OF_ACTOR = "
        SELECT {AuditEvent}
          FROM (SELECT x.* FROM audit_events x
                 WHERE x.actor_id = $4 {CANDIDATES} LIMIT $3) e
        {FILTER}";
    OF_OPERATOR = "
        SELECT {AuditEvent}
          FROM (SELECT x.* FROM audit_events x
                 WHERE x.actor_name = $5 {CANDIDATES} LIMIT $3) e
        {FILTER}";
    OF_TARGET = "
        SELECT {AuditEvent}
          FROM (SELECT x.* FROM audit_events x
                 WHERE x.target_id = $6 {CANDIDATES} LIMIT $3) e
        {FILTER}";
    OF_ORGANIZATION = "
        SELECT {AuditEvent}
          FROM (SELECT x.* FROM audit_events x
                 WHERE x.organization_id = $7 {CANDIDATES} LIMIT $3) e
        {FILTER}";
    OF_REQUEST = "
        SELECT {AuditEvent}
          FROM (SELECT x.* FROM audit_events x
                 WHERE x.request_id = $8 AND x.refused IS NOT NULL {CANDIDATES} LIMIT $3) e
        {FILTER}";
    REFUSED = "
        SELECT {AuditEvent}
          FROM (SELECT x.* FROM audit_events x
                 WHERE x.refused IS NOT NULL {CANDIDATES} LIMIT $3) e
        {FILTER}";
    OPERATOR_REQUEST_SUCCEEDED = "
        SELECT EXISTS (SELECT 1 FROM audit_events
                        WHERE actor_name = $1 AND request_id = $2 AND refused IS NULL)";
    // The last row that is read, `$3` rows after the first; `$4` is the value that the index is
    // searched for, if there is one.
    LAST_EVENT = "
        SELECT x.id FROM audit_events x WHERE x.id IS NOT NULL {CANDIDATES} LIMIT 1 OFFSET $3";
    LAST_OF_ACTOR = "
        SELECT x.id FROM audit_events x WHERE x.actor_id = $4 {CANDIDATES} LIMIT 1 OFFSET $3";
    LAST_OF_OPERATOR = "
        SELECT x.id FROM audit_events x WHERE x.actor_name = $4 {CANDIDATES} LIMIT 1 OFFSET $3";
    LAST_OF_TARGET = "
        SELECT x.id FROM audit_events x WHERE x.target_id = $4 {CANDIDATES} LIMIT 1 OFFSET $3";
    LAST_OF_ORGANIZATION = "
        SELECT x.id FROM audit_events x WHERE x.organization_id = $4 {CANDIDATES} LIMIT 1 OFFSET $3";
    LAST_OF_REQUEST = "
        SELECT x.id FROM audit_events x WHERE x.request_id = $4 AND x.refused IS NOT NULL {CANDIDATES} LIMIT 1 OFFSET $3";
    LAST_REFUSED = "
        SELECT x.id FROM audit_events x WHERE x.refused IS NOT NULL {CANDIDATES} LIMIT 1 OFFSET $3";
}

/// Returns the smallest id that an event of this millisecond can have: ids begin
/// with the millisecond in which they were generated.
pub(crate) fn first_id_at(millis: i64) -> Uuid {
    let millis = u128::from(millis.max(0).unsigned_abs());
    Uuid::from_u128(millis << 80)
}

impl AuditFilter {
    /// Returns the statements that use the most selective index.
    fn index_statements(&self) -> (&'static Sql, &'static Sql, Option<crate::engine::Value>) {
        if let Some(request) = &self.request {
            return (&OF_REQUEST, &LAST_OF_REQUEST, Some(request.clone().into()));
        }
        if let Some(target) = self.target {
            return (&OF_TARGET, &LAST_OF_TARGET, Some(target.into()));
        }
        if let Some(actor) = self.actor {
            return (&OF_ACTOR, &LAST_OF_ACTOR, Some(actor.into()));
        }
        if let Some(name) = &self.actor_name {
            return (&OF_OPERATOR, &LAST_OF_OPERATOR, Some(name.clone().into()));
        }
        if let Some(organization) = self.organization {
            let value = Some(organization.into());
            return (&OF_ORGANIZATION, &LAST_OF_ORGANIZATION, value);
        }
        match self.refused {
            Some(true) => (&REFUSED, &LAST_REFUSED, None),
            Some(false) | None => (&ALL_EVENTS, &LAST_EVENT, None),
        }
    }

    /// Returns the number of conditions besides the time.
    fn conditions(&self) -> usize {
        [
            self.actor.is_some(),
            self.actor_name.is_some(),
            self.target.is_some(),
            self.organization.is_some(),
            self.action.is_some(),
            self.refused.is_some(),
            self.request.is_some(),
        ]
        .into_iter()
        .filter(|is_set| *is_set)
        .count()
    }

    /// Returns how many rows to read: if the index covers all conditions, those
    /// of the page and one more.
    fn rows_to_scan(&self) -> i64 {
        let exact = match self.conditions() {
            0 => true,
            1 => self.action.is_none() && self.refused != Some(false),
            _ => false,
        };
        let whole = self.since.is_none() && self.until.is_none();
        if exact && whole {
            self.limit + 1
        } else {
            MAX_SCANNED_ROWS
        }
    }
}

impl Store {
    /// Whether an operator's request with this id was carried out.
    pub async fn operator_request_succeeded(
        &self,
        operator: &str,
        request_id: &str,
    ) -> Result<bool> {
        let values = values![operator.to_owned(), request_id.to_owned()];
        let succeeded = self.read_one(&OPERATOR_REQUEST_SUCCEEDED, values, |row| row.get(0));
        Ok(succeeded.await?.unwrap_or_default())
    }

    /// Returns events, newest first.
    pub async fn audit_events(&self, filter: &AuditFilter) -> Result<RowPage<AuditEvent, Uuid>> {
        let below = filter
            .until
            .map_or(Uuid::max(), |until| first_id_at(until.micros() / 1_000 + 1));
        let below = filter.after.map_or(below, |after| after.min(below));
        let from = filter
            .since
            .map_or(Uuid::nil(), |since| first_id_at(since.micros() / 1_000));
        let rows_to_scan = filter.rows_to_scan();
        let (sql, last, index_value) = filter.index_statements();
        let values = values![
            below,
            from,
            rows_to_scan,
            filter.actor,
            filter.actor_name.clone(),
            filter.target,
            filter.organization,
            filter.request.clone(),
            filter.action.clone(),
            filter.refused,
            filter.since,
            filter.until,
            filter.limit + 1
        ];
        let mut items = self.read(sql, values, AuditEvent::read).await?;
        let page = usize::try_from(filter.limit).unwrap_or(usize::MAX);
        let next = if items.len() > page {
            items.truncate(page);
            items.last().map(|event| event.id)
        } else {
            let mut values = values![below, from, rows_to_scan - 1];
            values.extend(index_value);
            self.read_one(last, values, |row| row.get(0)).await?
        };
        Ok(RowPage { items, next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use freehold_domain::RandomSource;

    struct Zeros;

    impl RandomSource for Zeros {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    #[test]
    fn ids_sort_by_their_millisecond() {
        let at = Timestamp::from_micros(1_795_433_848_297_875);
        let id = Zeros.uuid(at);
        assert!(first_id_at(1_795_433_848_297) <= id);
        assert!(id < first_id_at(1_795_433_848_298));
    }
}
