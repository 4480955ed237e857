//! What a project contains: testsets, evaluators, environments. Reading them;
//! the first ones are written by `founding`.

use freehold_domain::{Id, Project, ResourceKind, Timestamp, User};
use uuid::Uuid;

use crate::seam::statement::statements;
use crate::seam::value::values;
use crate::seam::{Result, Row, Store};

/// One content item.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceRecord {
    /// Its id.
    pub id: Uuid,
    /// Its name in references.
    pub slug: String,
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Its switches.
    pub flags: Option<serde_json::Value>,
    /// Labels of clients.
    pub tags: Option<serde_json::Value>,
    /// Notes of clients.
    pub meta: Option<serde_json::Value>,
    /// What it holds.
    pub data: Option<serde_json::Value>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    pub updated_at: Option<Timestamp>,
    /// Since when it is archived.
    pub deleted_at: Option<Timestamp>,
    /// Who made it.
    pub created_by: Option<Id<User>>,
    /// Who changed it last.
    pub updated_by: Option<Id<User>>,
    /// Who archived it.
    pub deleted_by: Option<Id<User>>,
}

macro_rules! columns {
    () => {
        "id, slug, name, description, flags, tags, meta, data, created_at, updated_at, deleted_at,
         created_by_id, updated_by_id, deleted_by_id"
    };
}

fn read(row: &Row<'_>) -> Result<ResourceRecord> {
    Ok(ResourceRecord {
        id: row.get(0)?,
        slug: row.get(1)?,
        name: row.get(2)?,
        description: row.get(3)?,
        flags: row.get(4)?,
        tags: row.get(5)?,
        meta: row.get(6)?,
        data: row.get(7)?,
        created_at: row.get(8)?,
        updated_at: row.get(9)?,
        deleted_at: row.get(10)?,
        created_by: row.get(11)?,
        updated_by: row.get(12)?,
        deleted_by: row.get(13)?,
    })
}

statements! {
    FIND = concat!("SELECT ", columns!(), " FROM resources
      WHERE project_id = $1 AND kind = $2 AND id = $3");
    LIST = concat!("SELECT ", columns!(), " FROM resources
      WHERE project_id = $1 AND kind = $2 AND (deleted_at IS NULL OR $3 = 1)
      ORDER BY id
      LIMIT 1000");
}

impl Store {
    /// One item of a project.
    pub async fn resource(
        &self,
        project: Id<Project>,
        kind: ResourceKind,
        id: Uuid,
    ) -> Result<Option<ResourceRecord>> {
        self.read_one(&FIND, values![project, kind.as_str(), id], read)
            .await
    }

    /// The items of a project, oldest first, at most 1,000.
    pub async fn resources(
        &self,
        project: Id<Project>,
        kind: ResourceKind,
        with_archived: bool,
    ) -> Result<Vec<ResourceRecord>> {
        let all = i64::from(with_archived);
        self.read(&LIST, values![project, kind.as_str(), all], read)
            .await
    }
}
