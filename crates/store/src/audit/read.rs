//! Reading the audit log: newest first, by actor, by target, by organization, by
//! time.
//!
//! Every query uses one index. Conditions without an index (an action, a
//! combination) are applied to a bounded number of rows: the page may be short,
//! and has a cursor to continue. Not here: writing it (`write`).

use freehold_domain::{Id, Organization, Timestamp};
use uuid::Uuid;

use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Row, Sql, Store};
use crate::operators::search::RowPage;

/// How many events one page reads at most when it has to filter.
const MAX_SCANNED_ROWS: i64 = 5_000;

/// An audit event.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEvent {
    /// Its id, ordered by time.
    pub id: Uuid,
    /// When it happened.
    pub at: Timestamp,
    /// The action's name, which may be unknown to this version.
    pub action: String,
    /// `user`, `key`, `service`, `operator` or `anonymous`.
    pub actor_kind: String,
    /// The user, or the operator's key.
    pub actor: Option<Uuid>,
    /// The name of the operator.
    pub actor_name: Option<String>,
    /// The reason that the operator gave.
    pub reason: Option<String>,
    /// The organization that the event is about.
    pub organization: Option<Id<Organization>>,
    /// The id of the target.
    pub target: Option<Uuid>,
    /// The code of the refusal, if the action was refused.
    pub refused: Option<String>,
    /// The id of the request.
    pub request_id: Option<String>,
    /// The network address of the client.
    pub address: Option<String>,
    /// The decision's trace and other details.
    pub details: Option<serde_json::Value>,
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

/// `$1` and `$2` bound the ids, `$3` is how many rows are read.
macro_rules! candidates {
    ($condition:literal) => {
        concat!(
            "audit_events x WHERE ",
            $condition,
            " AND x.id < $1 AND x.id >= $2 ORDER BY x.id DESC"
        )
    };
}

macro_rules! events {
    ($condition:literal) => {
        concat!(
            "SELECT e.id, e.at, e.action, e.actor_kind, e.actor_id, e.actor_name, e.reason,
                e.organization_id, e.target_id, e.refused, e.request_id, e.address, e.details
           FROM (SELECT x.* FROM ",
            candidates!($condition),
            " LIMIT $3) e
          WHERE (e.actor_id = $4 OR $4 IS NULL) AND (e.actor_name = $5 OR $5 IS NULL)
            AND (e.target_id = $6 OR $6 IS NULL) AND (e.organization_id = $7 OR $7 IS NULL)
            AND (e.request_id = $8 OR $8 IS NULL)
            AND (e.action = $9 OR $9 IS NULL) AND ($10 = (e.refused IS NOT NULL) OR $10 IS NULL)
            AND (e.at >= $11 OR $11 IS NULL) AND (e.at < $12 OR $12 IS NULL)
          ORDER BY e.id DESC LIMIT $13"
        )
    };
}

/// The last row that is read, `$4` rows after the first; `$5` is the value that
/// the index is searched for, if there is one.
macro_rules! last_candidate {
    ($condition:literal) => {
        concat!(
            "SELECT x.id FROM ",
            candidates!($condition),
            " LIMIT 1 OFFSET $3"
        )
    };
}

statements! {
    ALL_EVENTS = events!("x.id IS NOT NULL");
    OF_ACTOR = events!("x.actor_id = $4");
    OF_OPERATOR = events!("x.actor_name = $5");
    OF_TARGET = events!("x.target_id = $6");
    OF_ORGANIZATION = events!("x.organization_id = $7");
    OF_REQUEST = events!("x.request_id = $8 AND x.refused IS NOT NULL");
    REFUSED = events!("x.refused IS NOT NULL");
    OPERATOR_REQUEST_SUCCEEDED = "SELECT EXISTS (SELECT 1 FROM audit_events
      WHERE actor_name = $1 AND request_id = $2 AND refused IS NULL)";
    LAST_EVENT = last_candidate!("x.id IS NOT NULL");
    LAST_OF_ACTOR = last_candidate!("x.actor_id = $4");
    LAST_OF_OPERATOR = last_candidate!("x.actor_name = $4");
    LAST_OF_TARGET = last_candidate!("x.target_id = $4");
    LAST_OF_ORGANIZATION = last_candidate!("x.organization_id = $4");
    LAST_OF_REQUEST = last_candidate!("x.request_id = $4 AND x.refused IS NOT NULL");
    LAST_REFUSED = last_candidate!("x.refused IS NOT NULL");
}

fn read_event(row: &Row<'_>) -> Result<AuditEvent> {
    Ok(AuditEvent {
        id: row.get(0)?,
        at: row.get(1)?,
        action: row.get(2)?,
        actor_kind: row.get(3)?,
        actor: row.get(4)?,
        actor_name: row.get(5)?,
        reason: row.get(6)?,
        organization: row.get(7)?,
        target: row.get(8)?,
        refused: row.get(9)?,
        request_id: row.get(10)?,
        address: row.get(11)?,
        details: row.get(12)?,
    })
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
        let mut items = self.read(sql, values, read_event).await?;
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
