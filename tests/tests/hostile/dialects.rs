//! How different applications would read one and the same bytes: each dialect is a leniency that some server has (Q16).

/// A reader's leniencies.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Dialect {
    /// A bare LF ends a line.
    bare_lf: bool,
    /// A length counts before chunks.
    length_first: bool,
    /// The last of two lengths counts.
    last_length: bool,
    /// Whatever holds the word is `chunked`.
    loose_chunked: bool,
    /// An underscore is a hyphen, and space before a colon is nothing.
    loose_names: bool,
    /// A chunk's size ends where its digits end, and an empty one is 0.
    loose_size: bool,
    /// A line that begins with a space continues the one before.
    folds: bool,
    /// A bare CR ends a line.
    bare_cr: bool,
}

/// Eight of them.
pub(crate) fn all() -> [Dialect; 8] {
    let strict = Dialect::default();
    [
        strict,
        Dialect { bare_lf: true, ..strict },
        Dialect { length_first: true, ..strict },
        Dialect { last_length: true, loose_names: true, ..strict },
        Dialect { loose_chunked: true, loose_names: true, ..strict },
        Dialect { loose_size: true, bare_lf: true, ..strict },
        Dialect { folds: true, bare_lf: true, loose_chunked: true, ..strict },
        Dialect { bare_cr: true, bare_lf: true, loose_names: true, last_length: true, ..strict },
    ]
}

/// The request lines that a reader finds. What it makes nothing of ends the reading.
pub(crate) fn requests(mut bytes: &[u8], dialect: Dialect) -> Vec<String> {
    let mut found = Vec::new();
    while let Some((lines, rest)) = head(bytes, dialect) {
        let Some((first, fields)) = lines.split_first() else { break };
        found.push(first.clone());
        match body(fields, rest, dialect) {
            Some(rest) => bytes = rest,
            None => break,
        }
    }
    if !bytes.is_empty() && head(bytes, dialect).is_none() && found.is_empty() {
        found.push(format!("half a head: {}", bytes.escape_ascii()));
    }
    found
}

fn line(bytes: &[u8], dialect: Dialect) -> Option<(String, &[u8])> {
    for (at, byte) in bytes.iter().enumerate() {
        let length = match byte {
            b'\r' if bytes.get(at + 1) == Some(&b'\n') => 2,
            b'\n' if dialect.bare_lf => 1,
            b'\r' if dialect.bare_cr && at + 1 < bytes.len() => 1,
            _ => continue,
        };
        return Some((String::from_utf8_lossy(&bytes[..at]).into_owned(), &bytes[at + length..]));
    }
    None
}

fn head(bytes: &[u8], dialect: Dialect) -> Option<(Vec<String>, &[u8])> {
    let (mut lines, mut rest) = (Vec::<String>::new(), bytes);
    loop {
        let (text, after) = line(rest, dialect)?;
        rest = after;
        match (text.is_empty(), lines.last_mut()) {
            (true, None) => {}
            (true, Some(_)) => return Some((lines, rest)),
            (false, Some(before)) if dialect.folds && text.starts_with([' ', '\t']) => before.push_str(&text),
            (false, _) => lines.push(text),
        }
    }
}

fn body<'a>(fields: &[String], rest: &'a [u8], dialect: Dialect) -> Option<&'a [u8]> {
    let (mut lengths, mut is_chunked) = (Vec::new(), false);
    for (name, value) in fields.iter().filter_map(|field| field.split_once(':')) {
        let name = name.to_ascii_lowercase();
        let name = if dialect.loose_names { name.replace('_', "-").trim().to_owned() } else { name };
        let value = value.trim().to_ascii_lowercase();
        match &*name {
            "content-length" => lengths.push(value.split(',').next().unwrap_or_default().trim().parse().unwrap_or(0)),
            "transfer-encoding" => {
                is_chunked |= value == "chunked" || (dialect.loose_chunked && value.contains("chunked"))
            }
            _ => {}
        }
    }
    let length = if dialect.last_length { lengths.last() } else { lengths.first() };
    match length {
        Some(&length) if !is_chunked || dialect.length_first => rest.get(length..),
        _ if is_chunked => chunks(rest, dialect),
        _ => Some(rest),
    }
}

fn chunks(mut rest: &[u8], dialect: Dialect) -> Option<&[u8]> {
    loop {
        let (size, after) = line(rest, dialect)?;
        let digits = size.split(';').next().unwrap_or_default();
        let end = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
        let digits = if dialect.loose_size { &digits[..end] } else { digits };
        let size = if digits.is_empty() && dialect.loose_size { 0 } else { usize::from_str_radix(digits, 16).ok()? };
        if size == 0 {
            rest = after;
            // Trailers, to an empty line.
            loop {
                let (trailer, after) = line(rest, dialect)?;
                rest = after;
                if trailer.is_empty() {
                    return Some(rest);
                }
            }
        }
        rest = after.get(size..)?.strip_prefix(b"\r\n")?;
    }
}
