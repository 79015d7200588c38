//! The habits, each as a step from one list of segments to another.

use marque_config::application::Habit;

/// What becomes of a path's segments; none when they stay as they are.
pub(super) type Step = fn(&[String]) -> Option<Vec<String>>;

/// All but decoding, and cutting a suffix.
pub(super) const STEPS: [(Habit, Step); 9] = [
    (Habit::SplitDecoded, |path| split_at(path, '/')),
    (Habit::Backslash, |path| split_at(path, '\\')),
    (Habit::MergeSlashes, merge_slashes),
    (Habit::ResolveDots, resolve_dots),
    (Habit::CutParameters, |path| each(path, ';', |text| text.split(';').next().unwrap_or_default().to_owned())),
    (Habit::CutQuery, cut_query),
    (Habit::TrimEnds, trim_ends),
    (Habit::AfterScript, after_script),
    (Habit::Unicode, unicode),
];

fn each(path: &[String], mark: char, change: impl Fn(&str) -> String) -> Option<Vec<String>> {
    path.iter().any(|text| text.contains(mark)).then(|| path.iter().map(|text| change(text)).collect())
}

fn split_at(path: &[String], mark: char) -> Option<Vec<String>> {
    let split = || path.iter().flat_map(|text| text.split(mark)).map(str::to_owned).collect();
    path.iter().any(|text| text.contains(mark)).then(split)
}

/// An empty last segment is a trailing slash, and stays.
fn merge_slashes(path: &[String]) -> Option<Vec<String>> {
    let (last, inner) = path.split_last()?;
    let merged = || inner.iter().filter(|text| !text.is_empty()).chain([last]).cloned().collect();
    inner.iter().any(String::is_empty).then(merged)
}

/// RFC 3986 section 5.2.4.
fn resolve_dots(path: &[String]) -> Option<Vec<String>> {
    let is_dots = |text: &String| matches!(text.as_str(), "." | "..");
    if !path.iter().any(is_dots) {
        return None;
    }
    let mut resolved = Vec::new();
    for text in path {
        match text.as_str() {
            "." => {}
            ".." => drop(resolved.pop()),
            text => resolved.push(text.to_owned()),
        }
    }
    if path.last().is_some_and(is_dots) || resolved.is_empty() {
        resolved.push(String::new());
    }
    Some(resolved)
}

fn cut_query(path: &[String]) -> Option<Vec<String>> {
    let (at, text) = path.iter().enumerate().find(|(_, text)| text.contains(['?', '#']))?;
    let kept = text.split(['?', '#']).next().unwrap_or_default().to_owned();
    Some(path[..at].iter().cloned().chain([kept]).collect())
}

/// A segment of dots alone says something else.
fn trim_ends(path: &[String]) -> Option<Vec<String>> {
    let is_space = |c: char| c.is_whitespace() || c.is_control();
    let trimmed = |text: &String| match text.as_str() {
        "." | ".." => text.clone(),
        text => text.trim_start_matches(is_space).trim_end_matches(|c| c == '.' || is_space(c)).to_owned(),
    };
    let trimmed: Vec<_> = path.iter().map(trimmed).collect();
    (trimmed != path).then_some(trimmed)
}

/// Whether a segment is the name of a script, after which its own path follows (RFC 3875 section 3.3).
pub(super) fn is_script(text: &str) -> bool {
    const SCRIPTS: [&str; 13] =
        ["php", "php5", "php7", "php8", "phtml", "asp", "aspx", "ashx", "cgi", "jsp", "fcgi", "pl", "py"];
    text.rsplit_once('.').is_some_and(|(_, suffix)| SCRIPTS.iter().any(|it| suffix.eq_ignore_ascii_case(it)))
}

fn after_script(path: &[String]) -> Option<Vec<String>> {
    let at = path.iter().position(|text| is_script(text))?;
    let rest = path.get(at + 1..).filter(|rest| !rest.is_empty());
    Some(rest.map_or_else(|| vec![String::new()], <[String]>::to_vec))
}

fn unicode(path: &[String]) -> Option<Vec<String>> {
    let folded: Vec<_> = path.iter().map(|text| narrowed(&overlong(&percent_u(text)))).collect();
    (folded != path).then_some(folded)
}

/// Percent-decodes each segment once. What isn't an escape stays; bytes that aren't UTF-8 are each a letter of Latin-1.
pub(super) fn decoded(path: &[String]) -> Vec<String> {
    path.iter().map(|text| text_of(percent_encoding::percent_decode_str(text).collect())).collect()
}

/// Every letter of a path as the boldest reading has it: a word that isn't in this text is in no reading.
pub(super) fn letters(path: &str) -> String {
    let once = |text: &str| {
        let decoded = text_of(percent_encoding::percent_decode_str(text).collect());
        narrowed(&overlong(&percent_u(&decoded)))
    };
    once(&once(path))
}

fn text_of(bytes: Vec<u8>) -> String {
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return text,
        Err(error) => error.into_bytes(),
    };
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|&byte| char::from(byte)));
    }
    text
}

/// `%u002f`, as IIS has it.
fn percent_u(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("%u").into_iter().chain(rest.find("%U")).min() {
        let code = rest.get(at + 2..at + 6).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let (letter, length) = code.and_then(char::from_u32).map_or(('%', 1), |letter| (letter, 6));
        plain.push_str(&rest[..at]);
        plain.push(letter);
        rest = &rest[at + length..];
    }
    plain + rest
}

/// An ASCII character in more bytes than it needs (RFC 3629 section 3 forbids it), which were taken for Latin-1.
fn overlong(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        let tail = match letter {
            '\u{c0}' | '\u{c1}' => 1,
            '\u{e0}' => 2,
            '\u{f0}' => 3,
            _ => 0,
        };
        match short(letter, rest.as_str(), tail) {
            Some(short) => {
                plain.push(short);
                rest.by_ref().take(tail).for_each(drop);
            }
            None => plain.push(letter),
        }
    }
    plain
}

fn short(first: char, rest: &str, tail: usize) -> Option<char> {
    let tail: Vec<_> = rest.chars().take(tail).map(u32::from).collect();
    if tail.is_empty() || tail.iter().any(|code| !(0x80..0xc0).contains(code)) {
        return None;
    }
    let start = u32::from(first) & if tail.len() == 1 { 0x1f } else { 0 };
    let code = tail.iter().fold(start, |code, byte| code << 6 | (byte & 0x3f));
    char::from_u32(code).filter(char::is_ascii)
}

/// Letters that some systems take for the ASCII ones that they look like.
fn narrowed(text: &str) -> String {
    let narrow = |letter: char| match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
        '\u{2044}' | '\u{2215}' | '\u{29f8}' => '/',
        '\u{2216}' | '\u{29f5}' | '\u{fe68}' => '\\',
        '\u{2024}' | '\u{fe52}' => '.',
        '\u{3000}' => ' ',
        '\u{212a}' => 'k',
        '\u{17f}' => 's',
        letter => letter,
    };
    text.chars().map(narrow).collect()
}
