//! What stands on the contact form, in English and in French.

use super::judged::FilesFault;
use super::page::Notice;

/// The texts of the page in one language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    pub(super) language: &'static str,
    pub(super) title: &'static str,
    pub(super) lead: &'static str,
    pub(super) name: &'static str,
    pub(super) email: &'static str,
    pub(super) subject: &'static str,
    pub(super) text: &'static str,
    pub(super) files: &'static str,
    pub(super) files_hint: &'static str,
    pub(super) trap: &'static str,
    pub(super) send: &'static str,
    pub(super) error: &'static str,
    pub(super) name_error: &'static str,
    pub(super) email_error: &'static str,
    pub(super) subject_error: &'static str,
    pub(super) text_error: &'static str,
    pub(super) again: &'static str,
    pub(super) thanks: &'static str,
    pub(super) sent: &'static str,
    pub(super) reference: &'static str,
    pub(super) help: &'static str,
}

const ENGLISH: Words = Words {
    language: "en",
    title: "Contact",
    lead: "Your message goes to whoever provides this space to you. Every field is required, but for the files.",
    name: "Your name",
    email: "Your email address",
    subject: "Subject",
    text: "Message",
    files: "Files",
    files_hint: "At most five: PNG, JPEG, WebP, PDF, TXT or CSV, 2 MB each and 4 MB in all.",
    trap: "Please leave this field empty",
    send: "Send",
    error: "Error:",
    name_error: "Please enter your name, in one line of at most 200 characters.",
    email_error: "Please enter an address like name@example.com.",
    subject_error: "Please enter a subject, in one line of at most 200 characters.",
    text_error: "Please write a message of at most 10,000 characters.",
    again: "Please choose your files again.",
    thanks: "Thank you",
    sent: "Your message has been sent.",
    reference: "Reference:",
    help: "Help:",
};

const FRENCH: Words = Words {
    language: "fr",
    title: "Nous écrire",
    lead: "Votre message parvient à la personne qui vous fournit cet espace. Tous les champs sont obligatoires, sauf les fichiers.",
    name: "Votre nom",
    email: "Votre adresse électronique",
    subject: "Objet",
    text: "Message",
    files: "Fichiers",
    files_hint: "Cinq au plus\u{a0}: PNG, JPEG, WebP, PDF, TXT ou CSV, 2\u{a0}Mo chacun et 4\u{a0}Mo en tout.",
    trap: "Laissez ce champ vide",
    send: "Envoyer",
    error: "Erreur\u{a0}:",
    name_error: "Indiquez votre nom, en une ligne de 200 caractères au plus.",
    email_error: "Indiquez une adresse comme nom@exemple.fr.",
    subject_error: "Indiquez un objet, en une ligne de 200 caractères au plus.",
    text_error: "Écrivez un message de 10\u{202f}000 caractères au plus.",
    again: "Choisissez de nouveau vos fichiers.",
    thanks: "Merci",
    sent: "Votre message a été envoyé.",
    reference: "Référence\u{a0}:",
    help: "Aide\u{a0}:",
};

impl Words {
    pub(super) fn of(is_french: bool) -> &'static Self {
        if is_french { &FRENCH } else { &ENGLISH }
    }

    pub(super) fn of_files(&self, fault: FilesFault) -> &'static str {
        let [english, french] = match fault {
            FilesFault::TooMany => ["Please choose at most five files.", "Choisissez cinq fichiers au plus."],
            FilesFault::TooLarge => [
                "A file is too large: at most 2 MB each, and 4 MB in all.",
                "Un fichier est trop lourd\u{a0}: 2\u{a0}Mo au plus chacun, et 4\u{a0}Mo en tout.",
            ],
            FilesFault::OtherKind => [
                "A file is of a kind that is not accepted, or is not what its name says.",
                "Un fichier est d’un type qui n’est pas accepté, ou n’est pas ce que dit son nom.",
            ],
        };
        if self.language == "fr" { french } else { english }
    }

    pub(super) fn of_notice(&self, notice: Notice) -> &'static str {
        let [english, french] = match notice {
            Notice::Faults => ["Please correct what is marked below.", "Corrigez ce qui est signalé ci-dessous."],
            Notice::Confirm => {
                ["Please check your message and send it once more.", "Relisez votre message et envoyez-le de nouveau."]
            }
            Notice::TooOld => [
                "This page was open for a long time. Please send your message once more.",
                "Cette page est restée ouverte longtemps. Envoyez votre message de nouveau.",
            ],
            Notice::Used => [
                "A message was already sent with this page. To send this one too, please send it once more.",
                "Un message a déjà été envoyé depuis cette page. Pour envoyer aussi celui-ci, envoyez-le de nouveau.",
            ],
            Notice::Trapped => [
                "A field that must stay empty was filled in. Please send your message once more.",
                "Un champ qui doit rester vide a été rempli. Envoyez votre message de nouveau.",
            ],
            Notice::Unread => [
                "Your message did not arrive whole. Please check it and send it once more.",
                "Votre message n’est pas arrivé en entier. Relisez-le et envoyez-le de nouveau.",
            ],
            Notice::TooLarge => [
                "This is more than can be sent at once. Please choose fewer or smaller files.",
                "C’est plus que ce qui peut être envoyé d’un coup. Choisissez des fichiers moins nombreux ou moins lourds.",
            ],
            Notice::Limited => [
                "Too many messages were sent lately. Please send yours later.",
                "Trop de messages ont été envoyés récemment. Envoyez le vôtre plus tard.",
            ],
            Notice::Unkept => [
                "Your message cannot be taken for the moment. Please try again later, or use the address below.",
                "Votre message ne peut pas être pris pour le moment. Réessayez plus tard, ou utilisez l’adresse ci-dessous.",
            ],
        };
        if self.language == "fr" { french } else { english }
    }
}
