//! What a path says, over all of its readings: which login it is, which accounts it names.

use std::borrow::Cow;

use marque_config::application::{Policy, Selector};
use marque_config::path_pattern::{Case, PathMatch, PathPattern};

use super::readings::{Reading, Readings, cuts, readings};
use crate::refusal::Refusal;

/// A path under a policy that looks at paths.
#[derive(Debug)]
pub(super) struct Path<'a> {
    policy: &'a Policy,
    readings: Readings<'a>,
}

impl<'a> Path<'a> {
    /// Reads a path in every way. None is read where the policy doesn't look at paths.
    ///
    /// # Errors
    /// [`Refusal::AmbiguousTarget`] for more readings than can be judged, for a NUL in any of them, and for a backslash
    /// that isn't encoded: what browsers never send.
    pub(super) fn read(policy: &'a Policy, path: &'a str) -> Result<Self, Refusal> {
        let has_places = [&policy.logouts, &policy.deep_links].iter().any(|paths| !paths.is_empty());
        let has_forms = !policy.logins.is_empty() || !policy.contact_forms.is_empty();
        let is_looked_at = has_places || has_forms || policy.selectors.iter().any(|it| matches!(it, Selector::Path(_)));
        if !is_looked_at {
            return Ok(Self { policy, readings: Readings { all: Vec::new(), case: Case::Counts } });
        }
        let readings = readings(path, policy.framework).map_err(|_| Refusal::AmbiguousTarget)?;
        let has_nul = |reading: &Reading<'_>| reading.segments.iter().any(|segment| segment.contains('\0'));
        if path.contains('\\') || readings.all.iter().any(has_nul) {
            return Err(Refusal::AmbiguousTarget);
        }
        Ok(Self { policy, readings })
    }

    /// The number of the login whose path is asked, in whatever reading.
    ///
    /// # Errors
    /// [`Refusal::AmbiguousTarget`] when two readings are two logins'.
    pub(super) fn login(&self) -> Result<Option<usize>, Refusal> {
        match self.login_of(|reading| !reading.is_cut)? {
            Some(login) => Ok(Some(login)),
            None => self.login_of(|reading| reading.is_cut),
        }
    }

    fn login_of(&self, wanted: impl Fn(&Reading<'a>) -> bool) -> Result<Option<usize>, Refusal> {
        let mut found = None;
        for reading in self.readings.all.iter().filter(|reading| wanted(reading)) {
            let login = self.policy.logins.iter().position(|login| self.is_whole(&login.path, &reading.segments));
            if login.is_some() && found.is_some() && login != found {
                return Err(Refusal::AmbiguousTarget);
            }
            found = found.or(login);
        }
        Ok(found)
    }

    /// Whether sessions come from this path, though it's no login's.
    pub(super) fn is_source(&self) -> bool {
        self.readings.all.iter().any(|reading| self.is_among(&self.policy.sessions_from, &reading.segments))
    }

    /// Whether a reading of it is one that stays at the name where it was asked.
    pub(super) fn is_deep_link(&self) -> bool {
        let begins = |reading: &Reading<'a>| self.policy.deep_links.iter().any(|it| self.begins(it, &reading.segments));
        self.readings.all.iter().any(begins)
    }

    /// The number of the contact form whose path is asked, in whatever reading.
    pub(super) fn contact_form(&self) -> Option<usize> {
        let form = |reading: &Reading<'a>| {
            self.policy.contact_forms.iter().position(|form| self.is_whole(&form.path, &reading.segments))
        };
        self.readings.all.iter().find_map(form)
    }

    /// Whether every reading of it is a login's path or a logout's.
    pub(super) fn is_of_session(&self) -> bool {
        let logins = || self.policy.logins.iter().map(|login| &login.path);
        let is_one = |reading: &Reading<'a>| {
            logins().chain(&self.policy.logouts).any(|pattern| self.is_whole(pattern, &reading.segments))
        };
        !self.readings.all.is_empty() && self.readings.all.iter().all(is_one)
    }

    /// The accounts that the readings name.
    pub(super) fn accounts(&self) -> impl Iterator<Item = &str> {
        self.readings.all.iter().flat_map(|reading| self.accounts_in(&reading.segments))
    }

    fn accounts_in<'s>(&'s self, path: &'s [Cow<'a, str>]) -> impl Iterator<Item = &'s str> {
        self.policy.selectors.iter().filter_map(move |selector| {
            let Selector::Path(pattern) = selector else { return None };
            match pattern.matches_start(path, self.readings.case) {
                PathMatch::Names(account) if !self.is_literal(pattern, path) => Some(account),
                _ => None,
            }
        })
    }

    /// Whether what stands at the account's place is a word of a more exact pattern: literal segments win, as they do
    /// for every router.
    fn is_literal(&self, selector: &PathPattern, path: &[Cow<'a, str>]) -> bool {
        let is_exact = |it: &&PathPattern| it.is_literal_at_account_of(selector);
        let policy = self.policy;
        let mut whole = policy.logins.iter().map(|login| &login.path).chain(&policy.sessions_from).filter(is_exact);
        let mut begun = policy.plain_paths.iter().filter(is_exact);
        let mut others = policy.selectors.iter().filter_map(|it| match it {
            Selector::Path(pattern) => Some(pattern),
            _ => None,
        });
        let is_other = |it: &PathPattern| is_exact(&it) && self.begins(it, path);
        whole.any(|it| self.is_whole_or_cut(it, path))
            || begun.any(|it| self.begins_or_cut(it, path))
            || others.any(is_other)
    }

    fn is_among(&self, patterns: &[PathPattern], path: &[Cow<'a, str>]) -> bool {
        patterns.iter().any(|it| self.is_whole(it, path))
    }

    fn is_whole(&self, pattern: &PathPattern, path: &[Cow<'a, str>]) -> bool {
        pattern.matches_whole(path, self.readings.case) != PathMatch::None
    }

    fn begins(&self, pattern: &PathPattern, path: &[Cow<'a, str>]) -> bool {
        pattern.matches_start(path, self.readings.case) != PathMatch::None
    }

    fn is_whole_or_cut(&self, pattern: &PathPattern, path: &[Cow<'a, str>]) -> bool {
        self.is_whole(pattern, path) || cuts(path).any(|path| self.is_whole(pattern, &path))
    }

    fn begins_or_cut(&self, pattern: &PathPattern, path: &[Cow<'a, str>]) -> bool {
        self.begins(pattern, path) || cuts(path).any(|path| self.begins(pattern, &path))
    }
}

/// The account that a path names under one pattern, in every reading that names one.
///
/// # Errors
/// [`Refusal::AmbiguousTarget`] when two readings name two, or when there are too many.
pub(super) fn account_in(pattern: &PathPattern, policy: &Policy, path: &str) -> Result<Option<String>, Refusal> {
    let readings = readings(path, policy.framework).map_err(|_| Refusal::AmbiguousTarget)?;
    let mut found = None::<String>;
    for reading in &readings.all {
        if let PathMatch::Names(account) = pattern.matches_start(&reading.segments, readings.case) {
            if found.as_deref().is_some_and(|it| it != account) {
                return Err(Refusal::AmbiguousTarget);
            }
            found = Some(account.to_owned());
        }
    }
    Ok(found)
}
