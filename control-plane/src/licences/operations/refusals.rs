//! What stands against doing something to a licence.

use crate::database::refused::Refused;
use crate::kernel::fault::{Conflict, Forbidden};
use crate::licences::model::Unfit;

impl Conflict {
    /// The licence was used: nothing takes it back.
    pub const LICENCE_ALREADY_ACTIVATED: Self = Self::new(
        "licence-already-activated",
        "The licence was activated: it can’t be taken back.",
        "La licence a été activée : elle ne peut plus être reprise.",
    );
    /// The licence was taken back, replaced or cancelled, or it expired.
    pub const LICENCE_OVER: Self = Self::new("licence-over", "This licence is over.", "Cette licence a pris fin.");
    /// The client didn't take its space over yet: whoever uses it sets it up.
    pub const NOT_HANDED_OVER: Self = Self::new(
        "not-handed-over",
        "The space is not handed over yet: this is no first use.",
        "L’espace n’est pas encore remis au client : ce n’est pas une première utilisation.",
    );
    /// The licence is suspended.
    pub const LICENCE_SUSPENDED: Self =
        Self::new("licence-suspended", "This licence is suspended.", "Cette licence est suspendue.");
    /// The licence isn't suspended.
    pub const LICENCE_NOT_SUSPENDED: Self =
        Self::new("licence-not-suspended", "This licence is not suspended.", "Cette licence n’est pas suspendue.");
    /// A period wasn't paid for.
    pub const LICENCE_UNPAID: Self = Self::new(
        "licence-unpaid",
        "A period was not paid for: resume the subscription.",
        "Une période n’a pas été réglée : il faut reprendre l’abonnement.",
    );
    /// The licence is no trial.
    pub const NOT_A_TRIAL: Self =
        Self::new("not-a-trial", "This licence is no trial.", "Cette licence n’est pas un essai.");
    /// The trial was extended before, or its plan allows none.
    pub const TRIAL_NOT_EXTENDABLE: Self = Self::new(
        "trial-not-extendable",
        "A trial is extended once, and only where its plan allows it.",
        "Un essai se prolonge une seule fois, et seulement si son offre le permet.",
    );
    /// The plan has no trial.
    pub const NO_TRIAL: Self =
        Self::new("trial-not-offered", "This plan has no trial.", "Cette offre n’a pas d’essai.");
    /// The plan is of a product of another application than the tenant's.
    pub const PLAN_OF_ANOTHER_APPLICATION: Self = Self::new(
        "plan-of-another-application",
        "This plan is of another application than the tenant.",
        "Cette offre est celle d’une autre application que celle de l’espace.",
    );
    /// The clock is far away from any calendar.
    pub const OUT_OF_CALENDAR: Self =
        Self::new("out-of-calendar", "The period is out of the calendar.", "La période sort du calendrier.");
    /// As many installations use the licence as may.
    pub const TOO_MANY_ACTIVATIONS: Self = Self::new(
        "too-many-activations",
        "As many installations use this licence as it allows.",
        "Cette licence est utilisée par autant d’installations qu’elle en permet.",
    );
    /// Installations were let go too often.
    pub const TOO_MANY_MOVES: Self = Self::new(
        "too-many-moves",
        "Three installations of this licence were let go within thirty days.",
        "Trois installations de cette licence ont été libérées en trente jours.",
    );
}

impl Forbidden {
    /// An operator suspended the licence: a partner doesn't resume it.
    pub const LICENCE_HELD_BY_OPERATOR: Self = Self::new(
        "licence-held-by-operator",
        "An operator suspended this licence: only an operator can resume it.",
        "Un opérateur a suspendu cette licence : seul un opérateur peut la rétablir.",
    );
}

/// Says it as a refusal.
pub(crate) fn refused(unfit: Unfit) -> Refused {
    match unfit {
        Unfit::Activated => Conflict::LICENCE_ALREADY_ACTIVATED.because_of(vec!["licence_activated"]).into(),
        Unfit::Over => Conflict::LICENCE_OVER.into(),
        Unfit::Suspended => Conflict::LICENCE_SUSPENDED.into(),
        Unfit::NoTrial => Conflict::NOT_A_TRIAL.into(),
        Unfit::Extended => Conflict::TRIAL_NOT_EXTENDABLE.into(),
        Unfit::NotSuspended => Conflict::LICENCE_NOT_SUSPENDED.into(),
        Unfit::HeldByOperator => Forbidden::LICENCE_HELD_BY_OPERATOR.into(),
        Unfit::HeldByBilling => Conflict::LICENCE_UNPAID.into(),
    }
}
