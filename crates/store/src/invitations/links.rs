//! Invitation links, by which several users can join a workspace.
//!
//! Not here: invitations to one email address (`issue`).

use freehold_domain::{Id, InvitationLink, Organization, Timestamp, User, Workspace};
use serde_json::Value;

use crate::engine::row::{FromRow, row_types};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Insert, Result, Store, Tx};
use crate::members::context::MemberContext;

row_types! {
    /// An invitation link without its token.
    #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
    pub struct InvitationLinkRecord {
        /// Its id.
        pub id: Id<InvitationLink> = "l.id",
        /// Its organization.
        pub organization: Id<Organization> = "l.organization_id",
        /// Its workspace.
        pub workspace: Id<Workspace> = "l.workspace_id",
        /// The role that it gives.
        pub role: String = "l.role",
        /// How many users can join; unlimited if there is no number.
        pub max_uses: Option<i64> = "l.max_uses",
        /// How many users have joined.
        pub uses: i64 = "l.uses",
        /// The domains of the email addresses that may use it; all if there is no list.
        pub allowed_domains: Option<Vec<String>> =
            "l.allowed_domains" => |list: Option<Value>| list.as_ref().map(texts),
        /// When it expires; never if there is no time.
        pub expires_at: Option<Timestamp> = "l.expires_at",
        /// When it was revoked.
        pub revoked_at: Option<Timestamp> = "l.revoked_at",
        /// The user who created it.
        pub issuer: Option<Id<User>> = "l.issuer_id",
        /// The issuer's email address, while they have an account.
        pub issuer_email: Option<String> = "u.email",
        /// The issuer's display name.
        pub issuer_username: Option<String> = "u.username",
        /// When it was created.
        pub created_at: Option<Timestamp> = "l.created_at",
    }
}

/// Returns the texts of a JSON list; none of any other value, which admits no user.
fn texts(list: &Value) -> Vec<String> {
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let texts = items.iter().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

statements! {
    rows InvitationLinkRecord, MemberContext;

    BY_TOKEN = "
        SELECT {InvitationLinkRecord}
          FROM invitation_links l
          LEFT JOIN users u ON u.id = l.issuer_id
         WHERE l.token = $1";
    BY_ID = "
        SELECT {InvitationLinkRecord}
          FROM invitation_links l
          LEFT JOIN users u ON u.id = l.issuer_id
         WHERE l.id = $1 AND l.organization_id = $2";
    OF_ORGANIZATION = "
        SELECT {InvitationLinkRecord}
          FROM invitation_links l
          LEFT JOIN users u ON u.id = l.issuer_id
         WHERE l.organization_id = $1
         ORDER BY l.id DESC LIMIT $2";
    ISSUERS = "
        SELECT {MemberContext}
          FROM workspaces w
          JOIN organizations o ON o.id = w.organization_id
          LEFT JOIN projects p ON p.workspace_id = w.id AND p.is_default
          JOIN users u ON u.id IN (SELECT l.issuer_id FROM invitation_links l
                                    WHERE l.organization_id = $1 AND l.workspace_id = w.id)
         WHERE w.organization_id = $1";
    CLAIM_USE = "
        UPDATE invitation_links SET uses = uses + 1, updated_at = $2, updated_by_id = $3
         WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
           AND (max_uses IS NULL OR uses < max_uses)";
    REVOKE = "
        UPDATE invitation_links SET revoked_at = $2, updated_at = $2, updated_by_id = $3
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
    /// Returns the link whose token has this hash. Its role, workspace and
    /// domains never change; its uses and its status may.
    pub async fn invitation_link(&self, token: String) -> Result<Option<InvitationLinkRecord>> {
        self.read_one(&BY_TOKEN, values![token], FromRow::read)
            .await
    }

    /// Returns the newest links of an organization.
    pub async fn invitation_links(
        &self,
        organization: Id<Organization>,
        limit: i64,
    ) -> Result<Vec<InvitationLinkRecord>> {
        self.read(
            &OF_ORGANIZATION,
            values![organization, limit],
            FromRow::read,
        )
        .await
    }

    /// Returns the member contexts of the links' issuers in the workspaces of
    /// their links, as far as they have an account.
    pub async fn link_issuers(&self, organization: Id<Organization>) -> Result<Vec<MemberContext>> {
        self.read(&ISSUERS, values![organization], FromRow::read)
            .await
    }
}

impl Tx {
    /// Inserts a link; `token` is the hash of its token.
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

    /// Returns the link of an organization with this id.
    pub async fn invitation_link(
        &mut self,
        id: Id<InvitationLink>,
        organization: Id<Organization>,
    ) -> Result<Option<InvitationLinkRecord>> {
        self.read_one(&BY_ID, values![id, organization], FromRow::read)
            .await
    }

    /// Counts one use. Returns whether the link still admitted a user.
    pub async fn claim_link_use(
        &mut self,
        id: Id<InvitationLink>,
        user: Id<User>,
        now: Timestamp,
    ) -> Result<bool> {
        Ok(self.claim(&CLAIM_USE, values![id, now, user]).await? == 1)
    }

    /// Records that a user has used a link. A second time violates
    /// [`Rule::InvitationLinkUser`](crate::Rule::InvitationLinkUser).
    pub fn insert_link_use(&mut self, id: Id<InvitationLink>, user: Id<User>, now: Timestamp) {
        self.insert(&USES, vec![values![id, user, now]]);
    }

    /// Revokes a link, unless it is revoked already.
    pub fn revoke_invitation_link(
        &mut self,
        id: Id<InvitationLink>,
        user: Id<User>,
        now: Timestamp,
    ) {
        self.write(&REVOKE, values![id, now, user]);
    }
}
