//! The initial content of new projects, serialized once for all projects where
//! it is the same.
//!
//! Not here: later changes of content (the rest of this folder).

use freehold_domain::{
    Id, Project, Resource, SeedContent, SeedItem, SeedTrigger, TestcaseStamp, TestsetData,
    Timestamp, User,
};
use freehold_store::ResourceRow;
use serde_json::Value;

use crate::runtime::App;

/// An item of the initial content, serialized once for all projects.
pub(crate) struct InitialContent {
    item: SeedItem,
    flags: Option<String>,
    /// `None` for a testset, whose data is generated for each project.
    data: Option<String>,
}

impl InitialContent {
    pub(crate) fn of(item: SeedItem) -> Self {
        let text = |json: &Option<Value>| json.as_ref().map(ToString::to_string);
        Self {
            flags: text(&item.flags),
            data: match &item.content {
                SeedContent::Testset(_) => None,
                SeedContent::Evaluator(data) | SeedContent::Environment(data) => text(data),
            },
            item,
        }
    }
}

impl App {
    /// The initial content of the first project of a new organization, for
    /// [`freehold_store::Tx::insert_resources`].
    pub(crate) fn initial_content_of_first_project(
        &self,
        project: Id<Project>,
        actor: Id<User>,
        now: Timestamp,
    ) -> Vec<ResourceRow> {
        self.initial_content(SeedTrigger::Organization, project, actor, now)
    }

    /// The initial content of a further project, for
    /// [`freehold_store::Tx::insert_resources`].
    pub(crate) fn initial_content_of_project(
        &self,
        project: Id<Project>,
        actor: Id<User>,
        now: Timestamp,
    ) -> Vec<ResourceRow> {
        self.initial_content(SeedTrigger::Project, project, actor, now)
    }

    fn initial_content(
        &self,
        trigger: SeedTrigger,
        project: Id<Project>,
        actor: Id<User>,
        now: Timestamp,
    ) -> Vec<ResourceRow> {
        let random = self.random();
        self.seeds()
            .iter()
            .filter(|content| content.item.applies_to(trigger))
            .map(|content| {
                let item = &content.item;
                let id = Id::<Resource>::generate(random, now);
                let data = match &item.content {
                    SeedContent::Testset(cases) => {
                        let testset = id;
                        let owner = TestcaseStamp {
                            testset,
                            now,
                            user: actor,
                        };
                        Some(TestsetData::new(cases.clone(), None, owner, random).to_json_string())
                    }
                    SeedContent::Evaluator(_) | SeedContent::Environment(_) => content.data.clone(),
                };
                ResourceRow {
                    id: id.uuid(),
                    project,
                    kind: item.kind(),
                    slug: item.slug.generate(random),
                    name: Some(item.name.clone()),
                    description: item.description.clone(),
                    flags: content.flags.clone(),
                    data,
                    created_at: now,
                    created_by: actor,
                }
            })
            .collect()
    }
}
