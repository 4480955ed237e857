//! Opening, refreshing and ending sessions.
//!
//! A refresh token can be used once. For a short grace period the previous
//! token still works and returns the token that is current now: a browser with
//! two tabs refreshes twice at once, and a response may be lost. After that,
//! its use is a sign of theft, and the session ends.

use freehold_domain::{AuditAction, Id, PlainToken, Refusal, Session, Timestamp};
use freehold_store::{SessionRecord, UserRecord};
use serde_json::{Value, json};

use super::{Claims, Tokens, decode_refresh_token, encode_refresh_token, subject};
use crate::access::{Entry, WayIn};
use crate::command::{Actor, Command, Event, Failure, Outcome, RequestContext, UnitOfWork};
use crate::runtime::App;

/// Why an access token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionProblem {
    /// It has expired; the client has to refresh it.
    #[error("try refresh token")]
    Expired,
    /// This server did not sign it, or its session has ended.
    #[error("unauthorised")]
    Invalid,
}

/// A session that is about to be opened.
pub(crate) struct OpenedSession {
    record: SessionRecord,
    token: PlainToken,
}

impl App {
    /// Returns the public keys that access tokens can be verified with.
    ///
    /// # Errors
    /// Only a fault.
    pub async fn jwks(&self) -> Outcome<Value> {
        Ok(self.server_keys().signer().await?.jwks().clone())
    }

    /// Opens a session within `work`, after a login by `method`.
    pub(crate) fn open_session(
        &self,
        work: &mut UnitOfWork<'_>,
        context: &RequestContext,
        user: &UserRecord,
        method: &str,
        is_new_user: bool,
    ) -> OpenedSession {
        let (random, now) = (self.random(), work.now);
        let token = PlainToken::generate(random);
        let record = SessionRecord {
            id: Id::generate(random, now),
            user: user.id,
            refresh: token.hashed(),
            previous: None,
            rotated_at: now,
            expires_at: now + self.settings().session_lifetime,
            identities: json!([method]),
            is_new_user,
        };
        let address = context.address.map(|address| address.to_string());
        let agent = context
            .user_agent
            .as_ref()
            .map(|agent| agent.chars().take(256).collect());
        work.tx.insert_session(&record, address, agent);
        OpenedSession { record, token }
    }

    /// Returns the tokens of a session that was committed.
    pub(crate) async fn tokens_of(
        &self,
        opened: &OpenedSession,
        user: &UserRecord,
        identities: &[String],
    ) -> Outcome<Tokens> {
        self.tokens(&opened.record, user, &opened.token, None, identities)
            .await
    }

    async fn tokens(
        &self,
        session: &SessionRecord,
        user: &UserRecord,
        refresh: &PlainToken,
        parent: Option<&PlainToken>,
        identities: &[String],
    ) -> Outcome<Tokens> {
        let now = self.now();
        let access_expires = now + self.settings().access_token_lifetime;
        let subject = subject(user.uid.as_deref(), user.id);
        let issuer = format!("{}/auth", self.settings().api_url);
        let claims = Claims {
            session: session.id,
            subject: &subject,
            issuer: &issuer,
            refresh,
            parent,
            user_identities: identities,
            session_identities: &session.identities,
            is_new_user: session.is_new_user,
        };
        let (access, payload) =
            self.server_keys()
                .signer()
                .await?
                .access_token(&claims, now, access_expires)?;
        Ok(Tokens {
            access: access.into(),
            access_expires,
            refresh: encode_refresh_token(session.id, refresh).into(),
            refresh_expires: session.expires_at,
            payload,
            subject,
        })
    }

    /// Exchanges a refresh token for new tokens; returns `None` in a dry run.
    ///
    /// # Errors
    /// [`Refusal::SessionInvalid`] for every token that is not valid. A token
    /// that was replaced before the grace period also ends its session.
    pub async fn refresh(
        &self,
        context: &RequestContext,
        token_text: &str,
    ) -> Outcome<Option<Tokens>> {
        let (id, token) = decode_refresh_token(token_text).ok_or(Refusal::SessionInvalid)?;
        let action = AuditAction::SessionRefreshReused;
        let command = self.session_command(Actor::Anonymous, context, action);
        let tokens = self
            .with_retries(&|| self.refresh_once(&command, id, &token))
            .await?;
        Ok(Some(tokens).filter(|_| !context.dry_run))
    }

    async fn refresh_once(
        &self,
        command: &Command<'_>,
        id: Id<Session>,
        token: &PlainToken,
    ) -> Outcome<Tokens> {
        let now = self.now();
        let (session, user) = self.live_session(id, now).await?;
        let entry = Entry::new(WayIn::RefreshSession, &user.email);
        if self.check_entry(entry).await?.refusal.is_some() {
            return Err(Refusal::SessionInvalid.into());
        }
        let next = self
            .server_keys()
            .signer()
            .await?
            .next_refresh_token(id, token);
        let presented_hash = token.hashed();
        let is_previous = session
            .previous
            .as_ref()
            .is_some_and(|previous| previous.matches(&presented_hash));
        if session.refresh.matches(&presented_hash) {
            let expires_at = now + self.settings().session_lifetime;
            let mut work = command.begin();
            let rotated = work
                .tx
                .rotate_session(id, &presented_hash, &next.hashed(), now, expires_at)
                .await?;
            work.commit(()).await?;
            // A parallel refresh was faster and returned the same token, unless
            // the session has ended.
            if !rotated {
                self.live_session(id, now).await?;
            }
            let session = SessionRecord {
                expires_at,
                ..session
            };
            return self.refreshed_tokens(&session, &user, &next, token).await;
        }
        if is_previous && now.since(session.rotated_at) <= self.settings().refresh_grace_period {
            return self.refreshed_tokens(&session, &user, &next, token).await;
        }
        // An older token of this session: a copy is in use.
        let signer = self.server_keys().signer().await?;
        if signer.is_ancestor(&session, token) {
            self.end_reused_session(command.context, &session).await?;
        }
        Err(Refusal::SessionInvalid.into())
    }

    async fn live_session(
        &self,
        id: Id<Session>,
        now: Timestamp,
    ) -> Outcome<(SessionRecord, UserRecord)> {
        let session = self.store().session(id).await?;
        let live = session.filter(|(session, _)| now < session.expires_at);
        Ok(live.ok_or(Refusal::SessionInvalid)?)
    }

    async fn refreshed_tokens(
        &self,
        session: &SessionRecord,
        user: &UserRecord,
        next: &PlainToken,
        parent: &PlainToken,
    ) -> Outcome<Tokens> {
        let identities = self.store().identities(user.id).await?;
        self.tokens(session, user, next, Some(parent), &identities)
            .await
    }

    async fn end_reused_session(
        &self,
        context: &RequestContext,
        session: &SessionRecord,
    ) -> Outcome<()> {
        let command = self.session_command(
            Actor::User(session.user),
            context,
            AuditAction::SessionRefreshReused,
        );
        let mut work = command.begin();
        work.tx.end_session(session.id).await?;
        work.record(Event::new(
            AuditAction::SessionRefreshReused,
            session.id.uuid(),
        ));
        work.commit(()).await.map(|_| ())
    }

    /// Returns the session of an access token, or why the token is not accepted:
    /// the session endpoints distinguish expired from invalid tokens.
    ///
    /// # Errors
    /// Only a fault.
    pub async fn check_session(
        &self,
        access: &str,
    ) -> Outcome<Result<Id<Session>, SessionProblem>> {
        let now = self.now();
        let session = match self.server_keys().signer().await?.session_of(access, now) {
            Ok(session) => session,
            Err(problem) => return Ok(Err(problem)),
        };
        match self.live_session(session, now).await {
            Ok(_) => Ok(Ok(session)),
            Err(Failure::Refused(_)) => Ok(Err(SessionProblem::Invalid)),
            Err(fault) => Err(fault),
        }
    }

    /// Ends a session. Does nothing if it has ended already.
    ///
    /// # Errors
    /// Only a fault.
    pub async fn sign_out(&self, context: &RequestContext, session: Id<Session>) -> Outcome<()> {
        let Some((record, _)) = self.store().session(session).await? else {
            return Ok(());
        };
        let actor = Actor::User(record.user);
        let command = self.session_command(actor, context, AuditAction::UserSignedOut);
        self.with_retries(&|| sign_out_once(&command, session))
            .await
    }
}

async fn sign_out_once(command: &Command<'_>, session: Id<Session>) -> Outcome<()> {
    let mut work = command.begin();
    if work.tx.end_session(session).await? {
        work.record(Event::new(AuditAction::UserSignedOut, session.uuid()));
    }
    work.commit(()).await.map(|_| ())
}
