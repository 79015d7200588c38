//! What can be wrong with what somebody asks, each with a stable code and a sentence in each language.

use std::borrow::Cow;

use marque_config::contact;

use super::language::Sentence;

/// One field of a request's body that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// Where: a JSON pointer (RFC 6901).
    pub pointer: String,
    /// What, for programs.
    pub code: &'static str,
    /// What, for people.
    pub said: Sentence,
}

impl FieldFault {
    /// A fault of the field at `pointer`.
    #[must_use]
    pub fn new(pointer: impl Into<String>, code: &'static str, said: Sentence) -> Self {
        Self { pointer: pointer.into(), code, said }
    }
}

/// What stands against doing what is asked now: 409. Each one is a constant, beside the rule that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    code: &'static str,
    said: Sentence,
    blockers: Vec<Cow<'static, str>>,
}

impl Conflict {
    /// A conflict with its stable code, in both languages.
    #[must_use]
    pub const fn new(code: &'static str, english: &'static str, french: &'static str) -> Self {
        Self { code, said: Sentence::fixed(english, french), blockers: Vec::new() }
    }

    /// The same, with the codes of everything that stands against it.
    #[must_use]
    pub fn because_of(mut self, blockers: Vec<&'static str>) -> Self {
        self.blockers = blockers.into_iter().map(Cow::Borrowed).collect();
        self
    }

    /// The same, with the identity of the object that stands against it.
    #[must_use]
    pub fn because_of_object(mut self, id: &impl ToString) -> Self {
        self.blockers = vec![Cow::Owned(id.to_string())];
        self
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// What, for people.
    #[must_use]
    pub fn said(&self) -> &Sentence {
        &self.said
    }

    /// The codes of everything that stands against it, where there may be several, or the object that does.
    #[must_use]
    pub fn blockers(&self) -> &[Cow<'static, str>] {
        &self.blockers
    }

    /// The hostname is claimed.
    pub const HOST_TAKEN: Self = Self::new("host-taken", "This hostname is taken.", "Ce nom est déjà pris.");
    /// The hostname was given up lately by somebody else.
    pub const HOST_QUARANTINED: Self = Self::new(
        "host-quarantined",
        "This hostname was given up lately and can't be taken yet.",
        "Ce nom a été libéré récemment et ne peut pas encore être repris.",
    );
    /// Another tenant of the application is bound to the account.
    pub const ACCOUNT_TAKEN: Self = Self::new(
        "account-taken",
        "Another tenant of this application is bound to this account.",
        "Un autre espace de cette application est lié à ce compte.",
    );
    /// The tenant is bound to another account.
    pub const BOUND_ELSEWHERE: Self = Self::new(
        "tenant-already-bound",
        "The tenant is bound to another account, for good.",
        "L’espace est lié à un autre compte, définitivement.",
    );
    /// The tenant is closed.
    pub const TENANT_CLOSED: Self = Self::new("tenant-closed", "The tenant is closed.", "L’espace est fermé.");
    /// The tenant isn't suspended.
    pub const NOT_SUSPENDED: Self =
        Self::new("tenant-not-suspended", "The tenant is not suspended.", "L’espace n’est pas suspendu.");
    /// The tenant has as many domains as it may have.
    pub const TOO_MANY_DOMAINS: Self = Self::new(
        "too-many-domains",
        "The tenant has as many domains as it may have.",
        "L’espace a atteint son nombre de domaines.",
    );
    /// The name is taken.
    pub const NAME_TAKEN: Self = Self::new("name-taken", "This name is taken.", "Ce nom est déjà pris.");
}

/// What is not for the caller to do, though the scope is right: 403. Each one is a constant, beside its rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forbidden {
    code: &'static str,
    said: Sentence,
}

impl Forbidden {
    /// A refusal with its stable code, in both languages.
    #[must_use]
    pub const fn new(code: &'static str, english: &'static str, french: &'static str) -> Self {
        Self { code, said: Sentence::fixed(english, french) }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// What, for people.
    #[must_use]
    pub fn said(&self) -> &Sentence {
        &self.said
    }

    /// An operator suspended the tenant: a partner doesn't resume it.
    pub const SUSPENDED_BY_OPERATOR: Self = Self::new(
        "suspended-by-operator",
        "An operator suspended this tenant: only an operator can resume it.",
        "Un opérateur a suspendu cet espace : seul un opérateur peut le rétablir.",
    );
    /// Only the vendor's staff does this.
    pub const OPERATORS_ONLY: Self =
        Self::new("operators-only", "Only an operator can do this.", "Seul un opérateur peut le faire.");
}

/// Takes what people read: 1 to `most` characters, none of them a control character, no white space at its ends.
pub(crate) fn text(pointer: &str, text: &str, most: usize) -> Result<String, FieldFault> {
    if contact::is_line(text, most) {
        return Ok(text.to_owned());
    }
    let english = format!("A text has 1 to {most} characters, without control characters or white space at its ends.");
    let french =
        format!("Un texte a de 1 à {most} caractères, sans caractère de contrôle ni espace au début ou à la fin.");
    Err(FieldFault::new(pointer, "invalid-text", Sentence::new(english, french)))
}

/// Takes the same where there may be none.
pub(crate) fn optional_text(pointer: &str, given: Option<&str>, most: usize) -> Result<(), FieldFault> {
    given.map_or(Ok(()), |given| text(pointer, given, most).map(drop))
}

/// Says that what a field refers to doesn't exist for the caller.
pub(crate) fn unknown(pointer: &str) -> FieldFault {
    let said = Sentence::fixed("There is no such object.", "Cet objet n’existe pas.");
    FieldFault::new(pointer, "unknown-reference", said)
}
