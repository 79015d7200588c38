//! Puts a mail into words: `words/LANGUAGE/KIND.txt` has its subject, its body, and the words on its link. A value is
//! text and stays text: the page that is made of it escapes everything.

use marque_config::brand::Brand;
use marque_config::settings::NameSettings;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};

use super::Letter;
use crate::kernel::language::{Language, Sentence};
use crate::kernel::money::Money;
use crate::notify::model::mail::MailKind;

/// The words of every mail.
#[derive(Debug)]
pub struct Words {
    environment: Environment<'static>,
    names: NameSettings,
    vendor: String,
}

/// A mail in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worded {
    /// One line.
    pub subject: String,
    /// For readers without HTML.
    pub text: String,
    /// For the others.
    pub html: String,
    /// The name that it comes from.
    pub from: String,
}

/// Why a mail can't be put into words: a value is missing, or our words are wrong. Trying again doesn't help.
#[derive(Debug, thiserror::Error)]
pub enum WordsError {
    /// The words need something else.
    #[error("the words of a mail can't be filled")]
    Fill(#[from] minijinja::Error),
    /// The portal has no name.
    #[error("the portal has no name")]
    Portal(#[from] marque_config::hostname::HostnameError),
}

/// A line never grows beyond this.
const MOST_SUBJECT: usize = 200;
/// What one mail may cost to put together.
const FUEL: u64 = 100_000;

const MONTHS: [(&str, &str); 12] = [
    ("January", "janvier"),
    ("February", "février"),
    ("March", "mars"),
    ("April", "avril"),
    ("May", "mai"),
    ("June", "juin"),
    ("July", "juillet"),
    ("August", "août"),
    ("September", "septembre"),
    ("October", "octobre"),
    ("November", "novembre"),
    ("December", "décembre"),
];

impl Words {
    /// Reads the words.
    ///
    /// # Errors
    /// When they can't be read.
    pub fn new(names: &NameSettings, vendor: &str) -> Result<Self, WordsError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        let escaped = |name: &str| if name == PAGE { AutoEscape::Html } else { AutoEscape::None };
        environment.set_auto_escape_callback(escaped);
        for kind in MailKind::ALL {
            environment.add_template_owned(name(kind, Language::English), source(kind).english)?;
            environment.add_template_owned(name(kind, Language::French), source(kind).french)?;
        }
        environment.add_template(PAGE, include_str!("words/page.html"))?;
        environment.add_template(PLAIN, include_str!("words/page.txt"))?;
        environment.add_filter("day", day);
        environment.add_filter("money", money);
        Ok(Self { environment, names: names.clone(), vendor: vendor.to_owned() })
    }

    /// Puts a mail into words.
    ///
    /// # Errors
    /// [`WordsError`].
    pub fn put(&self, letter: &Letter) -> Result<Worded, WordsError> {
        let vendor = Brand { name: self.vendor.clone(), support: None };
        let brand = letter.brand.as_ref().unwrap_or(&vendor);
        let values = context! {
            language => letter.language.code(),
            ..Value::from(Serde(&letter.values))
        };
        let template = self.environment.get_template(&name(letter.kind, letter.language))?;
        let mut filled = template.render_captured(values)?;
        let mut block = |name: &'static str| filled.with_state_mut(|state| state.render_block(name));
        let (subject, action, body) = (one_line(&block("subject")?), block("action")?, block("body")?);
        let path = letter.values.get("path").and_then(serde_json::Value::as_str).filter(|_| !action.is_empty());
        let link = path.map(|path| self.names.portal_link(path)).transpose()?;
        let foot = foot(letter, brand).text(letter.language).to_owned();
        let paragraphs = paragraphs(&body);
        let language = letter.language.code();
        let page = context! { language, subject => &subject, brand => Value::from(Serde(brand)), paragraphs, link, action, foot };
        let text = self.environment.get_template(PLAIN)?.render(&page)?;
        let html = self.environment.get_template(PAGE)?.render(&page)?;
        Ok(Worded { subject, text, html, from: one_line(letter.from.as_deref().unwrap_or(&brand.name)) })
    }
}

const PAGE: &str = "page.html";
const PLAIN: &str = "page.txt";

fn name(kind: MailKind, language: Language) -> String {
    format!("{kind:?}.{}", language.code())
}

/// The words of a kind, in both languages.
fn source(kind: MailKind) -> Sentence {
    let of = |english, french| Sentence::fixed(english, french);
    match kind {
        MailKind::Invitation => of(include_str!("words/en/invitation.txt"), include_str!("words/fr/invitation.txt")),
        MailKind::PasswordReset => {
            of(include_str!("words/en/password_reset.txt"), include_str!("words/fr/password_reset.txt"))
        }
        MailKind::PartnerApproved => {
            of(include_str!("words/en/partner_approved.txt"), include_str!("words/fr/partner_approved.txt"))
        }
        MailKind::Handover => of(include_str!("words/en/handover.txt"), include_str!("words/fr/handover.txt")),
        MailKind::ActivationInstructions => of(
            include_str!("words/en/activation_instructions.txt"),
            include_str!("words/fr/activation_instructions.txt"),
        ),
        MailKind::ConsentRequested => {
            of(include_str!("words/en/consent_requested.txt"), include_str!("words/fr/consent_requested.txt"))
        }
        MailKind::ConsentGranted => {
            of(include_str!("words/en/consent_granted.txt"), include_str!("words/fr/consent_granted.txt"))
        }
        MailKind::AccountantAssigned => {
            of(include_str!("words/en/accountant_assigned.txt"), include_str!("words/fr/accountant_assigned.txt"))
        }
        MailKind::SupportMessage => {
            of(include_str!("words/en/support_message.txt"), include_str!("words/fr/support_message.txt"))
        }
        MailKind::SupportReply => {
            of(include_str!("words/en/support_reply.txt"), include_str!("words/fr/support_reply.txt"))
        }
        MailKind::TrialExpiring => {
            of(include_str!("words/en/trial_expiring.txt"), include_str!("words/fr/trial_expiring.txt"))
        }
        MailKind::SubscriptionExpiring => {
            of(include_str!("words/en/subscription_expiring.txt"), include_str!("words/fr/subscription_expiring.txt"))
        }
        MailKind::SubscriptionPastDue => {
            of(include_str!("words/en/subscription_past_due.txt"), include_str!("words/fr/subscription_past_due.txt"))
        }
        MailKind::SubscriptionSuspended => {
            of(include_str!("words/en/subscription_suspended.txt"), include_str!("words/fr/subscription_suspended.txt"))
        }
        MailKind::BalanceLow => of(include_str!("words/en/balance_low.txt"), include_str!("words/fr/balance_low.txt")),
        MailKind::LicenceNeeded | MailKind::ClientMailFailed | MailKind::ClientClaimed => of_clients(kind),
    }
}

/// The words of what a partner is told of its clients.
fn of_clients(kind: MailKind) -> Sentence {
    let of = |english, french| Sentence::fixed(english, french);
    match kind {
        MailKind::LicenceNeeded => {
            of(include_str!("words/en/licence_needed.txt"), include_str!("words/fr/licence_needed.txt"))
        }
        MailKind::ClientMailFailed => {
            of(include_str!("words/en/client_mail_failed.txt"), include_str!("words/fr/client_mail_failed.txt"))
        }
        _ => of(include_str!("words/en/client_claimed.txt"), include_str!("words/fr/client_claimed.txt")),
    }
}

/// Whom to ask: the partner answers for billing and support of its clients, and its mails say so (S1.17).
fn foot(letter: &Letter, brand: &Brand) -> Sentence {
    let name = &brand.name;
    match (&letter.brand, &brand.support) {
        (None, _) => Sentence::fixed("", ""),
        (Some(_), support) if letter.kind.is_for_clients() => {
            let support = support.as_ref().map(|support| format!(" : {support}")).unwrap_or_default();
            let english = support.replacen(" :", ":", 1);
            Sentence::new(
                format!("{name} looks after your billing and support{english}"),
                format!("{name} s’occupe de votre facturation et de votre support{support}"),
            )
        }
        (Some(_), Some(support)) => Sentence::new(format!("{name}: {support}"), format!("{name} : {support}")),
        (Some(_), None) => Sentence::new(name.clone(), name.clone()),
    }
}

/// Splits a body at its empty lines.
fn paragraphs(body: &str) -> Vec<Vec<String>> {
    let mut paragraphs = vec![Vec::new()];
    for line in body.lines().map(str::trim_end) {
        match paragraphs.last_mut() {
            Some(last) if !line.is_empty() => last.push(line.to_owned()),
            _ => paragraphs.push(Vec::new()),
        }
    }
    paragraphs.retain(|lines| !lines.is_empty());
    paragraphs
}

/// What a header holds: a value's line breaks are spaces there.
fn one_line(text: &str) -> String {
    let plain: String = text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MOST_SUBJECT).collect()
}

/// The day of a time, as people write it, UTC.
fn day(state: &minijinja::State<'_, '_>, at_ms: i64) -> Result<String, minijinja::Error> {
    let wrong = |error: jiff::Error| {
        minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, "no time").with_source(error)
    };
    let date = jiff::Timestamp::from_millisecond(at_ms).map_err(wrong)?.to_zoned(jiff::tz::TimeZone::UTC).date();
    let month = usize::try_from(date.month() - 1).ok().and_then(|month| MONTHS.get(month));
    let (english, french) = month.copied().unwrap_or_default();
    let (day, year) = (date.day(), date.year());
    Ok(match language(state) {
        Language::French if day == 1 => format!("1er {french} {year}"),
        Language::French => format!("{day} {french} {year}"),
        Language::English => format!("{day} {english} {year}"),
    })
}

/// An amount, as people write it.
fn money(state: &minijinja::State<'_, '_>, Serde(amount): Serde<Money>) -> Result<String, minijinja::Error> {
    let digits = usize::from(amount.currency.exponent().unwrap_or_default());
    let plain = format!("{:0width$}", amount.minor.unsigned_abs(), width = digits + 1);
    let (whole, part) = plain.split_at(plain.len() - digits);
    let sign = if amount.minor < 0 { "-" } else { "" };
    let code = amount.currency.code();
    let point = if digits == 0 { "" } else { "." };
    Ok(match language(state) {
        Language::English => format!("{code} {sign}{whole}{point}{part}"),
        Language::French => format!("{sign}{whole}{}{part} {code}", point.replace('.', ",")),
    })
}

fn language(state: &minijinja::State<'_, '_>) -> Language {
    let code = state.lookup("language");
    code.and_then(|code| code.as_str().and_then(|code| code.parse().ok())).unwrap_or_default()
}
