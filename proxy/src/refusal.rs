//! Every reason for which the edge doesn't pass a request on, and what the visitor is told.

mod page;
pub(crate) mod style;
mod wants;
mod words;

use http::StatusCode;

pub use page::Page;
pub use style::Shown;
pub use wants::Wants;

/// A reason not to serve. None falls through: a new one must be given a status here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The request isn't written in the one strict spelling.
    Malformed(Fault),
    /// A path with two readings, where the policy looks at paths.
    AmbiguousTarget,
    /// More than one place names an account in a way that can't be told apart.
    AmbiguousAccount,
    /// The target is too long.
    TargetTooLong,
    /// The head has too many bytes or fields.
    HeadTooLarge,
    /// The client was too slow.
    TooSlow,
    /// A method that is never passed on.
    MethodRefused,
    /// An upgrade that the application doesn't take.
    UpgradeRefused,
    /// The SNI and the authority name two hosts.
    Misdirected,
    /// No replica yet.
    NoReplica,
    /// Nothing is known under this name.
    UnknownHost,
    /// Below `/.well-known/marque` there is no such page.
    UnknownPage,
    /// A page of the edge's own isn't asked by this method.
    PageMethodRefused,
    /// What the name leads to is closed by a record of the feed that this version doesn't understand.
    NotUnderstood,
    /// No account is bound yet.
    Provisioning,
    /// The tenant waits for its handover, and who asks doesn't set it up.
    BeingSetUp,
    /// The tenant is suspended.
    Suspended,
    /// The tenant needs a licence, and there is none.
    LicenceRequired,
    /// The tenant's licence is over, or given up: it isn't reached, or this request would do more than read.
    LicenceExpired,
    /// The same of a licence that is suspended.
    LicenceSuspended,
    /// What was shown isn't a ticket that is good here, or no longer.
    TicketRefused,
    /// The control plane can't be asked whether a ticket is good.
    EntryUnavailable,
    /// The entry by which somebody asks has ended.
    EntryEnded,
    /// The entry lets look, and this request would do more.
    EntryReadOnly,
    /// The request names another account.
    ForeignAccount,
    /// A login's body is too large to be judged.
    LoginTooLarge,
    /// A login's body can't be read as what it says it is.
    LoginUnreadable,
    /// A login's answer names another account, or none.
    LoginRefused,
    /// A login's answer is too large to be judged.
    AnswerTooLarge,
    /// The application refuses a login for there are too many.
    LoginThrottled,
    /// The application fails at a login.
    LoginFailed,
    /// The application can't take a login now.
    LoginUnavailable,
    /// A session is larger than cookies can carry.
    SessionTooLarge,
    /// A redirect leads where no reference is understood.
    RedirectRefused,
    /// The application can't be reached.
    UpstreamDown,
    /// The application doesn't answer in time.
    UpstreamSlow,
    /// The application's answer isn't HTTP.
    UpstreamMalformed,
    /// The client has as many requests in flight as it may.
    TooManyRequests,
    /// There are as many requests in flight as there may be.
    Busy,
    /// The tenant has as many requests in flight as it may.
    TenantBusy,
    /// The application's place has as many requests in flight as it may, and none ended in time.
    TargetBusy,
    /// A stage was skipped: nothing reaches the application undecided.
    Undecided,
    /// Something here failed that never should.
    Internal,
}

/// What is wrong with a request that isn't written in the one strict spelling (RFC 9112, and stricter: Q2 to Q22).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The request line.
    RequestLine,
    /// A field's name or value, a bare CR or LF, a folded line.
    Field,
    /// None, more than one, or no plain `Host`; or one that differs from `:authority`.
    Host,
    /// `Content-Length` or `Transfer-Encoding`.
    Framing,
    /// A chunk of the body.
    Chunk,
    /// The target isn't an absolute path.
    Target,
    /// `Connection` names a field that isn't the client's to drop.
    Connection,
    /// A cookie that can't be read in one way only.
    Cookie,
}

impl Refusal {
    /// The status that the visitor gets.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::Malformed(_) | Self::AmbiguousTarget | Self::AmbiguousAccount | Self::LoginUnreadable => {
                StatusCode::BAD_REQUEST
            }
            Self::TargetTooLong => StatusCode::URI_TOO_LONG,
            Self::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::MethodRefused | Self::PageMethodRefused => StatusCode::METHOD_NOT_ALLOWED,
            Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            // Do not say what exists.
            Self::UnknownHost | Self::UnknownPage | Self::ForeignAccount => StatusCode::NOT_FOUND,
            Self::LicenceRequired | Self::LicenceExpired => StatusCode::PAYMENT_REQUIRED,
            Self::Suspended
            | Self::LicenceSuspended
            | Self::LoginRefused
            | Self::UpgradeRefused
            | Self::TicketRefused
            | Self::EntryEnded
            | Self::EntryReadOnly => StatusCode::FORBIDDEN,
            Self::LoginTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NoReplica
            | Self::NotUnderstood
            | Self::Provisioning
            | Self::BeingSetUp
            | Self::EntryUnavailable
            | Self::LoginUnavailable
            | Self::Busy
            | Self::TenantBusy
            | Self::TargetBusy => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooManyRequests | Self::LoginThrottled => StatusCode::TOO_MANY_REQUESTS,
            Self::UpstreamDown
            | Self::UpstreamMalformed
            | Self::AnswerTooLarge
            | Self::LoginFailed
            | Self::SessionTooLarge
            | Self::RedirectRefused => StatusCode::BAD_GATEWAY,
            Self::UpstreamSlow => StatusCode::GATEWAY_TIMEOUT,
            Self::Undecided | Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A stable word for metrics, logs and problem documents.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::AmbiguousTarget => "ambiguous_target",
            Self::AmbiguousAccount => "ambiguous_account",
            Self::TargetTooLong => "target_too_long",
            Self::HeadTooLarge => "head_too_large",
            Self::TooSlow => "too_slow",
            Self::MethodRefused => "method_refused",
            Self::UpgradeRefused => "upgrade_refused",
            Self::Misdirected => "misdirected",
            Self::NoReplica => "no_replica",
            Self::UnknownHost => "unknown_host",
            Self::UnknownPage => "unknown_page",
            Self::PageMethodRefused => "page_method_refused",
            Self::NotUnderstood => "not_understood",
            Self::Provisioning => "provisioning",
            Self::BeingSetUp => "being_set_up",
            Self::Suspended => "suspended",
            Self::LicenceRequired => "licence_required",
            Self::LicenceExpired => "licence_expired",
            Self::LicenceSuspended => "licence_suspended",
            Self::TicketRefused => "ticket_refused",
            Self::EntryUnavailable => "entry_unavailable",
            Self::EntryEnded => "entry_ended",
            Self::EntryReadOnly => "entry_read_only",
            Self::ForeignAccount => "foreign_account",
            Self::LoginTooLarge => "login_too_large",
            Self::LoginUnreadable => "login_unreadable",
            Self::LoginRefused => "login_refused",
            Self::AnswerTooLarge => "answer_too_large",
            Self::LoginThrottled => "login_throttled",
            Self::LoginFailed => "login_failed",
            Self::LoginUnavailable => "login_unavailable",
            Self::SessionTooLarge => "session_too_large",
            Self::RedirectRefused => "redirect_refused",
            Self::UpstreamDown => "upstream_down",
            Self::UpstreamSlow => "upstream_slow",
            Self::UpstreamMalformed => "upstream_malformed",
            Self::TooManyRequests => "too_many_requests",
            Self::Busy => "busy",
            Self::TenantBusy => "tenant_busy",
            Self::TargetBusy => "target_busy",
            Self::Undecided => "undecided",
            Self::Internal => "internal",
        }
    }
}
