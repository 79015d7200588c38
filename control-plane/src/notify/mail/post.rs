//! Hands mail to a submission server.

use std::time::{Duration, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Body, Mailbox, MessageBuilder, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::{Error as SmtpError, PoolConfig, response::Severity};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use marque_config::settings::{MailSettings, MailTls, NameSettings};

use super::words::Worded;
use super::{Letter, Words, WordsError};
use crate::kernel::email::Email;
use crate::keys::{self, KeyError};
use crate::notify::model::attachment::File;
use crate::notify::model::mail::MailKind;

/// Somebody who takes mail.
pub struct Post {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    words: Words,
    from: Address,
}

/// Why mail can't be sent as the settings say.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// The sender's address is none.
    #[error("mail.from: {0} is no mail address")]
    From(String),
    /// The server's root certificates can't be read.
    #[error("mail.root_file: cannot be read")]
    Root(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// TLS can't be set up.
    #[error("mail.server: TLS can't be set up")]
    Tls(#[source] SmtpError),
    /// The password can't be read.
    #[error(transparent)]
    Password(#[from] KeyError),
    /// Our words are wrong.
    #[error(transparent)]
    Words(#[from] WordsError),
}

/// Why a mail wasn't taken.
#[derive(Debug, thiserror::Error)]
pub enum Undelivered {
    /// Perhaps it is, later.
    #[error("{0}")]
    ForNow(String),
    /// Never.
    #[error("{0}")]
    ForGood(String),
}

/// How an encoded word begins (RFC 2047 section 2).
const ENCODED: &str = "=?";
/// The most bytes of an encoded word before they are encoded: it has 75 characters at most.
const MOST_IN_WORD: usize = 45;

/// As much as is kept of what a server says.
const MOST_SAID: usize = 300;

impl Post {
    /// Somebody who takes mail, when the settings name one.
    ///
    /// # Errors
    /// [`PostError`].
    pub fn new(settings: &MailSettings, names: &NameSettings) -> Result<Option<Self>, PostError> {
        let Some(server) = &settings.server else { return Ok(None) };
        let from = settings.from.clone().unwrap_or_else(|| format!("no-reply@{}", names.base));
        let from = address(&from).ok_or(PostError::From(from))?;
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server)
            .port(settings.port)
            .timeout(Some(settings.deadline.duration()))
            .pool_config(PoolConfig::new().max_size(settings.parallel))
            .tls(tls(server, settings)?);
        if let (Some(user), Some(file)) = (&settings.user, &settings.password_file) {
            let password = keys::secret("mail.password_file", file)?;
            builder = builder.credentials(Credentials::new(user.clone(), password.trim_end().to_owned()));
        }
        let words = Words::new(names, &settings.vendor)?;
        Ok(Some(Self { transport: builder.build(), words, from }))
    }

    /// What a mail is about, as its reader sees it; nothing where it can't be put into words.
    #[must_use]
    pub fn subject(&self, letter: &Letter) -> String {
        self.words.put(letter).map(|worded| worded.subject).unwrap_or_default()
    }

    /// Sends one mail. It may arrive twice when the answer is lost: both have one `Message-ID`.
    ///
    /// # Errors
    /// [`Undelivered`].
    pub async fn send(&self, letter: &Letter, files: Vec<File>, now_ms: i64) -> Result<(), Undelivered> {
        let worded = self.words.put(letter).map_err(|error| Undelivered::ForGood(chain(&error)))?;
        let (builder, body) = (self.heads(letter, &worded, now_ms)?, body(worded, files)?);
        let message = builder.multipart(body).map_err(|error| wrong(&error))?;
        self.transport.send(message).await.map(drop).map_err(|error| undelivered(&error))
    }

    fn heads(&self, letter: &Letter, worded: &Worded, now_ms: i64) -> Result<MessageBuilder, Undelivered> {
        let to = address(&letter.to).ok_or_else(|| Undelivered::ForGood("this is no mail address".to_owned()))?;
        let date = UNIX_EPOCH + Duration::from_millis(u64::try_from(now_ms).unwrap_or_default());
        let mut builder = Message::builder()
            .from(Mailbox::new(Some(worded.from.clone()), self.from.clone()))
            .to(Mailbox::new(None, to))
            .date(date)
            .message_id(Some(format!("<{}@{}>", letter.id, self.from.domain())));
        builder = if worded.subject.contains(ENCODED) {
            builder.raw_header(encoded(&worded.subject))
        } else {
            builder.subject(&worded.subject)
        };
        if let Some(address) = answers_to(letter) {
            builder = builder.reply_to(Mailbox::new(None, address));
        }
        Ok(builder)
    }
}

/// A subject that reads as an encoded word and isn't one (RFC 2047 section 2), written so that each reader sees what was
/// typed: the library leaves ASCII as it is, and mail programs would show what it decodes to.
fn encoded(subject: &str) -> HeaderValue {
    let (mut words, mut word) = (Vec::new(), String::new());
    for letter in subject.chars() {
        if word.len() + letter.len_utf8() > MOST_IN_WORD {
            words.push(std::mem::take(&mut word));
        }
        word.push(letter);
    }
    words.push(word);
    let written: Vec<_> = words.iter().map(|word| format!("{ENCODED}utf-8?B?{}?=", STANDARD.encode(word))).collect();
    let name = HeaderName::new_from_ascii_str("Subject");
    HeaderValue::dangerous_new_pre_encoded(name, subject.to_owned(), written.join("\r\n "))
}

/// The words, for both sorts of readers, and what goes along with them.
fn body(worded: Worded, files: Vec<File>) -> Result<MultiPart, Undelivered> {
    let part = |kind, text| SinglePart::builder().header(kind).body(text);
    let words = MultiPart::alternative()
        .singlepart(part(ContentType::TEXT_PLAIN, worded.text))
        .singlepart(part(ContentType::TEXT_HTML, worded.html));
    if files.is_empty() {
        return Ok(words);
    }
    let mut body = MultiPart::mixed().multipart(words);
    for file in files {
        let kind = ContentType::parse(file.media_type.as_str()).map_err(|error| wrong(&error))?;
        // Byte for byte, also where it is text.
        let content = Body::new_with_encoding(file.content, ContentTransferEncoding::Base64);
        let content = content.map_err(|_| Undelivered::ForGood("a file can't be written down".to_owned()))?;
        body = body.singlepart(Attachment::new(file.name).body(content, kind));
    }
    Ok(body)
}

fn wrong(error: &dyn std::error::Error) -> Undelivered {
    Undelivered::ForGood(chain(error))
}

impl std::fmt::Debug for Post {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Post")
    }
}

/// Where answers go: to who asked for help, else to the partner's support; never to us.
fn answers_to(letter: &Letter) -> Option<Address> {
    let asker = letter.values.get("reply_to").and_then(serde_json::Value::as_str);
    let asker = asker.filter(|_| letter.kind == MailKind::SupportMessage);
    let support = letter.brand.as_ref().and_then(|brand| brand.support.as_deref());
    [asker, letter.reply_to.as_deref(), support].into_iter().flatten().find_map(address)
}

/// An address as it goes out: with its domain in A-labels.
fn address(written: &str) -> Option<Address> {
    match written.parse::<Email>() {
        Ok(address) => address.delivered().parse().ok(),
        // Our own name, or a partner's, may be one of a closed network.
        Err(_) => written.parse().ok(),
    }
}

fn tls(server: &str, settings: &MailSettings) -> Result<Tls, PostError> {
    if settings.tls == MailTls::None {
        return Ok(Tls::None);
    }
    let mut parameters = TlsParameters::builder(server.to_owned());
    if let Some(file) = &settings.root_file {
        let pem = std::fs::read(file).map_err(|error| PostError::Root(error.into()))?;
        let root = Certificate::from_pem(&pem).map_err(|error| PostError::Root(error.into()))?;
        parameters = parameters.certificate_store(CertificateStore::None).add_root_certificate(root);
    }
    let parameters = parameters.build_rustls().map_err(PostError::Tls)?;
    Ok(if settings.tls == MailTls::Implicit { Tls::Wrapper(parameters) } else { Tls::Required(parameters) })
}

/// A server's 5xx is its last word about a mail, except where it is about us: 530 to 539 speak of who we are to it.
fn undelivered(error: &SmtpError) -> Undelivered {
    let about_us = error.status().is_some_and(|code| {
        code.severity == Severity::PermanentNegativeCompletion && code.to_string().starts_with("53")
    });
    if (error.is_permanent() && !about_us) || error.is_client() {
        Undelivered::ForGood(chain(error))
    } else {
        Undelivered::ForNow(chain(error))
    }
}

/// An error with what caused it, in one line for operators.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let said = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
    said.chars().map(|character| if character.is_control() { ' ' } else { character }).take(MOST_SAID).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_that_looks_encoded_is_shown_as_it_was_typed() {
        let typed = format!("=?utf-8?q?=0D=0ABcc:_x@y.fr?= {}", "é".repeat(60));
        let message = Message::builder()
            .from("a@b.fr".parse().unwrap())
            .to("c@d.fr".parse().unwrap())
            .raw_header(encoded(&typed))
            .body(String::new())
            .unwrap();
        let written = String::from_utf8(message.formatted()).unwrap();
        let subject = written.split("Subject: ").nth(1).unwrap().split("\r\n\r\n").next().unwrap();
        let words: Vec<_> = subject.split("\r\n ").map(|line| line.split("\r\n").next().unwrap()).collect();
        assert!(words.len() > 2 && words.iter().all(|word| word.len() <= 75), "{words:?}");
        let decoded = words.iter().map(|word| {
            let word = word.strip_prefix("=?utf-8?B?").unwrap().strip_suffix("?=").unwrap();
            String::from_utf8(STANDARD.decode(word).unwrap()).unwrap()
        });
        assert_eq!(decoded.collect::<String>(), typed);
        assert!(!written.contains("Bcc"));
    }
}
