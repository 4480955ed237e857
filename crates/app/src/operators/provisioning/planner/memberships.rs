//! Who gets into which place.

use freehold_domain::{Id, Level, Role, User};

use super::super::prepare::Prepared;
use super::super::references::{Spot, memberships};
use super::super::result::MembershipView;
use super::scopes::CreationRows;
use super::{Deciding, Drawn};
use crate::command::{Failure, Outcome};

impl Deciding<'_> {
    pub(super) fn members_of(
        &mut self,
        graph: &Prepared,
        one: &mut Drawn,
        level: Level,
    ) -> Outcome<()> {
        for (name, member) in graph.members(level) {
            let spot = graph.spot(memberships(level), name);
            let ground = self.place(one, level, &member.place)?;
            let number = self.person(one, &member.user)?;
            let user = self.somebody(number)?.record.id;
            let role = member.role.as_str();
            fits_the_owner(&spot, user == ground.owner, role)?;
            self.lead_in(level, &ground, user);
            let (id, given) = self.seats.give(ground.at, user, role).map_err(|_| {
                spot.invalid(
                    "role",
                    "the same request says another role of this membership.",
                )
            })?;
            let view = MembershipView {
                id,
                place: ground.at.place,
                user,
                role: member.role.clone(),
            };
            let (views, outcomes) = one.members(level);
            views.push((name.clone(), view));
            outcomes.push((given, ground.organization));
        }
        Ok(())
    }

    /// Whoever gets into a place is in all that it is in.
    fn lead_in(&mut self, level: Level, ground: &CreationRows, user: Id<User>) {
        let role = if user == ground.owner {
            Role::Owner
        } else {
            Role::Viewer
        };
        if level != Level::Organization {
            self.seats.ensure(ground.outermost(), user, role);
        }
        if level == Level::Project {
            self.seats.ensure(ground.around(), user, role);
        }
    }
}

/// The owner of an organization is `owner` wherever they are in it, and nobody
/// else is.
fn fits_the_owner(spot: &Spot<'_>, is_owner: bool, role: &str) -> Result<(), Failure> {
    let owner = Role::Owner.as_str();
    match (is_owner, role == owner) {
        (true, true) | (false, false) => Ok(()),
        (true, false) => {
            let problem = "the owner of the organization has the role 'owner'.";
            Err(spot.conflict("role", problem).into())
        }
        (false, true) => {
            let problem = "only the owner of the organization has the role 'owner'. Transfer the ownership instead.";
            Err(spot.conflict("role", problem).into())
        }
    }
}
