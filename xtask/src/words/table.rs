//! The words that are replaced, and what to use instead.
//!
//! Each entry says where its word is searched. A word with another standard meaning
//! ("found" of find, "hold", "call", "done", HTTP's "post") is only searched where it
//! had the meaning that is replaced: as a word of a name, as a whole name, or in a
//! phrase.

/// A word or phrase that is replaced.
pub(super) struct Entry {
    /// All forms, in lower case; `*` is any one word. Whole names are compared with
    /// their case.
    pub(super) not: &'static [&'static str],
    pub(super) at: At,
    /// What to use instead.
    pub(super) instead: &'static str,
    /// Longer phrases that contain the word and are standard terms.
    pub(super) but: &'static [&'static str],
}

/// Where a word is searched. A name is an identifier, a string without white space,
/// a part of a path, or text that is quoted as code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// In names and in text.
    Everywhere,
    /// As a word of a name: `held` is one of `HeldUser`.
    Names,
    /// In text only.
    Text,
    /// As the whole of a name.
    WholeNames,
    /// As the whole name of a file or folder, without its extension.
    Files,
}

const fn everywhere(not: &'static [&'static str], instead: &'static str) -> Entry {
    entry(At::Everywhere, not, instead)
}

const fn names(not: &'static [&'static str], instead: &'static str) -> Entry {
    entry(At::Names, not, instead)
}

const fn text(not: &'static [&'static str], instead: &'static str) -> Entry {
    entry(At::Text, not, instead)
}

const fn whole_names(not: &'static [&'static str], instead: &'static str) -> Entry {
    entry(At::WholeNames, not, instead)
}

const fn files(not: &'static [&'static str], instead: &'static str) -> Entry {
    entry(At::Files, not, instead)
}

const fn entry(at: At, not: &'static [&'static str], instead: &'static str) -> Entry {
    Entry {
        not,
        at,
        instead,
        but: &[],
    }
}

impl Entry {
    const fn but(self, but: &'static [&'static str]) -> Self {
        Self { but, ..self }
    }
}

#[rustfmt::skip] // one line for each word
pub(super) const TABLE: &[Entry] = &[
    // Who.
    everywhere(&["person", "persons", "people", "peoples"], "user, member, invitee, operator, owner"),
    everywhere(&["somebody", "somebodys"], "the actor: user, member, invitee, operator, caller"),
    everywhere(&["nobody", "nobodys", "nobodies"], "no user, no member, no caller"),
    everywhere(&["anybody", "everybody", "anybodys", "everybodys"], "any caller, every member"),
    everywhere(&["whoever", "whomever"], "the user, the member, the operator, the caller"),

    // What commands do. "found" is mostly the past tense of find ("not found"),
    // so only the forms that cannot be, and the phrases.
    everywhere(&["founds", "founded", "founding", "foundings", "founder", "founders"], "create, creation, creator"),
    text(&["to found", "may found", "can found", "must found", "and found an", "found an organization", "found organizations", "who found"], "create"),
    whole_names(&["Found"], "what was found, by its name"),
    everywhere(&["hand over", "hands over", "handed over", "handing over", "hand * over", "hands * over", "handed * over", "handing * over", "handover", "handovers"], "transfer ownership"),
    everywhere(&["take back", "takes back", "took back", "taken back", "taking back", "take * back", "takes * back", "took * back", "taking * back"], "revoke"),
    everywhere(&["put away", "puts away", "putting away", "put * away", "puts * away"], "archive"),
    everywhere(&["fetch back", "fetches back", "fetched back", "fetching back", "fetch * back", "fetches * back", "fetched * back"], "unarchive"),

    // Email. A letter of the alphabet stays.
    everywhere(&["letter", "letters", "lettered"], "email, email job, message")
        .but(&["letters digits", "letters and digits", "letter or digit", "letters or digits", "letters numbers", "letters and numbers", "digits and letters", "digits letters",
            "ascii letter", "ascii letters", "capital letter", "capital letters", "small letter", "small letters", "lowercase letter", "lowercase letters",
            "lower case letter", "lower case letters", "uppercase letter", "uppercase letters", "upper case letter", "upper case letters", "first letter", "letter by letter", "letter for letter", "letter spacing", "letters a to", "letters only", "letters of the local part"]),
    // `post` is HTTP's method.
    whole_names(&["Post", "PostOffice"], "EmailSender, EmailDelivery"),
    files(&["post"], "email/delivery"),
    everywhere(&["post office", "by post", "the post"], "email, delivery").but(&["the post request", "the post method", "the post body"]),
    whole_names(&["Due", "DueLetter"], "EmailJob"),
    everywhere(&["given up"], "dead (email job)"),
    everywhere(&["moot"], "cancelled"),
    text(&["what waits"], "queued, undelivered"),
    everywhere(&["proven", "unproven"], "verified, unverified"),
    everywhere(&["confirm email", "confirmed email", "email confirmed", "confirmed address", "address confirmed", "address is confirmed"], "verify, verified"),

    // Requests.
    everywhere(&["rehearsal", "rehearsals", "rehearse", "rehearses", "rehearsed", "rehearsing"], "dry run"),
    everywhere(&["remembered answer", "remembered answers", "remember answer", "remembers answer"], "replayed response, idempotency record"),
    everywhere(&["retelling", "retellings", "retell", "retells", "retold"], "replayed response, replay"),
    // `No` is a plain variant of an enum, in `postgres_types` too.
    everywhere(&["wrong answer"], "error, refusal"),
    // Ordinary words; only the types were about something else.
    whole_names(&["Call"], "RequestContext"),
    whole_names(&["Done"], "CommandOutput"),
    whole_names(&["Work"], "UnitOfWork"),
    everywhere(&["house", "houses"], "AppState, app state"),
    everywhere(&["vain"], "without effect"),
    whole_names(&["Presented", "Asked", "Asking", "Looking"], "the subject, such as Credential"),
    whole_names(&["Wanted"], "RequestedScope, GraphOptions"),

    // Audit, outbox, decisions.
    everywhere(&["trail", "trails"], "audit log"),
    everywhere(&["told", "untold", "telling", "tellings"], "recorded, reported, sent, delivered")
        .but(&["told apart", "told * apart", "told from", "telling apart", "telling * apart"]),
    // As the name of a function; "tells the two apart" is plain.
    names(&["tell"], "record, report, send, deliver").but(&["tell apart", "tell * apart"]),
    text(&["to the outside"], "outbox, delivered"),
    // "by saying" is plain.
    names(&["sayings"], "decision, trace, rule"),
    whole_names(&["Said", "Saying"], "decision, trace, rule"),
    everywhere(&["standing", "standings"], "member context, roles").but(&["long standing"]),

    // The store. Verbs for locks are one, but a transaction may hold a lock.
    names(&["hold", "held", "holding"], "lock, locked"),
    everywhere(&["seam", "seams"], "engine"),
    names(&["ground", "grounds"], "rows of a creation, unit of work"),
    names(&["spot", "spots"], "field path, entity reference, query"),
    // A function may pick one of several.
    whole_names(&["Pick"], "EntityReference"),
    files(&["places"], "placeholders"),
    names(&["settle", "settles", "settled", "settling"], "wait until durable; resolve"),

    // Provisioning.
    names(&["deciding"], "planner"),
    // The billing of an edition has seats: allow the word in its files.
    names(&["seat", "seats"], "membership plan"),
    whole_names(&["Unplaced", "AboutItself", "By", "ByAny", "Told9457"], "what it is, in plain words"),
    whole_names(&["AccountFile", "UserFile", "OrganizationFile", "WorkspaceFile", "ProjectFile", "KeyFile", "LoginFile", "InvitationFile", "LinkFile", "OutboxFile"], "…Details"),
    everywhere(&["brought along"], "imported"),
    everywhere(&["showcase", "showcases"], "demo project"),
    // Initial content, email template, resource content: say which.
    whole_names(&["Content"], "InitialContent, EmailTemplate, …"),

    // Randomness.
    everywhere(&["chance", "chances"], "random source, random"),
    everywhere(&["draw", "draws", "drew", "drawn", "drawing"], "generate, generated"),

    // Jobs and the command line.
    everywhere(&["desk", "desks"], "job, jobs"),
    files(&["worker"], "jobs"),
    everywhere(&["errand", "errands"], "local command, remote command"),
    // The wire of a protocol is a standard term.
    whole_names(&["Wire"], "remote client"),
    files(&["wire", "typed", "asked", "asking", "looking"], "the subject"),
    names(&["first start"], "bootstrap"),
    everywhere(&["without hands"], "unattended bootstrap"),
    text(&["should be left alone"], "liveness"),
    text(&["takes something away", "take something away", "take something * away"], "destructive; pass --yes"),
    everywhere(&["for eyes"], "human-readable output"),
    text(&["for programs"], "JSON output"),
    text(&["nothing is said", "who said so", "who said it"], "default; source of the setting"),

    // Tests.
    everywhere(&["town", "towns"], "fixture"),
    everywhere(&["square", "squares"], "fixture").but(&["square bracket", "square brackets", "square root"]),
    everywhere(&["nasty"], "malformed requests"),
    everywhere(&["hijack", "hijacks", "hijacked", "hijacking"], "privilege escalation, account takeover"),
    everywhere(&["twin", "twins"], "race test, duplicates"),
    everywhere(&["thrice"], "three times"),
    everywhere(&["story", "stories"], "scenario, test"),

    // The relation to the reference API.
    everywhere(&["contract", "contracts"], "API compatibility reference, API-compatible"),
];
