//! PEM (RFC 7468), read so that it can be said what was found instead. A library skips in silence what it doesn't know,
//! which is just what has to be told here.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::kernel::fault::FieldFault;
use crate::kernel::language::Sentence;

/// One block.
pub(super) struct Block {
    /// What it says that it is.
    pub(super) label: String,
    /// What it holds.
    pub(super) der: Zeroizing<Vec<u8>>,
    /// Whether a header says that the content is encrypted (RFC 1421 section 4.6.1.1).
    pub(super) is_encrypted: bool,
}

/// Why a text is not PEM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PemFault {
    /// Nothing begins.
    Missing,
    /// What begins doesn't end.
    Unfinished,
    /// A line of a block doesn't begin at the margin.
    Indented,
    /// Line breaks came as two characters each.
    EscapedNewlines,
    /// There are no line breaks.
    NoNewlines,
    /// What is between the lines isn't base64.
    NotBase64,
}

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";
const LONGEST_LABEL: usize = 64;

/// The blocks of a text, at least one; what stands around them is explanation and skipped (RFC 7468 section 2).
pub(super) fn blocks(text: &str) -> Result<Vec<Block>, PemFault> {
    // Byte-order marks stand before the first block, and before each where files were put together.
    let text = Zeroizing::new(text.replace('\u{feff}', "").replace("\r\n", "\n").replace('\r', "\n"));
    let (mut rest, mut blocks) = (text.as_str(), Vec::new());
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let (label, after) = after.split_once(DASHES).ok_or(PemFault::Unfinished)?;
        if label.len() > LONGEST_LABEL || !label.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(PemFault::Unfinished);
        }
        let end = format!("{DASHES}END {label}{DASHES}");
        let (body, after) = after.split_once(&end).ok_or(PemFault::Unfinished)?;
        if body.contains(DASHES) {
            return Err(PemFault::Unfinished);
        }
        let margin = before.rsplit('\n').next().unwrap_or_default();
        check_lines(margin, body)?;
        blocks.push(block(label, body)?);
        rest = after;
    }
    if blocks.is_empty() { Err(PemFault::Missing) } else { Ok(blocks) }
}

fn check_lines(margin: &str, body: &str) -> Result<(), PemFault> {
    if body.contains("\\n") || body.contains("\\r") {
        return Err(PemFault::EscapedNewlines);
    }
    let (first, lines) = body.split_once('\n').ok_or(PemFault::NoNewlines)?;
    if !first.trim().is_empty() {
        return Err(PemFault::NoNewlines);
    }
    // The last piece stands before END.
    let is_indented = |line: &str| line.starts_with([' ', '\t']);
    if !margin.is_empty() || lines.split('\n').any(is_indented) {
        return Err(PemFault::Indented);
    }
    Ok(())
}

fn block(label: &str, body: &str) -> Result<Block, PemFault> {
    let (headers, lines): (Vec<_>, Vec<_>) = body.lines().map(str::trim).partition(|line| line.contains(':'));
    let is_encrypted = headers.iter().any(|line| line.contains("ENCRYPTED"));
    let text = Zeroizing::new(lines.concat());
    let der = STANDARD.decode(text.as_bytes()).map(Zeroizing::new).map_err(|_| PemFault::NotBase64)?;
    Ok(Block { label: label.to_owned(), der, is_encrypted })
}

impl Block {
    /// Whether it is a certificate, under any of the names that are in use (RFC 7468 section 5.1).
    pub(super) fn is_certificate(&self) -> bool {
        matches!(self.label.as_str(), "CERTIFICATE" | "X509 CERTIFICATE" | "X.509 CERTIFICATE")
    }

    /// Whether it is a private key of whatever form.
    pub(super) fn is_private_key(&self) -> bool {
        self.label.ends_with("PRIVATE KEY")
    }
}

impl PemFault {
    /// The fault of a field.
    pub(super) fn at(self, pointer: &'static str) -> FieldFault {
        let (code, english, french) = match self {
            Self::Missing => (
                "pem-missing",
                "There is no PEM block: it begins with a line -----BEGIN …-----.",
                "Il n’y a pas de bloc PEM : il commence par une ligne -----BEGIN …-----.",
            ),
            Self::Unfinished => (
                "pem-unfinished",
                "A PEM block begins and has no line -----END …----- of its own.",
                "Un bloc PEM commence et n’a pas sa ligne -----END …-----.",
            ),
            Self::Indented => (
                "pem-indented",
                "A line of a PEM block does not begin at the margin: remove what stands before it.",
                "Une ligne d’un bloc PEM ne commence pas à la marge : retirez ce qui est devant.",
            ),
            Self::EscapedNewlines => (
                "pem-escaped-newlines",
                "The line breaks came as the two characters \\n: send real ones.",
                "Les fins de ligne sont arrivées comme les deux caractères \\n : envoyez de vraies fins de ligne.",
            ),
            Self::NoNewlines => (
                "pem-without-newlines",
                "The line breaks of a PEM block were lost: -----BEGIN …----- is a line of its own.",
                "Les fins de ligne d’un bloc PEM ont été perdues : -----BEGIN …----- est seul sur sa ligne.",
            ),
            Self::NotBase64 => (
                "pem-not-base64",
                "A PEM block holds characters that are not base64.",
                "Un bloc PEM contient des caractères qui ne sont pas du base64.",
            ),
        };
        FieldFault::new(pointer, code, Sentence::fixed(english, french))
    }
}
