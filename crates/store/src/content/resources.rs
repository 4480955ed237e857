//! The content of projects: testsets, evaluators, environments. Reading and
//! changing items, and inserting the initial content of new projects.

use freehold_domain::{Id, Project, ResourceKind, Timestamp, User};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::engine::row::{FromRow, row_types};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Insert, Result, Store, Tx, Value};

row_types! {
    /// A content item.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct ResourceRecord {
        /// Its id.
        pub id: Uuid = "id",
        /// Its name in references, unique per project and kind.
        pub slug: String = "slug",
        /// Its name.
        pub name: Option<String> = "name",
        /// Its description.
        pub description: Option<String> = "description",
        /// Its flags.
        pub flags: Option<serde_json::Value> = "flags",
        /// Tags that clients set.
        pub tags: Option<serde_json::Value> = "tags",
        /// Metadata that clients set.
        pub meta: Option<serde_json::Value> = "meta",
        /// Its data.
        pub data: Option<serde_json::Value> = "data",
        /// Identifies the state of the data. Initial content has none until it is
        /// changed.
        pub revision: Option<Uuid> = "revision_id",
        /// When it was created.
        pub created_at: Option<Timestamp> = "created_at",
        /// When it was last changed.
        pub updated_at: Option<Timestamp> = "updated_at",
        /// When it was archived.
        pub deleted_at: Option<Timestamp> = "deleted_at",
        /// The user who created it.
        pub created_by: Option<Id<User>> = "created_by_id",
        /// The user who changed it last.
        pub updated_by: Option<Id<User>> = "updated_by_id",
        /// The user who archived it.
        pub deleted_by: Option<Id<User>> = "deleted_by_id",
    }
}

/// A content item to insert.
#[derive(Clone, Debug)]
pub struct ResourceRow {
    /// Its id.
    pub id: Uuid,
    /// Its project.
    pub project: Id<Project>,
    /// Its kind.
    pub kind: ResourceKind,
    /// Its name in references, unique per project and kind.
    pub slug: String,
    /// Its name.
    pub name: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// Its flags, as JSON text.
    pub flags: Option<String>,
    /// Its data, as JSON text.
    pub data: Option<String>,
    /// When it is created.
    pub created_at: Timestamp,
    /// The user who creates it.
    pub created_by: Id<User>,
}

/// Which items of a project to read, in the order of their ids.
#[derive(Clone, Debug)]
pub struct ResourceScan {
    /// The project.
    pub project: Id<Project>,
    /// The kind.
    pub kind: ResourceKind,
    /// Whether to include archived items.
    pub with_archived: bool,
    /// Only items with one of these ids or slugs.
    pub only: Option<(Vec<Uuid>, Vec<String>)>,
    /// Whether the newest come first.
    pub descending: bool,
    /// Only items after this id, the cursor.
    pub after: Option<Uuid>,
    /// The maximum number of items.
    pub limit: i64,
}

statements! {
    rows ResourceRecord;

    {OF_PROJECT} = "project_id = $1 AND kind = $2 AND (deleted_at IS NULL OR $3 = 1)";
    {SELECTED} = "(id IN {ids $6} OR slug IN {texts $7})";

    FIND = "
        SELECT {ResourceRecord} FROM resources WHERE project_id = $1 AND kind = $2 AND id = $3";
    OLDEST_FIRST = "
        SELECT {ResourceRecord} FROM resources
         WHERE {OF_PROJECT} AND id > $4
         ORDER BY id ASC LIMIT $5";
    NEWEST_FIRST = "
        SELECT {ResourceRecord} FROM resources
         WHERE {OF_PROJECT} AND id < $4
         ORDER BY id DESC LIMIT $5";
    SELECTED_OLDEST_FIRST = "
        SELECT {ResourceRecord} FROM resources
         WHERE {OF_PROJECT} AND id > $4 AND {SELECTED}
         ORDER BY id ASC LIMIT $5";
    SELECTED_NEWEST_FIRST = "
        SELECT {ResourceRecord} FROM resources
         WHERE {OF_PROJECT} AND id < $4 AND {SELECTED}
         ORDER BY id DESC LIMIT $5";
    INSERT_IF_ABSENT = "
        INSERT INTO resources (id, project_id, kind, slug, name, description, flags, tags, meta,
                               data, revision_id, created_at, created_by_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            ON CONFLICT (project_id, kind, slug) DO NOTHING";
    UPDATE = "
        UPDATE resources
           SET name = $2, description = $3, flags = $4, tags = $5, meta = $6, updated_at = $7,
               updated_by_id = $8, deleted_at = $9, deleted_by_id = $10
         WHERE id = $1";
    SET_DATA = "UPDATE resources SET data = $2, revision_id = $3 WHERE id = $1";
}

static RESOURCES: Insert = Insert {
    table: "resources",
    columns: &[
        "id",
        "project_id",
        "kind",
        "slug",
        "name",
        "description",
        "flags",
        "data",
        "created_at",
        "created_by_id",
    ],
};

/// The inserts of this file.
pub(crate) static INSERTS: &[&Insert] = &[&RESOURCES];

impl Store {
    /// Returns one item of a project.
    pub async fn resource(
        &self,
        project: Id<Project>,
        kind: ResourceKind,
        id: Uuid,
    ) -> Result<Option<ResourceRecord>> {
        self.read_one(&FIND, values![project, kind.as_str(), id], FromRow::read)
            .await
    }

    /// Returns items of a project.
    pub async fn resources(&self, scan: &ResourceScan) -> Result<Vec<ResourceRecord>> {
        let end = if scan.descending {
            Uuid::max()
        } else {
            Uuid::nil()
        };
        let mut values = values![
            scan.project,
            scan.kind.as_str(),
            i64::from(scan.with_archived),
            scan.after.unwrap_or(end),
            scan.limit
        ];
        let statement = match (&scan.only, scan.descending) {
            (None, false) => &OLDEST_FIRST,
            (None, true) => &NEWEST_FIRST,
            (Some(_), false) => &SELECTED_OLDEST_FIRST,
            (Some(_), true) => &SELECTED_NEWEST_FIRST,
        };
        if let Some((ids, slugs)) = &scan.only {
            // Both engines read 32 hexadecimal digits as an id.
            let ids: Vec<String> = ids.iter().map(|id| id.simple().to_string()).collect();
            values.extend([
                Value::from(serde_json::json!(ids)),
                Value::from(serde_json::json!(slugs)),
            ]);
        }
        self.read(statement, values, FromRow::read).await
    }
}

impl Tx {
    /// Inserts content items.
    pub fn insert_resources(&mut self, resources: Vec<ResourceRow>) {
        let rows = resources.into_iter().map(|resource| {
            let ResourceRow {
                id,
                project,
                kind,
                slug,
                name,
                description,
                flags,
                data,
                created_at,
                created_by,
            } = resource;
            let json = |text: Option<String>| text.map_or(Value::Null, Value::Json);
            values![
                id,
                project,
                kind.as_str(),
                slug,
                name,
                description,
                json(flags),
                json(data),
                created_at,
                created_by
            ]
        });
        self.insert(&RESOURCES, rows.collect());
    }

    /// Inserts an item, unless the project has one of this kind and slug. Returns
    /// whether it did; of several at once, exactly one does.
    pub async fn add_resource(
        &mut self,
        project: Id<Project>,
        kind: ResourceKind,
        item: &ResourceRecord,
    ) -> Result<bool> {
        let values = values![
            item.id,
            project,
            kind.as_str(),
            item.slug.clone(),
            item.name.clone(),
            item.description.clone(),
            item.flags.as_ref(),
            item.tags.as_ref(),
            item.meta.as_ref(),
            item.data.as_ref(),
            item.revision,
            item.created_at,
            item.created_by
        ];
        Ok(self.claim(&INSERT_IF_ABSENT, values).await? == 1)
    }

    /// Updates everything that can change except the data.
    pub fn update_resource(&mut self, item: &ResourceRecord) {
        self.write(
            &UPDATE,
            values![
                item.id,
                item.name.clone(),
                item.description.clone(),
                item.flags.as_ref(),
                item.tags.as_ref(),
                item.meta.as_ref(),
                item.updated_at,
                item.updated_by,
                item.deleted_at,
                item.deleted_by
            ],
        );
    }

    /// Updates the data and its revision.
    pub fn set_resource_data(&mut self, item: &ResourceRecord) {
        let values = values![item.id, item.data.as_ref(), item.revision];
        self.write(&SET_DATA, values);
    }
}
