//! Creating and changing the content of a project.
//!
//! An item is one row with one state. Each time its data is replaced, it gets a
//! new revision id.

use freehold_domain::{
    AuditAction, FreeText, IS_GUARDED, Id, Permission, Refusal, Resource, ResourceKind,
    TestcaseStamp, TestsetData, Timestamp, evaluator_flags, is_guarded,
};
use freehold_store::{ResourceRecord, Rule};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::change::{NewResource, ResourceData, ResourceTransition, ResourceUpdate};
use crate::access::{Caller, Grant, check_project_permission};
use crate::command::{
    Command, CommandOutput, Event, FieldChange, Outcome, RequestContext, UnitOfWork,
};
use crate::runtime::App;

impl App {
    /// Creates an item in the caller's project. Returns `None` if there is no
    /// slug or the project has an item of this kind with that slug.
    ///
    /// # Errors
    /// The refusal if the caller lacks the permission.
    pub async fn create_resource(
        &self,
        caller: &Caller,
        context: &RequestContext,
        kind: ResourceKind,
        new: NewResource,
    ) -> Outcome<CommandOutput<Option<ResourceRecord>>> {
        let command = content_command(self, caller, context, AuditAction::ContentCreated);
        let content = ContentCommand {
            command: &command,
            caller,
            kind,
            id: None,
        };
        command.run(|| content.create(&new), project_deleted).await
    }

    /// Updates an item of the caller's project. Returns `None` if there is
    /// none.
    ///
    /// # Errors
    /// The refusal if the caller lacks the permission.
    pub async fn update_resource(
        &self,
        caller: &Caller,
        context: &RequestContext,
        kind: ResourceKind,
        id: Uuid,
        update: ResourceUpdate,
    ) -> Outcome<CommandOutput<Option<ResourceRecord>>> {
        let command = content_command(self, caller, context, AuditAction::ContentUpdated);
        let content = ContentCommand {
            command: &command,
            caller,
            kind,
            id: Some(id),
        };
        command
            .run(|| content.update(id, update.clone()), project_deleted)
            .await
    }

    /// Changes the state of an item of the caller's project. Returns the item
    /// without its data, or `None` if there is none.
    ///
    /// # Errors
    /// The refusal if the caller lacks the permission.
    pub async fn transition_resource(
        &self,
        caller: &Caller,
        context: &RequestContext,
        kind: ResourceKind,
        id: Uuid,
        transition: ResourceTransition,
    ) -> Outcome<CommandOutput<Option<ResourceRecord>>> {
        let command = content_command(self, caller, context, transition.action());
        let content = ContentCommand {
            command: &command,
            caller,
            kind,
            id: Some(id),
        };
        command
            .run(|| content.transition(id, transition), project_deleted)
            .await
    }
}

/// Returns a command on the content of the caller's project.
fn content_command<'a>(
    app: &'a App,
    caller: &Caller,
    context: &'a RequestContext,
    action: AuditAction,
) -> Command<'a> {
    let command = app.command(caller.actor(), context, action);
    match &caller.scope {
        Some(scope) => command.in_project(scope.record().project),
        None => command,
    }
}

/// The project was deleted after the credential was verified.
fn project_deleted(rule: Rule) -> Option<Refusal> {
    (rule == Rule::ForeignKey).then_some(Refusal::Unauthenticated)
}

/// A command of a caller on items of one kind.
struct ContentCommand<'a> {
    command: &'a Command<'a>,
    caller: &'a Caller,
    kind: ResourceKind,
    id: Option<Uuid>,
}

impl ContentCommand<'_> {
    fn check_permission(&self, permission: Permission) -> Outcome<Grant> {
        check_project_permission(self.caller, permission).map_err(|decision| {
            let scope = self.caller.scope.as_ref();
            let organization = scope.map(|scope| scope.record().organization);
            self.command.refuse(organization, self.id, decision)
        })
    }

    fn check_edit(&self) -> Outcome<Grant> {
        self.check_permission(match self.kind {
            ResourceKind::Testset => Permission::EditTestsets,
            ResourceKind::Evaluator => Permission::EditEvaluators,
            ResourceKind::Environment => Permission::EditEnvironments,
        })
    }

    /// Deploying to an environment replaces its data.
    fn check_deploy(&self) -> Outcome<Grant> {
        self.check_permission(Permission::DeployEnvironments)
    }

    fn is_deployment(&self, data: Option<&ResourceData>) -> bool {
        self.kind == ResourceKind::Environment && data.is_some()
    }

    async fn create(&self, new: &NewResource) -> Outcome<CommandOutput<Option<ResourceRecord>>> {
        let grant = self.check_edit()?;
        if self.is_deployment(new.data.as_ref()) {
            self.check_deploy()?;
        }
        let mut work = self.command.begin();
        let Some(slug) = &new.slug else {
            return work.commit(None).await;
        };
        let (now, actor) = (work.now, grant.user());
        let id = Id::<Resource>::generate(self.command.app.random(), now);
        let text = |text: &Option<FreeText>| text.clone().map(FreeText::into_string);
        let mut item = ResourceRecord {
            id: id.uuid(),
            slug: slug.as_str().to_owned(),
            name: text(&new.name),
            description: text(&new.description),
            flags: None,
            tags: new.tags.clone(),
            meta: new.meta.clone(),
            data: None,
            revision: Some(self.command.app.random().uuid(now)),
            created_at: Some(now),
            updated_at: None,
            deleted_at: None,
            created_by: Some(actor),
            updated_by: None,
            deleted_by: None,
        };
        item.data = new
            .data
            .clone()
            .map(|data| self.data(data, &item, now, &grant));
        item.flags = self.flags(&item, new.flags.clone(), true);
        if !work
            .tx
            .add_resource(grant.project(), self.kind, &item)
            .await?
        {
            return work.commit(None).await;
        }
        let event = self.event(AuditAction::ContentCreated, &grant, &item);
        work.record(event);
        work.commit(Some(item)).await
    }

    async fn update(
        &self,
        id: Uuid,
        update: ResourceUpdate,
    ) -> Outcome<CommandOutput<Option<ResourceRecord>>> {
        let is_deployment = self.is_deployment(update.data.as_ref());
        // A caller who only deploys does not need the permission to edit.
        let grant = match is_deployment && !update.changes_more_than_data() {
            true => self.check_deploy()?,
            false => self.check_edit()?,
        };
        if is_deployment {
            self.check_deploy()?;
        }
        let mut work = self.command.begin();
        let Some(mut item) = self.lock_item(&mut work, &grant, id).await? else {
            return work.commit(None).await;
        };
        if !update.changes_more_than_data() && update.data.is_none() {
            return work.commit(Some(item)).await;
        }
        let now = work.now;
        let data_changed = update.data.is_some();
        if let Some(data) = update.data {
            item.data = Some(self.data(data, &item, now, &grant));
            item.revision = Some(self.command.app.random().uuid(now));
        }
        item.flags = match update.flags {
            FieldChange::Keep => self.flags(&item, None, data_changed),
            FieldChange::Set(flags) => self.flags(&item, Some(flags), data_changed),
            FieldChange::Clear => {
                item.flags = None;
                self.flags(&item, None, true)
            }
        };
        apply_change(update.name, &mut item.name, FreeText::into_string);
        apply_change(
            update.description,
            &mut item.description,
            FreeText::into_string,
        );
        apply_change(update.tags, &mut item.tags, |tags| tags);
        apply_change(update.meta, &mut item.meta, |meta| meta);
        item.updated_at = Some(now);
        item.updated_by = Some(grant.user());
        work.tx.update_resource(&item);
        if data_changed {
            work.tx.set_resource_data(&item);
        }
        let event = self.event(AuditAction::ContentUpdated, &grant, &item);
        work.record(event);
        work.commit(Some(item)).await
    }

    async fn transition(
        &self,
        id: Uuid,
        transition: ResourceTransition,
    ) -> Outcome<CommandOutput<Option<ResourceRecord>>> {
        let grant = self.check_edit()?;
        let mut work = self.command.begin();
        let Some(mut item) = self.lock_item(&mut work, &grant, id).await? else {
            return work.commit(None).await;
        };
        item.data = None;
        if !transition.has_effect(&item) {
            return work.commit(Some(item)).await;
        }
        let (now, actor) = (work.now, grant.user());
        match transition {
            ResourceTransition::Archive => {
                (item.deleted_at, item.deleted_by) = (Some(now), Some(actor));
            }
            ResourceTransition::Unarchive => (item.deleted_at, item.deleted_by) = (None, None),
            ResourceTransition::Guard | ResourceTransition::Unguard => {
                let mut flags = into_object(item.flags.take());
                flags.insert(
                    IS_GUARDED.to_owned(),
                    (transition == ResourceTransition::Guard).into(),
                );
                item.flags = Some(Value::Object(flags));
            }
        }
        item.updated_at = Some(now);
        item.updated_by = Some(actor);
        work.tx.update_resource(&item);
        let event = self.event(transition.action(), &grant, &item);
        work.record(event);
        work.commit(Some(item)).await
    }

    /// The item, locked until the end of the transaction. A guarded environment
    /// is refused unless the caller may deploy to it.
    async fn lock_item(
        &self,
        work: &mut UnitOfWork<'_>,
        grant: &Grant,
        id: Uuid,
    ) -> Outcome<Option<ResourceRecord>> {
        let project = grant.project();
        let item = work
            .tx
            .lock_and_read_resource(project, self.kind, id)
            .await?;
        let flags = item.as_ref().and_then(|record| record.flags.as_ref());
        if self.kind == ResourceKind::Environment && is_guarded(flags) {
            self.check_deploy()?;
        }
        Ok(item)
    }

    /// The new data of `item`, given the request's `data`.
    fn data(
        &self,
        data: ResourceData,
        item: &ResourceRecord,
        now: Timestamp,
        grant: &Grant,
    ) -> Value {
        match data {
            ResourceData::Plain(data) => data,
            ResourceData::Testcases(cases) => {
                let owner = TestcaseStamp {
                    testset: Id::new(item.id),
                    now,
                    user: grant.user(),
                };
                let random = self.command.app.random();
                TestsetData::new(cases, item.data.as_ref(), owner, random).to_value()
            }
        }
    }

    /// The flags of `item` with `changes` merged into them. Some flags of an
    /// evaluator follow from its data.
    fn flags(
        &self,
        item: &ResourceRecord,
        changes: Option<Map<String, Value>>,
        data_changed: bool,
    ) -> Option<Value> {
        let evaluator = self.kind == ResourceKind::Evaluator;
        if changes.is_none() && !(evaluator && data_changed) {
            return item.flags.clone();
        }
        let mut flags = into_object(item.flags.clone());
        if evaluator && data_changed {
            flags.remove("has_url");
            flags.remove("has_script");
        }
        flags.extend(changes.unwrap_or_default());
        Some(match evaluator {
            true => evaluator_flags(&flags, item.data.as_ref()),
            false => Value::Object(flags),
        })
    }

    fn event(&self, action: AuditAction, grant: &Grant, item: &ResourceRecord) -> Event {
        let details = json!({
            "kind": self.kind.as_str(), "slug": item.slug, "project": grant.project(),
            "revision": item.revision,
        });
        Event::new(action, item.id)
            .in_organization(grant.organization())
            .with_details(details)
    }
}

fn apply_change<T, U>(change: FieldChange<T>, field: &mut Option<U>, convert: fn(T) -> U) {
    match change {
        FieldChange::Keep => {}
        FieldChange::Clear => *field = None,
        FieldChange::Set(value) => *field = Some(convert(value)),
    }
}

fn into_object(flags: Option<Value>) -> Map<String, Value> {
    match flags {
        Some(Value::Object(flags)) => flags,
        _ => Map::new(),
    }
}
