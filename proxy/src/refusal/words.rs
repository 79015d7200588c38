//! What a visitor reads, in English and in French: what to do, never why in words that tell what exists.

use super::Refusal;

/// A sentence in both languages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sentence {
    en: &'static str,
    fr: &'static str,
}

impl Sentence {
    pub(super) fn read(self, french: bool) -> &'static str {
        if french { self.fr } else { self.en }
    }
}

/// What stands before the partner's support address.
pub(super) const HELP: Sentence = Sentence { en: "Help:", fr: "Aide\u{a0}:" };

/// What leads to the contact form.
pub(super) const CONTACT: Sentence = Sentence { en: "Write to us", fr: "Nous écrire" };

/// A title and what to do.
pub(super) fn words(refusal: Refusal) -> [Sentence; 2] {
    use Refusal as R;
    let [title, detail] = match refusal {
        R::Malformed(_)
        | R::AmbiguousTarget
        | R::AmbiguousAccount
        | R::MethodRefused
        | R::PageMethodRefused
        | R::UpgradeRefused
        | R::TargetTooLong
        | R::HeadTooLarge
        | R::TooSlow
        | R::Misdirected => request_words(refusal),
        R::UnknownHost | R::UnknownPage | R::ForeignAccount => {
            [("There is nothing here", "Il n’y a rien ici"), ("Please check the address.", "Vérifiez l’adresse.")]
        }
        R::Provisioning | R::BeingSetUp | R::Suspended => space_words(refusal),
        R::TicketRefused | R::EntryUnavailable | R::EntryEnded | R::EntryReadOnly => entry_words(refusal),
        R::LicenceRequired | R::LicenceExpired | R::LicenceSuspended => licence_words(refusal),
        R::LoginRefused
        | R::LoginTooLarge
        | R::LoginUnreadable
        | R::LoginThrottled
        | R::LoginFailed
        | R::LoginUnavailable => login_words(refusal),
        R::SessionTooLarge
        | R::RedirectRefused
        | R::TooManyRequests
        | R::Busy
        | R::TenantBusy
        | R::TargetBusy
        | R::UpstreamDown
        | R::UpstreamSlow
        | R::UpstreamMalformed
        | R::AnswerTooLarge
        | R::NoReplica
        | R::NotUnderstood
        | R::Undecided
        | R::Internal => service_words(refusal),
    };
    [title, detail].map(|(en, fr)| Sentence { en, fr })
}

/// What is said of the request itself.
fn request_words(refusal: Refusal) -> [(&'static str, &'static str); 2] {
    use Refusal as R;
    match refusal {
        R::TargetTooLong | R::HeadTooLarge => [
            ("This request is too large", "Cette requête est trop longue"),
            ("Deleting the cookies of this site may help.", "Effacer les cookies de ce site peut aider."),
        ],
        R::TooSlow => [
            ("This request took too long", "Cette requête a pris trop de temps"),
            ("Please check your connection and try again.", "Vérifiez votre connexion et réessayez."),
        ],
        R::Misdirected => [
            ("Please load this page again", "Rechargez cette page"),
            ("Your browser used a connection to another address.", "Votre navigateur a utilisé une autre connexion."),
        ],
        _ => [
            ("This request is not accepted", "Cette requête n’est pas acceptée"),
            ("Please go back and try again.", "Revenez en arrière et réessayez."),
        ],
    }
}

/// What is said of a space that isn't used for now.
fn space_words(refusal: Refusal) -> [(&'static str, &'static str); 2] {
    use Refusal as R;
    match refusal {
        R::Provisioning => [
            ("Almost ready", "Bientôt prêt"),
            (
                "This space is being set up. Please come back later.",
                "Cet espace est en préparation. Revenez plus tard.",
            ),
        ],
        R::BeingSetUp => [
            ("This space is being set up", "Cet espace est en cours de configuration"),
            (
                "It opens once it has been handed over to its administrator, who follows the link of the invitation.",
                "Il s’ouvrira dès sa remise à son administrateur, qui suit le lien de l’invitation.",
            ),
        ],
        _ => [
            ("Access is suspended", "Accès suspendu"),
            ("This space cannot be reached for the moment.", "Cet espace n’est pas accessible pour le moment."),
        ],
    }
}

/// What is said to whom an entry lets in.
fn entry_words(refusal: Refusal) -> [(&'static str, &'static str); 2] {
    use Refusal as R;
    match refusal {
        R::TicketRefused => [
            ("This link is no longer valid", "Ce lien n’est plus valable"),
            (
                "It works once, within a minute, at one address. Please ask for another where you got it.",
                "Il sert une seule fois, pendant une minute, à une seule adresse. Demandez-en un autre là où vous l’avez obtenu.",
            ),
        ],
        R::EntryEnded => [
            ("Your access has ended", "Votre accès a pris fin"),
            (
                "To come in again, please ask for a new link where you got the last one.",
                "Pour revenir, demandez un nouveau lien là où vous avez obtenu le précédent.",
            ),
        ],
        R::EntryReadOnly => [
            ("You may only look here", "Vous ne pouvez que consulter"),
            (
                "The client has consented to that, and to nothing more.",
                "Le client a consenti à cela, et à rien de plus.",
            ),
        ],
        _ => [
            ("You could not be let in for the moment", "Impossible de vous faire entrer pour l’instant"),
            ("Please ask for a new link in a moment.", "Demandez un nouveau lien dans un instant."),
        ],
    }
}

/// What is said where no licence allows it, and whom to turn to.
fn licence_words(refusal: Refusal) -> [(&'static str, &'static str); 2] {
    use Refusal as R;
    match refusal {
        R::LicenceRequired => [
            ("There is no licence for this space", "Cet espace n’a pas de licence"),
            (
                "It can be used once it has one. Please contact whoever provides it to you.",
                "Il sera utilisable dès qu’il en aura une. Contactez la personne qui vous le fournit.",
            ),
        ],
        R::LicenceSuspended => [
            ("The licence is suspended", "La licence est suspendue"),
            (
                "This is not possible for the moment. Please contact whoever provides this space to you.",
                "Ce n’est pas possible pour le moment. Contactez la personne qui vous fournit cet espace.",
            ),
        ],
        _ => [
            ("The licence has ended", "La licence est arrivée à son terme"),
            (
                "Your data is kept. To go on, please contact whoever provides this space to you.",
                "Vos données sont conservées. Pour continuer, contactez la personne qui vous fournit cet espace.",
            ),
        ],
    }
}

/// What is said where somebody logs in.
fn login_words(refusal: Refusal) -> [(&'static str, &'static str); 2] {
    use Refusal as R;
    match refusal {
        R::LoginThrottled => [
            ("Too many attempts", "Trop de tentatives"),
            ("Please wait a while and try again.", "Patientez un moment, puis réessayez."),
        ],
        R::LoginFailed | R::LoginUnavailable => [
            ("The service is not available", "Le service n’est pas disponible"),
            (
                "This is not about your password. Please try again in a moment.",
                "Votre mot de passe n’est pas en cause. Réessayez dans un instant.",
            ),
        ],
        R::LoginTooLarge | R::LoginUnreadable => [
            ("You could not be signed in", "Connexion impossible"),
            ("Please go back and try again.", "Revenez en arrière et réessayez."),
        ],
        _ => [
            ("You could not be signed in", "Connexion refusée"),
            ("Please check what you entered and try again.", "Vérifiez ce que vous avez saisi et réessayez."),
        ],
    }
}

/// What is said where the service can't answer, or not now.
fn service_words(refusal: Refusal) -> [(&'static str, &'static str); 2] {
    use Refusal as R;
    match refusal {
        R::SessionTooLarge | R::RedirectRefused => [
            (
                "The service answered in a way that cannot be passed on",
                "La réponse du service ne peut pas être transmise",
            ),
            ("Please tell whoever supports you.", "Signalez-le à votre support."),
        ],
        R::TooManyRequests | R::Busy | R::TenantBusy | R::TargetBusy => [
            ("There are too many requests", "Il y a trop de requêtes"),
            ("Please try again in a moment.", "Réessayez dans un instant."),
        ],
        _ => [
            ("The service is not available", "Le service n’est pas disponible"),
            ("Please try again in a moment.", "Réessayez dans un instant."),
        ],
    }
}
