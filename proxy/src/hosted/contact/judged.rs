//! Whether what was typed is a message: by the rules that both planes share, so that it is refused no more.

use std::net::IpAddr;

use marque_config::attachment::MediaType;
use marque_config::contact::{ContactFile, ContactMessage, MOST_LINE, is_address, is_line, is_text};
use marque_config::{MessageId, TenantId};

use super::typed::{Typed, TypedFile};

/// What is wrong with the fields of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Faults {
    pub(super) name: bool,
    pub(super) email: bool,
    pub(super) subject: bool,
    pub(super) text: bool,
    pub(super) files: Option<FilesFault>,
}

/// What is wrong with the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FilesFault {
    TooMany,
    TooLarge,
    /// One is of no kind that is taken, or isn't what its name says.
    OtherKind,
}

/// Of whom a message is, and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) id: MessageId,
    pub(super) tenant: TenantId,
    pub(super) is_french: bool,
    pub(super) ip: IpAddr,
}

impl Faults {
    /// Looks at what was typed.
    pub(super) fn of(typed: &Typed) -> Self {
        Self {
            name: !is_line(&typed.name, MOST_LINE),
            email: !is_address(&typed.email),
            subject: !is_line(&typed.subject, MOST_LINE),
            text: !is_text(&typed.text),
            files: FilesFault::of(typed),
        }
    }

    pub(super) fn are_none(&self) -> bool {
        *self == Self::default()
    }
}

impl FilesFault {
    fn of(typed: &Typed) -> Option<Self> {
        if typed.too_many_files {
            Some(Self::TooMany)
        } else if typed.too_large_files {
            Some(Self::TooLarge)
        } else {
            typed.files.iter().any(|file| kind(file).is_none()).then_some(Self::OtherKind)
        }
    }
}

/// What was typed as it is meant: without white space at the ends of its lines' fields, in lines that end in one way.
pub(super) fn plain(typed: Typed) -> Typed {
    let line = |text: String| text.trim().to_owned();
    let text = typed.text.replace("\r\n", "\n").replace('\r', "\n");
    Typed { name: line(typed.name), email: line(typed.email), subject: line(typed.subject), text, ..typed }
}

/// What an application's form doesn't ask for: the address stands for the name, the text's first line for the subject.
pub(super) fn completed(typed: Typed) -> Typed {
    let name = if typed.name.is_empty() { typed.email.chars().take(MOST_LINE).collect() } else { typed.name };
    let first = || typed.text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let subject = if typed.subject.is_empty() { first().chars().take(MOST_LINE).collect() } else { typed.subject };
    Typed { name, subject: subject.trim_end().to_owned(), ..typed }
}

/// The message that was typed.
///
/// # Errors
/// What is wrong with it; then what was typed comes back.
pub(super) fn message(typed: Typed, from: Origin) -> Result<ContactMessage, Box<(Typed, Faults)>> {
    let faults = Faults::of(&typed);
    if !faults.are_none() {
        return Err(Box::new((typed, faults)));
    }
    let file = |file: TypedFile| {
        let media_type = kind(&file)?;
        Some(ContactFile { name: file.name, media_type, content: file.content })
    };
    Ok(ContactMessage {
        id: from.id,
        tenant: from.tenant,
        name: typed.name,
        email: typed.email,
        language: if from.is_french { "fr" } else { "en" }.to_owned(),
        subject: typed.subject,
        text: typed.text,
        ip: Some(from.ip),
        files: typed.files.into_iter().filter_map(file).collect(),
    })
}

/// What a file is, by its name and its content alike.
fn kind(file: &TypedFile) -> Option<MediaType> {
    let is_so = |media_type: &MediaType| !file.content.is_empty() && media_type.fits(&file.content);
    MediaType::of_name(&file.name).filter(is_so)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::tenant_id;

    fn from() -> Origin {
        let id = MessageId::new(1, &[1; 10]);
        Origin { id, tenant: tenant_id(1), is_french: true, ip: [192, 0, 2, 7].into() }
    }

    fn typed() -> Typed {
        let text = " x\r\ny\rz".to_owned();
        Typed { name: " Zoé ".into(), email: "zoe@b.fr\n".into(), subject: "Panne".into(), text, ..Typed::default() }
    }

    #[test]
    fn what_was_meant_is_what_is_sent() {
        let message = message(plain(typed()), from()).unwrap();
        let texts = [&message.name, &message.email, &message.subject, &message.text, &message.language];
        assert_eq!(texts, ["Zoé", "zoe@b.fr", "Panne", " x\ny\nz", "fr"]);
    }

    #[test]
    fn each_field_is_judged_by_itself_and_nothing_typed_is_lost() {
        let wrong = Typed { name: "Zoé\r\nBcc: x@y.fr".into(), subject: "a\u{0}".into(), ..typed() };
        let (back, faults) = *message(plain(wrong), from()).unwrap_err();
        assert_eq!(faults, Faults { name: true, subject: true, ..Faults::default() });
        assert_eq!(back.email, "zoe@b.fr");
        let (_, faults) = *message(Typed::default(), from()).unwrap_err();
        assert_eq!(faults, Faults { name: true, email: true, subject: true, text: true, files: None });
    }

    #[test]
    fn a_file_is_what_its_name_says_or_stays_here() {
        let with = |name: &str, content: &[u8]| {
            let files = vec![TypedFile { name: name.into(), content: content.into() }];
            message(plain(Typed { files, ..typed() }), from()).map_err(|wrong| wrong.1.files)
        };
        assert_eq!(with("a.png", b"\x89PNG\r\n\x1a\n..").unwrap().files[0].media_type, MediaType::Png);
        let wrong: [(&str, &[u8]); 5] =
            [("a.png", b"no picture"), ("a.svg", b"<svg/>"), ("a.txt", b""), ("a", b"text"), ("a.html", b"<p>")];
        for (name, content) in wrong {
            assert_eq!(with(name, content), Err(Some(FilesFault::OtherKind)), "{name}");
        }
        let many = Typed { too_many_files: true, too_large_files: true, ..typed() };
        assert_eq!(Faults::of(&plain(many)).files, Some(FilesFault::TooMany));
    }

    #[test]
    fn an_applications_form_may_ask_for_less() {
        let asked = Typed { name: String::new(), subject: String::new(), text: " \n Bonjour \nx".into(), ..typed() };
        let completed = completed(plain(asked));
        assert_eq!((completed.name.as_str(), completed.subject.as_str()), ("zoe@b.fr", "Bonjour"));
    }
}
