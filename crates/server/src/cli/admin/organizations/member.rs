//! Members of an organization, a workspace or a project.

use clap::Subcommand;
use serde_json::json;
use uuid::Uuid;

use super::{
    super::{
        arguments::{Doing, Removing, Which, Who},
        operation::Errand,
    },
    kind::Kind,
};

#[derive(Debug, Subcommand)]
pub(in crate::cli::admin) enum Member {
    /// Make somebody who is there a member, or give a member another role.
    #[command(
        after_help = "Examples:\n  freehold admin organization member add acme bo@example.com --role viewer\n  \
                      freehold admin project member add 01a2082d-5df6-7a31-8c44-0123456789ab bo@example.com --role editor"
    )]
    Add {
        /// Where: an id, or the slug of an organization.
        #[arg(value_name = "ID|SLUG")]
        place: Which,
        /// Who, by e-mail address or id.
        #[arg(value_name = "EMAIL|ID")]
        user: Who,
        /// As what: viewer in an organization; viewer, annotator, editor, developer, admin, or a
        /// role of your own in a workspace or a project.
        #[arg(long)]
        role: String,
        #[command(flatten)]
        doing: Doing,
    },
    /// Take a membership away, with every one below it.
    #[command(
        after_help = "Example:\n  freehold admin organization member remove 01a2082d-5df6-7a31-8c44-0123456789ab 01a2082d-6e10-7c52-9b1f-ba9876543210 --yes"
    )]
    Remove {
        /// Where.
        #[arg(value_name = "ID")]
        place: Uuid,
        /// The membership's id, as `member add` answered it.
        #[arg(value_name = "MEMBERSHIP")]
        membership: Uuid,
        #[command(flatten)]
        removing: Removing,
    },
}

impl Kind {
    pub(super) fn member(self, member: Member) -> Errand {
        match member {
            Member::Add {
                place,
                user,
                role,
                doing,
            } => {
                let mut membership = json!({"user_ref": user.reference(), "role": role});
                membership[self.reference()] = place.reference();
                let body = json!({"membership": membership});
                Errand::change(self.path(&["memberships"]), body, doing)
            }
            Member::Remove {
                place,
                membership,
                removing,
            } => {
                let (place, membership) = (place.to_string(), membership.to_string());
                Errand::removal(self.path(&[&place, "memberships", &membership]), removing)
            }
        }
    }
}
