//! Invitations to a workspace: to one email address, or by a link for several users.

pub(crate) mod accept_and_decline;
pub(crate) mod addresses_in_use;
pub(crate) mod issue;
pub(crate) mod links;
pub(crate) mod list;
pub(crate) mod revoke;

use crate::accounts::users::user_columns;
use crate::engine::row::FromRow;
use crate::engine::sql_text::Column;
use crate::engine::{Result, Row};
use crate::members::context::{
    MEMBER_CONTEXT_WIDTH, MemberContext, member_context_columns, read_member_context_at,
    workspace_joins,
};

// Until `members::context` declares it with `row_types!`.
const _: &str = workspace_joins!();
impl FromRow for MemberContext {
    const COLUMNS: &'static [Column] = &[Column::Text(member_context_columns!())];
    const WIDTH: usize = MEMBER_CONTEXT_WIDTH;

    fn read_at(row: &Row<'_>, first: usize) -> Result<Self> {
        read_member_context_at(row, first)
    }
}
