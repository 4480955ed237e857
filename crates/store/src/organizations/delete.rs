//! Deleting an organization with everything in it.
//!
//! Not here: deleting many (`operators::deprovisioning`).

use freehold_domain::{Id, Organization};

use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Tx};

statements! {
    DELETE = "DELETE FROM organizations WHERE id = $1";
}

impl Tx {
    /// Deletes an organization with everything in it. Returns whether it existed.
    pub async fn delete_organization(&mut self, id: Id<Organization>) -> Result<bool> {
        Ok(self.claim(&DELETE, values![id]).await? == 1)
    }
}
