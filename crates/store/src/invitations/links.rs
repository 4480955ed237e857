//! Links that let several people into a workspace.
//!
//! Not here: invitations that are for one address (`issue`).

use freehold_domain::{Id, InvitationLink, Organization, Timestamp, User, Workspace};
use serde_json::Value;

use crate::accounts::users::user_columns;
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Insert, Result, Row, Store, Tx};
use crate::members::context::{
    MemberContext, member_context_columns, read_member_context_at, workspace_joins,
};

/// A link, without what it holds.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct InvitationLinkRecord {
    /// Its id.
    pub id: Id<InvitationLink>,
    /// Where it leads.
    pub organization: Id<Organization>,
    /// The workspace of it.
    pub workspace: Id<Workspace>,
    /// What people become by it.
    pub role: String,
    /// How many it lets in; without, as many as come.
    pub max_uses: Option<i64>,
    /// How many it has let in.
    pub uses: i64,
    /// Whose addresses it is for; without, anybody's.
    pub allowed_domains: Option<Vec<String>>,
    /// Until when it is good; without, for good.
    pub expires_at: Option<Timestamp>,
    /// Since when it is void.
    pub revoked_at: Option<Timestamp>,
    /// Who made it.
    pub issuer: Option<Id<User>>,
    /// Their address, while they have an account.
    pub issuer_email: Option<String>,
    /// What others see of them.
    pub issuer_username: Option<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
}

macro_rules! links {
    ($which:literal) => {
        concat!(
            "SELECT l.id, l.organization_id, l.workspace_id, l.role, l.max_uses, l.uses,
                    l.allowed_domains, l.expires_at, l.revoked_at, l.issuer_id, l.created_at,
                    u.email, u.username
               FROM invitation_links l
               LEFT JOIN users u ON u.id = l.issuer_id
              WHERE ",
            $which
        )
    };
}

fn read_link(row: &Row<'_>) -> Result<InvitationLinkRecord> {
    Ok(InvitationLinkRecord {
        id: row.get(0)?,
        organization: row.get(1)?,
        workspace: row.get(2)?,
        role: row.get(3)?,
        max_uses: row.get(4)?,
        uses: row.get(5)?,
        allowed_domains: row.get::<Option<Value>>(6)?.as_ref().map(texts),
        expires_at: row.get(7)?,
        revoked_at: row.get(8)?,
        issuer: row.get(9)?,
        created_at: row.get(10)?,
        issuer_email: row.get(11)?,
        issuer_username: row.get(12)?,
    })
}

/// The texts of a list. Of anything else there are none, which lets nobody in.
fn texts(list: &Value) -> Vec<String> {
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let texts = items.iter().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

statements! {
    BY_TOKEN = links!("l.token = $1");
    BY_ID = links!("l.id = $1 AND l.organization_id = $2");
    OF_ORGANIZATION = links!("l.organization_id = $1 ORDER BY l.id DESC LIMIT $2");
    ISSUERS = concat!("SELECT ", member_context_columns!(), " FROM workspaces w", workspace_joins!(), "
       JOIN users u ON u.id IN (SELECT l.issuer_id FROM invitation_links l
                                 WHERE l.organization_id = $1 AND l.workspace_id = w.id)
      WHERE w.organization_id = $1");
    CLAIM_USE = "UPDATE invitation_links
        SET uses = uses + 1, updated_at = $2, updated_by_id = $3
      WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
        AND (max_uses IS NULL OR uses < max_uses)";
    REVOKE = "UPDATE invitation_links
        SET revoked_at = $2, updated_at = $2, updated_by_id = $3
      WHERE id = $1 AND revoked_at IS NULL";
}

static LINKS: Insert = Insert {
    table: "invitation_links",
    columns: &[
        "id",
        "token",
        "workspace_id",
        "organization_id",
        "role",
        "max_uses",
        "uses",
        "allowed_domains",
        "expires_at",
        "issuer_id",
        "created_at",
        "updated_at",
        "created_by_id",
    ],
};

static USES: Insert = Insert {
    table: "invitation_link_uses",
    columns: &["link_id", "user_id", "created_at"],
};

/// The inserts of this file.
pub(crate) static INSERTS: &[&Insert] = &[&LINKS, &USES];

impl Store {
    /// The link whose secret has this hash. What people become by it, where,
    /// and who may use it never changes; the rest may have, a moment later.
    pub async fn invitation_link(&self, token: String) -> Result<Option<InvitationLinkRecord>> {
        self.read_one(&BY_TOKEN, values![token], read_link).await
    }

    /// The newest links of an organization.
    pub async fn invitation_links(
        &self,
        organization: Id<Organization>,
        limit: i64,
    ) -> Result<Vec<InvitationLinkRecord>> {
        self.read(&OF_ORGANIZATION, values![organization, limit], read_link)
            .await
    }

    /// What those who made the links of an organization are in the workspaces
    /// of their links, while they have an account.
    pub async fn link_issuers(&self, organization: Id<Organization>) -> Result<Vec<MemberContext>> {
        self.read(&ISSUERS, values![organization], |row| {
            read_member_context_at(row, 0)
        })
        .await
    }
}

impl Tx {
    /// Adds a link, of which only the hash of its secret is kept.
    pub fn insert_invitation_link(&mut self, link: &InvitationLinkRecord, token: String) {
        let InvitationLinkRecord {
            id,
            organization,
            workspace,
            role,
            max_uses,
            uses,
            allowed_domains,
            expires_at,
            revoked_at: _,
            issuer,
            issuer_email: _,
            issuer_username: _,
            created_at,
        } = link.clone();
        let row = values![
            id,
            token,
            workspace,
            organization,
            role,
            max_uses,
            uses,
            allowed_domains.map(Value::from),
            expires_at,
            issuer,
            created_at,
            created_at,
            issuer
        ];
        self.insert(&LINKS, vec![row]);
    }

    /// The link of an organization with this id.
    pub async fn invitation_link(
        &mut self,
        id: Id<InvitationLink>,
        organization: Id<Organization>,
    ) -> Result<Option<InvitationLinkRecord>> {
        self.read_one(&BY_ID, values![id, organization], read_link)
            .await
    }

    /// Counts one use, if the link still lets somebody in at this moment.
    pub async fn claim_link_use(
        &mut self,
        id: Id<InvitationLink>,
        user: Id<User>,
        now: Timestamp,
    ) -> Result<bool> {
        Ok(self.claim(&CLAIM_USE, values![id, now, user]).await? == 1)
    }

    /// Keeps who used a link. The same person a second time breaks
    /// [`Rule::InvitationLinkUser`](crate::Rule::InvitationLinkUser).
    pub fn insert_link_use(&mut self, id: Id<InvitationLink>, user: Id<User>, now: Timestamp) {
        self.insert(&USES, vec![values![id, user, now]]);
    }

    /// Makes a link void. One that is void already stays as it is.
    pub fn revoke_invitation_link(
        &mut self,
        id: Id<InvitationLink>,
        user: Id<User>,
        now: Timestamp,
    ) {
        self.write(&REVOKE, values![id, now, user]);
    }
}
