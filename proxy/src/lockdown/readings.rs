//! Every way in which an application, or a server before it, may read a path. All of them are judged, not the spelling:
//! the path itself goes upstream as it came.

mod habits;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::HashSet;

use marque_config::application::{Framework, Habit};
use marque_config::path_pattern::Case;

use habits::STEPS;

/// The most readings that one path may have.
const MOST: usize = 64;
/// The most ways that are looked at to find them.
const MOST_WAYS: usize = 512;
/// The most bytes of all ways together: a long path of many readings costs no more than others.
const MOST_BYTES: usize = 32 * 1024;
/// So many are looked at however long the path is: an ordinary one has fewer.
const FEW_WAYS: usize = 16;

/// A path's readings.
#[derive(Debug)]
pub(super) struct Readings<'a> {
    pub(super) all: Vec<Reading<'a>>,
    /// How literal segments compare.
    pub(super) case: Case,
}

/// One reading of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading<'a> {
    /// `/a/b%20c/` is `a`, `b c`, and an empty last one; `/` is one empty one.
    pub(super) segments: Vec<Cow<'a, str>>,
    /// Whether the last segment's suffix was cut off.
    pub(super) is_cut: bool,
}

/// A path has more readings than may be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany;

/// A path on its way to a reading.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Way {
    segments: Vec<String>,
    /// How often it was decoded, twice at most.
    decoded: u8,
}

/// The readings of a path that a framework may have, 64 at most. The plainest is the first.
///
/// # Errors
/// [`TooMany`].
pub(super) fn readings(path: &str, framework: Framework) -> Result<Readings<'_>, TooMany> {
    let case = if framework.may(Habit::IgnoreCase) { Case::Ignored } else { Case::Counts };
    let mut all = if is_plain(path) {
        vec![Reading { segments: split(path).map(Cow::Borrowed).collect(), is_cut: false }]
    } else {
        walked(path, framework)?
    };
    if framework.may(Habit::CutSuffix) {
        let cut: Vec<_> = all.iter().flat_map(|reading| cuts(&reading.segments)).collect();
        if framework.always(Habit::CutSuffix) {
            all.retain(|reading| cuts(&reading.segments).next().is_none());
        }
        for reading in cut.into_iter().map(|segments| Reading { segments, is_cut: true }) {
            if !all.contains(&reading) {
                all.push(reading);
            }
        }
    }
    if all.len() > MOST { Err(TooMany) } else { Ok(Readings { all, case }) }
}

/// Whether a path's segments are the same in every reading, but for a suffix.
pub(crate) fn is_plain(path: &str) -> bool {
    let has_special = path.bytes().any(|byte| matches!(byte, b'%' | b';' | b'\\'));
    let has_script = || path.rsplit_once('/').is_some_and(|(inner, _)| inner.split('/').any(habits::is_script));
    !has_special && !path.contains("//") && !split(path).any(|segment| segment.ends_with('.')) && !has_script()
}

/// Whether this holds of a path's segments in any reading, whatever the application is written with. It's taken to hold of
/// a path that has more readings than may be judged. A path that hasn't these words, in whatever letters, isn't looked at.
pub(crate) fn in_some_reading(path: &str, words: &[&str], holds: impl Fn(&[Cow<'_, str>]) -> bool) -> bool {
    let letters = habits::letters(path).to_ascii_lowercase();
    if !words.iter().all(|word| letters.contains(word)) {
        return false;
    }
    let readings = readings(path, Framework::Any);
    readings.map_or(true, |readings| readings.all.iter().any(|reading| holds(&reading.segments)))
}

fn split(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

/// Follows every habit in every order.
fn walked(path: &str, framework: Framework) -> Result<Vec<Reading<'static>>, TooMany> {
    let mut ways = vec![Way { segments: split(path).map(str::to_owned).collect(), decoded: 0 }];
    let mut known: HashSet<_> = ways.iter().cloned().collect();
    let most = MOST_WAYS.min(MOST_BYTES / path.len().max(1)).max(FEW_WAYS);
    let mut at = 0;
    while let Some(way) = ways.get(at).cloned() {
        ways.extend(steps(&way, framework).into_iter().filter(|next| known.insert(next.clone())));
        at += 1;
        if ways.len() > most {
            return Err(TooMany);
        }
    }
    let is_final = |way: &&Way| {
        let is_read = |(habit, step): &(Habit, habits::Step)| framework.always(*habit) && step(&way.segments).is_some();
        way.decoded > 0 && !STEPS.iter().any(is_read)
    };
    let mut all = Vec::<Reading<'_>>::new();
    for way in ways.iter().filter(is_final) {
        let segments: Vec<_> = way.segments.iter().cloned().map(Cow::Owned).collect();
        if !all.iter().any(|it| it.segments == segments) {
            all.push(Reading { segments, is_cut: false });
        }
    }
    Ok(all)
}

/// Where one more habit leads.
fn steps(way: &Way, framework: Framework) -> Vec<Way> {
    let mut next = Vec::new();
    let most = if framework.may(Habit::DecodeAgain) { 2 } else { 1 };
    if way.decoded < most {
        next.push(Way { segments: habits::decoded(&way.segments), decoded: way.decoded + 1 });
    }
    let possible = STEPS.iter().filter(|(habit, _)| framework.may(*habit));
    next.extend(
        possible.filter_map(|(_, step)| step(&way.segments)).map(|segments| Way { segments, decoded: way.decoded }),
    );
    next
}

/// The path with its last segment cut at each of its dots: at the last, and at the first where there are several.
pub(super) fn cuts<'a, 'b>(segments: &'b [Cow<'a, str>]) -> impl Iterator<Item = Vec<Cow<'a, str>>> + use<'a, 'b> {
    let filled = segments.iter().rposition(|segment| !segment.is_empty());
    let last = filled.filter(|at| at + 2 >= segments.len()).and_then(|at| Some((at, segments.get(at)?)));
    let ends = last.map(|(_, text)| [text.rfind('.'), text.find('.')]).unwrap_or_default();
    let ends = if ends[0] == ends[1] { [ends[0], None] } else { ends };
    ends.into_iter().flatten().filter(|end| *end > 0).filter_map(move |end| {
        let (at, text) = last?;
        let stem = Cow::Owned(text.get(..end)?.to_owned());
        Some(segments[..at].iter().cloned().chain([stem]).collect())
    })
}
