//! Changing an organization's fields.

use super::read::OrganizationRecord;
use crate::engine::Tx;
use crate::engine::statement::statements;
use crate::engine::value::values;

statements! {
    UPDATE = "UPDATE organizations
        SET slug = $2, name = $3, description = $4, flags = $5, updated_at = $6, updated_by_id = $7
      WHERE id = $1";
}

impl Tx {
    /// Writes the changeable fields of `organization`.
    pub fn update_organization(&mut self, organization: &OrganizationRecord) {
        let it = organization.clone();
        self.write(
            &UPDATE,
            values![
                it.id,
                it.slug,
                it.name,
                it.description,
                it.flags,
                it.updated_at,
                it.updated_by
            ],
        );
    }
}
