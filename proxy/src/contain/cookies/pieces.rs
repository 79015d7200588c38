//! A session that is too long for one cookie is kept in several: browsers drop what is longer than 4,096 bytes without
//! a word.
//!
//! The first says how many there are, and each carries a mark, so that pieces of two sessions never mix:
//! `till=~3~MARK~…`, `till~1=MARK~…`, `till~2=MARK~…`.

/// The most bytes of a name with its value that browsers keep.
pub(super) const MOST: usize = 4096;
/// The most pieces of one session.
const MOST_PIECES: usize = 8;

/// What stands before the text in a piece, at most: `~N~MARK~`.
const OVERHEAD: usize = 16;

/// A cookie that a request carries, if it's a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    /// The session's name, with its prefix.
    pub(super) name: &'a str,
    number: usize,
    /// In the first: how many there are.
    count: Option<usize>,
    mark: &'a str,
    text: &'a str,
}

/// Splits a sealed session into as many cookies as it needs, each a name and a value.
pub(super) fn split(name: &str, text: String, mark: &str) -> Vec<(String, String)> {
    if name.len() + 1 + text.len() <= MOST {
        return vec![(name.to_owned(), text)];
    }
    // A sealed session is ASCII.
    let most = MOST.saturating_sub(name.len() + 3 + OVERHEAD).max(1);
    let count = text.len().div_ceil(most);
    let piece = |number: usize| text.get(number * most..text.len().min((number + 1) * most)).unwrap_or_default();
    let first = (name.to_owned(), format!("~{count}~{mark}~{}", piece(0)));
    let others = (1..count).map(|number| (numbered(name, number), format!("{mark}~{}", piece(number))));
    [first].into_iter().chain(others).collect()
}

/// The name of a piece that isn't the first.
pub(super) fn numbered(name: &str, number: usize) -> String {
    format!("{name}~{number}")
}

impl<'a> Piece<'a> {
    /// Reads a cookie; none when it's no piece.
    pub(super) fn read(name: &'a [u8], value: &'a [u8]) -> Option<Self> {
        let (name, value) = (std::str::from_utf8(name).ok()?, std::str::from_utf8(value).ok()?);
        if let Some(rest) = value.strip_prefix('~') {
            let (count, rest) = rest.split_once('~')?;
            let count = count.parse().ok().filter(|count| (2..=MOST_PIECES).contains(count))?;
            let (mark, text) = rest.split_once('~')?;
            return Some(Self { name, number: 0, count: Some(count), mark, text });
        }
        let (name, number) = name.rsplit_once('~')?;
        let number = number.parse().ok().filter(|number| (1..MOST_PIECES).contains(number))?;
        let (mark, text) = value.split_once('~')?;
        Some(Self { name, number, count: None, mark, text })
    }

    /// The number of a piece that isn't the first, of whatever value.
    pub(super) fn number_in(name: &str) -> Option<(&str, usize)> {
        let (base, number) = name.rsplit_once('~')?;
        Some((base, number.parse().ok().filter(|number| (1..MOST_PIECES).contains(number))?))
    }

    pub(super) fn is_first(&self) -> bool {
        self.count.is_some()
    }

    /// The sealed text that begins with this piece, from all that came with it.
    pub(super) fn joined(&self, all: &[Self]) -> Option<String> {
        let mut text = self.text.to_owned();
        for number in 1..self.count? {
            let is_next = |it: &&Self| it.number == number && it.name == self.name && it.mark == self.mark;
            text.push_str(all.iter().find(is_next)?.text);
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_back_from_its_pieces_in_whatever_order() {
        for length in [10, 4_000, 4_083, 4_084, 4_090, 8_200, 22_000] {
            let text: String = (0..length).map(|at| char::from(b'a' + (at % 26) as u8)).collect();
            let cookies = split("__Host-till", text.clone(), "abcdef");
            assert!(cookies.iter().all(|(name, value)| name.len() + 1 + value.len() <= MOST), "{length}");
            if cookies.len() == 1 {
                assert_eq!(cookies[0].1, text);
                continue;
            }
            let read = |(name, value): &'static (String, String)| Piece::read(name.as_bytes(), value.as_bytes());
            let mut pieces: Vec<_> = cookies.leak().iter().map(|it| read(it).unwrap()).collect();
            pieces.reverse();
            let first = pieces.iter().find(|it| it.is_first()).unwrap();
            assert_eq!(first.joined(&pieces), Some(text));
            assert_eq!(first.joined(&pieces[1..]), None, "the last is missing");
        }
    }

    #[test]
    fn what_is_no_piece_is_none() {
        for (name, value) in [
            ("till", "x"),
            ("till", "~1~a~x"),
            ("till", "~9~a~x"),
            ("till", "~2~x"),
            ("till~0", "a~x"),
            ("till~8", "a~x"),
            ("till~1", "x"),
            ("till~x", "a~x"),
        ] {
            assert_eq!(Piece::read(name.as_bytes(), value.as_bytes()), None, "{name}={value}");
        }
    }
}
