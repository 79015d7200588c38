//! The one label that a client chooses for a free address `LABEL.p.BASE`.
//!
//! Letters of the Latin alphabet with the accents of French and its neighbours, digits and inner hyphens: a label that
//! looks like another because of another script can't exist. Names that people take for ours can't be taken.

use marque_config::Hostname;

/// A label that may stand below the platform zone, as an A-label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformLabel(String);

/// Why a label can't be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelError {
    /// Not 3 to 63 characters.
    Length,
    /// A dot, a space, a hyphen at an end, or something else that no label has.
    Character,
    /// A letter of another script, or one that looks like another letter.
    Script,
    /// A name that people would take for ours.
    Reserved,
}

const SHORTEST: usize = 3;

/// Names that are ours, or that people and programs give a meaning to (RFC 2142 among them).
const RESERVED: &str = "
    about abuse account accounts acme acme-challenge admin administrator admins alert alerts api app apps assets auth
    autoconfig autodiscover backup beta billing blog broadcasthost careers cdn certificate certificates checkout
    client clients cloud config console contact control-plane dashboard demo dev dns docs domain domains download edge
    email facture factures feed forum ftp git grafana health help home hostmaster http https imap info infra internal
    invoice invoices isatap jobs kunden legal licence licences license localdomain localhost login logout mail
    mailer-daemon marketing marque media metrics monitoring mta-sts mx news newsletter noc noreply no-reply ns ns1 ns2
    ns3 ns4 oauth ops orders owner partenaire partenaires partner partners password pay payment paiement payments
    platform pop pop3 portal portail postmaster preview privacy prod production proxy public register root router
    sales sandbox secure security sftp shop signin signup smtp ssh ssl sso staff staging stage static stats status
    store support sysadmin system tech telemetry tenant tenants test testing tls to token trust upload usenet user
    users uucp vpn webdisk webmail webmaster wiki wpad www www1 www2 www3";

/// Accented letters, each after the plain letters that it is read as.
const ACCENTED: [(&str, &str); 15] = [
    ("a", "àâäáãå"),
    ("ae", "æ"),
    ("c", "ç"),
    ("e", "éèêë"),
    ("i", "îïíì"),
    ("n", "ñ"),
    ("o", "ôöóòõø"),
    ("oe", "œ"),
    ("ss", "ß"),
    ("u", "ûüúù"),
    ("y", "ÿý"),
    // Digits that are read as letters.
    ("o", "0"),
    ("l", "1"),
    ("e", "3"),
    ("s", "5"),
];

impl PlatformLabel {
    /// Reads what somebody chose.
    ///
    /// # Errors
    /// [`LabelError`].
    pub fn parse(text: &str) -> Result<Self, LabelError> {
        if text.len() > 4 * 63 || text.contains('.') {
            return Err(if text.contains('.') { LabelError::Character } else { LabelError::Length });
        }
        let ascii = as_hostname(text)?;
        let shown = ascii.display_unicode();
        if shown.chars().count() < SHORTEST || ascii.as_str().len() > 63 {
            return Err(LabelError::Length);
        }
        if !shown.chars().all(is_ours) {
            return Err(LabelError::Script);
        }
        let other_hyphens = !ascii.as_str().starts_with("xn--") && ascii.as_str().get(2..4) == Some("--");
        if other_hyphens {
            return Err(LabelError::Character);
        }
        if is_reserved(&shown) {
            return Err(LabelError::Reserved);
        }
        Ok(Self(ascii.to_string()))
    }

    /// The A-label.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn as_hostname(text: &str) -> Result<Hostname, LabelError> {
    use marque_config::hostname::HostnameError;
    // A label of digits alone is a good label, but no hostname by itself.
    let zoned = format!("{text}.zone").parse::<Hostname>();
    let label = zoned.map(|name| name.as_str().strip_suffix(".zone").unwrap_or_default().to_owned());
    match label {
        Ok(label) if label.bytes().all(|byte| byte.is_ascii_digit()) => Err(LabelError::Character),
        Ok(label) => label.parse().map_err(|_| LabelError::Character),
        Err(
            HostnameError::TooLong | HostnameError::LabelTooLong | HostnameError::Empty | HostnameError::EmptyLabel,
        ) => Err(LabelError::Length),
        Err(_) => Err(LabelError::Character),
    }
}

fn is_ours(character: char) -> bool {
    let plain = character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-';
    plain || ACCENTED.iter().any(|(_, letters)| letters.contains(character))
}

fn is_reserved(shown: &str) -> bool {
    let read = plainly(shown);
    let bare = read.replace('-', "");
    // One that only differs by digits that follow it is another name: `shop7` isn't `shop`.
    RESERVED.split_whitespace().any(|name| name == shown || name == read || name == bare)
}

/// The label as a hasty reader sees it.
fn plainly(shown: &str) -> String {
    let read = |character: char| {
        let accented = ACCENTED.iter().find(|(_, letters)| letters.contains(character));
        accented.map_or_else(|| character.to_string(), |(plain, _)| (*plain).to_owned())
    };
    shown.chars().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, LabelError> {
        PlatformLabel::parse(text).map(|label| label.0)
    }

    #[test]
    fn a_plain_or_accented_label_is_taken() {
        for (text, label) in [
            ("boulangerie", "boulangerie"),
            ("Le-Fournil-7", "le-fournil-7"),
            ("pâtisserie", "xn--ptisserie-b2a"),
            ("shop7", "shop7"),
            ("7up", "7up"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(label), "{text}");
        }
    }

    #[test]
    fn reserved_names_can_not_be_taken_in_any_spelling() {
        for text in [
            "www",
            "api",
            "admin",
            "mail",
            "autoconfig",
            "autodiscover",
            "login",
            "support",
            "ADMIN",
            "ádmin",
            "adm-in",
            "l0gin",
            "1ogin",
            "logìn",
            "supp0rt",
            "wpad",
            "ns1",
            "postmaster",
            "hostmaster",
            "webmaster",
            "abuse",
            "security",
            "ssl",
            "status",
            "billing",
            "factures",
            "partenaires",
            "mta-sts",
            "localhost",
            "smtp",
            "imap",
            "ftp",
            "vpn",
            "root",
            "noreply",
            "no-reply",
            "test",
            "acme-challenge",
            "console",
            "dashboard",
        ] {
            assert_eq!(parse(text), Err(LabelError::Reserved), "{text}");
        }
    }

    #[test]
    fn another_script_or_a_mixture_is_refused() {
        // Cyrillic, Greek, a Cyrillic letter among Latin ones, dotless i, fullwidth stays what it folds to.
        for text in ["банк", "αβγ", "раypal", "bаnk", "bıstro", "xn--80ak6aa92e", "漢字屋", "fournil。zone"]
        {
            assert_eq!(parse(text), Err(LabelError::Script), "{text}");
        }
    }

    #[test]
    fn what_is_no_label_is_refused() {
        for (text, error) in [
            ("", LabelError::Length),
            ("ab", LabelError::Length),
            (&"a".repeat(64), LabelError::Length),
            (&"a".repeat(300), LabelError::Length),
            ("a.b", LabelError::Character),
            ("a b", LabelError::Character),
            ("-abc", LabelError::Character),
            ("abc-", LabelError::Character),
            ("_acme-challenge", LabelError::Character),
            ("*ab", LabelError::Character),
            ("ab--cd", LabelError::Character),
            ("xn--a", LabelError::Character),
            ("1234", LabelError::Character),
            ("abc\0", LabelError::Character),
        ] {
            assert_eq!(parse(text), Err(error), "{text}");
        }
    }
}
