//! Orders and trials: placed and fulfilled in one, completed by the first use, taken back only before it.

use iso_currency::Currency;
use marque_config::{PartnerId, TenantId};
use serde::{Deserialize, Serialize};

use crate::catalogue::model::price::{Basket, Priced};
use crate::kernel::ids::{ClientId, LicenceId, OrderId, SubscriptionId};
use crate::kernel::language::Sentence;
use crate::kernel::money::Money;
use crate::kernel::period::DAY_MS;
use crate::kernel::serial::Serial;

/// An order or a trial. Times are milliseconds since 1970, UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its identity.
    pub id: OrderId,
    /// What people say.
    pub number: String,
    /// Who ordered, and pays.
    pub partner: PartnerId,
    /// For whom.
    pub client: ClientId,
    /// Whether it is paid for.
    pub kind: OrderKind,
    /// Its current status.
    pub state: OrderState,
    /// The partner's own number for it.
    pub po_number: Option<String>,
    /// What was chosen.
    pub basket: Basket,
    /// What it costs: for a trial, what it would.
    pub priced: Priced,
    /// The client's space.
    pub tenant: TenantId,
    /// Whether the space was opened for it.
    pub opened_tenant: bool,
    /// The serial number of its licence.
    pub serial: Serial,
    /// The licence that has the serial number now.
    pub licence: Option<LicenceId>,
    /// What it is paid by again and again.
    pub subscription: Option<SubscriptionId>,
    /// The order that this one took the place of.
    pub replaces: Option<OrderId>,
    /// The order that took the place of this one.
    pub replaced_by: Option<OrderId>,
    /// How often the client was told how to activate.
    pub told: i64,
    /// The version of the rules that it was placed under.
    pub policy_version: i64,
    /// When it was placed.
    pub placed_ms: i64,
    /// When its licence was first used.
    pub activated_ms: Option<i64>,
    /// When it was taken back.
    pub voided_ms: Option<i64>,
}

/// Whether it is paid for (S3.15).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub enum OrderKind {
    /// It is.
    #[serde(rename = "order")]
    Purchase,
    /// It is tried first.
    #[serde(rename = "trial")]
    Trial,
}

/// The current status of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// The licence is issued.
    Fulfilled,
    /// The licence is used.
    Completed,
    /// It was taken back.
    Voided,
}

/// What stands against taking an order back (S3.29, S3.30).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Blocker {
    /// Its licence was activated.
    LicenceActivated,
    /// It is too long ago.
    WindowPassed,
    /// The trial was made an order.
    AlreadyConverted,
    /// The caller may not.
    RightMissing,
}

/// What the client already has of the product, when something is ordered (S3.32).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Warning {
    /// An order whose licence isn't activated yet.
    OpenOrder,
    /// A trial that runs.
    OpenTrial,
    /// A licence in use.
    Licence,
}

/// The rules of orders. A change is a new version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderPolicy {
    /// Counts the changes.
    pub version: i64,
    /// How many days something may be taken back.
    pub void_days: i64,
    /// How many days a trial protects its client from other partners.
    pub claim_days: i64,
    /// From when on.
    pub since_ms: i64,
}

impl Order {
    /// What it costs: nothing while it is tried.
    #[must_use]
    pub fn charged(&self) -> Money {
        match self.kind {
            OrderKind::Purchase => self.priced.total,
            OrderKind::Trial => Money::zero(self.currency()),
        }
    }

    /// The one currency of everything in it.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.priced.currency
    }

    /// Whether it is a trial that an order followed.
    #[must_use]
    pub fn is_converted(&self) -> bool {
        self.kind == OrderKind::Trial && self.state != OrderState::Voided && self.replaced_by.is_some()
    }

    /// What stands against taking it back, but for the rights of the caller.
    #[must_use]
    pub fn blockers(&self, policy: &OrderPolicy, now_ms: i64) -> Vec<Blocker> {
        let until_ms = self.placed_ms + policy.void_days * DAY_MS;
        let standing = [
            (Blocker::LicenceActivated, self.activated_ms.is_some()),
            (Blocker::WindowPassed, now_ms >= until_ms),
            (Blocker::AlreadyConverted, self.is_converted()),
        ];
        standing.into_iter().filter(|(_, stands)| *stands).map(|(blocker, _)| blocker).collect()
    }
}

impl OrderKind {
    /// The kind as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Purchase => "order",
            Self::Trial => "trial",
        }
    }

    /// The other one.
    #[must_use]
    pub fn switched(self) -> Self {
        match self {
            Self::Purchase => Self::Trial,
            Self::Trial => Self::Purchase,
        }
    }
}

impl OrderState {
    /// The state as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fulfilled => "fulfilled",
            Self::Completed => "completed",
            Self::Voided => "voided",
        }
    }
}

impl Blocker {
    /// Its stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::LicenceActivated => "licence_activated",
            Self::WindowPassed => "window_passed",
            Self::AlreadyConverted => "already_converted",
            Self::RightMissing => "right_missing",
        }
    }

    /// Why, for people.
    #[must_use]
    pub fn said(self) -> Sentence {
        match self {
            Self::LicenceActivated => {
                Sentence::fixed("The client has activated the licence.", "Le client a activé la licence.")
            }
            Self::WindowPassed => Sentence::fixed("It was ordered too long ago.", "La commande est trop ancienne."),
            Self::AlreadyConverted => {
                Sentence::fixed("The trial has become an order.", "L’essai est devenu une commande.")
            }
            Self::RightMissing => {
                Sentence::fixed("You may not take back orders.", "Vous n’avez pas le droit d’annuler une commande.")
            }
        }
    }
}

impl Warning {
    /// Its stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::OpenOrder => "client-has-open-order",
            Self::OpenTrial => "client-has-open-trial",
            Self::Licence => "client-has-licence",
        }
    }

    /// What, for people.
    #[must_use]
    pub fn said(self) -> Sentence {
        match self {
            Self::OpenOrder => Sentence::fixed(
                "This client already has an order of this product that is not activated yet.",
                "Ce client a déjà une commande de ce produit, pas encore activée.",
            ),
            Self::OpenTrial => Sentence::fixed(
                "This client is already trying this product.",
                "Ce client a déjà un essai en cours de ce produit.",
            ),
            Self::Licence => Sentence::fixed(
                "This client already has a licence of this product.",
                "Ce client a déjà une licence de ce produit.",
            ),
        }
    }
}

/// Writes the number of an order: the year, and eight symbols of Crockford's base32.
#[must_use]
pub fn number(year: i16, random: [u8; 8]) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let symbol = |byte: u8| char::from(ALPHABET[usize::from(byte & 31)]);
    let (head, tail) = random.split_at(4);
    let written = |part: &[u8]| part.iter().map(|byte| symbol(*byte)).collect::<String>();
    format!("{year:04}-{}-{}", written(head), written(tail))
}
