//! The rules for a name that a reseller brings. It is always a pair: the name, and its `www`.

use marque_config::Hostname;
use marque_config::settings::NameSettings;

/// A custom domain's two names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomName {
    /// The main name.
    pub main: Hostname,
    /// The main name with `www.` before it.
    pub www: Hostname,
}

/// Why a name can't be brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CustomNameError {
    /// It lies in one of our own zones.
    Ours,
    /// It is a public suffix: nobody's own.
    PublicSuffix,
    /// It has only one label.
    SingleLabel,
    /// It never leads to the public internet.
    SpecialUse,
    /// There is no room for its `www`.
    TooLong,
}

impl CustomName {
    /// Takes a name for a pair. `www.` before it is taken off first.
    ///
    /// # Errors
    /// [`CustomNameError`].
    pub fn of(host: &Hostname, names: &NameSettings) -> Result<Self, CustomNameError> {
        let main = without_www(host);
        if is_ours(&main, names) || is_ours(host, names) {
            return Err(CustomNameError::Ours);
        }
        if main.label_count() < 2 {
            return Err(CustomNameError::SingleLabel);
        }
        if main.is_special_use() {
            if !names.special_use {
                return Err(CustomNameError::SpecialUse);
            }
        } else if psl::domain_str(main.as_str()).is_none() {
            return Err(CustomNameError::PublicSuffix);
        }
        let www = main.child("www").map_err(|_| CustomNameError::TooLong)?;
        Ok(Self { main, www })
    }
}

fn without_www(host: &Hostname) -> Hostname {
    match host.parent() {
        Some(parent) if host.as_str().starts_with("www.") && parent.label_count() > 1 => without_www(&parent),
        _ => host.clone(),
    }
}

/// Whether a name is the installation's own. A trial's base (`localhost`) isn't anybody's: there only the two zones
/// are ours.
fn is_ours(host: &Hostname, names: &NameSettings) -> bool {
    let zones = [names.platform_zone(), names.target_zone()];
    let in_zone = zones.iter().flatten().any(|zone| host.is_within(zone.as_str()));
    let trial = names.special_use && names.base.is_special_use();
    in_zone || *host == names.base || (!trial && host.is_within(names.base.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(base: &str, special_use: bool) -> NameSettings {
        NameSettings { base: base.parse().unwrap(), special_use, ..NameSettings::default() }
    }

    fn of(host: &str, names: &NameSettings) -> Result<(String, String), CustomNameError> {
        CustomName::of(&host.parse().unwrap(), names).map(|pair| (pair.main.to_string(), pair.www.to_string()))
    }

    #[test]
    fn a_name_and_its_www_are_one_pair() {
        let names = names("marque.fr", false);
        let pair = ("fournil.fr".to_owned(), "www.fournil.fr".to_owned());
        for host in ["fournil.fr", "www.fournil.fr", "WWW.www.Fournil.fr."] {
            assert_eq!(of(host, &names), Ok(pair.clone()), "{host}");
        }
        assert_eq!(of("caisse.fournil.fr", &names).unwrap().1, "www.caisse.fournil.fr");
    }

    #[test]
    fn names_that_are_nobodys_or_ours_are_refused() {
        let names = names("marque.fr", false);
        for (host, error) in [
            ("marque.fr", CustomNameError::Ours),
            ("www.marque.fr", CustomNameError::Ours),
            ("a.p.marque.fr", CustomNameError::Ours),
            ("x.to.marque.fr", CustomNameError::Ours),
            ("shop.marque.fr", CustomNameError::Ours),
            ("fr", CustomNameError::SingleLabel),
            ("co.uk", CustomNameError::PublicSuffix),
            ("www.co.uk", CustomNameError::PublicSuffix),
            ("github.io", CustomNameError::PublicSuffix),
            ("fournil.localhost", CustomNameError::SpecialUse),
            ("fournil.test", CustomNameError::SpecialUse),
        ] {
            assert_eq!(of(host, &names), Err(error), "{host}");
        }
        assert_eq!(of("notmarque.fr", &names).unwrap().0, "notmarque.fr");
    }

    #[test]
    fn a_trial_on_one_machine_has_names_beside_its_zones() {
        let names = names("localhost", true);
        assert_eq!(of("www.fournil.localhost", &names).unwrap().0, "fournil.localhost");
        for host in ["localhost", "a.p.localhost", "p.localhost", "a.to.localhost"] {
            assert_eq!(of(host, &names), Err(CustomNameError::Ours), "{host}");
        }
    }
}
