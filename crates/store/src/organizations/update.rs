//! Updating an organization.

use super::read::OrganizationRecord;
use crate::engine::Tx;
use crate::engine::statement::statements;
use crate::engine::value::values;

statements! {
    UPDATE = "
        UPDATE organizations
           SET slug = $2, name = $3, description = $4, flags = $5, updated_at = $6,
               updated_by_id = $7
         WHERE id = $1";
}

impl Tx {
    /// Updates the changeable fields of `organization`.
    pub fn update_organization(&mut self, organization: &OrganizationRecord) {
        let row = organization.clone();
        self.write(
            &UPDATE,
            values![
                row.id,
                row.slug,
                row.name,
                row.description,
                row.flags,
                row.updated_at,
                row.updated_by
            ],
        );
    }
}
