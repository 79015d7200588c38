//! Files that go along with a support message: few, small, of kinds that can be looked at without being run, under names
//! that say what they are.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// As many go along with one message.
pub const MOST_FILES: usize = 5;
/// The most bytes of one: a photograph of a screen.
pub const MOST_BYTES: usize = 2 << 20;
/// The most bytes of all that go along with one message.
pub const MOST_BYTES_IN_ALL: usize = 4 << 20;
/// The most bytes that a mail takes along: written down for it they are a third more, and many servers stop at five.
pub const MOST_MAILED: usize = 3 << 20;

/// The longest name, without its ending.
const LONGEST_NAME: usize = 80;

/// A file that goes along with a message, without what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = SupportAttachment)]
pub struct Attachment {
    /// Its number within the message, from 1: where it is found below the message.
    pub number: i64,
    /// Its name, without folders and with an ending that says what it is.
    pub name: String,
    /// What it is.
    pub media_type: MediaType,
    /// How many bytes it has.
    pub size: i64,
}

/// A file with what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// What it is.
    pub media_type: MediaType,
    /// What is in it.
    pub content: Vec<u8>,
}

/// What a file may be. Nothing of it is run by what opens it; no SVG and no office document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub enum MediaType {
    /// A picture without loss.
    #[serde(rename = "image/png")]
    Png,
    /// A photograph.
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// A picture as browsers make it.
    #[serde(rename = "image/webp")]
    Webp,
    /// A printed page.
    #[serde(rename = "application/pdf")]
    Pdf,
    /// A log, in UTF-8.
    #[serde(rename = "text/plain")]
    Text,
    /// A table, in UTF-8.
    #[serde(rename = "text/csv")]
    Csv,
}

impl MediaType {
    /// As it is written in a header.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
            Self::Pdf => "application/pdf",
            Self::Text => "text/plain",
            Self::Csv => "text/csv",
        }
    }

    /// How its names end, the usual ending first.
    fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Png => &["png"],
            Self::Jpeg => &["jpg", "jpeg"],
            Self::Webp => &["webp"],
            Self::Pdf => &["pdf"],
            Self::Text => &["txt", "log"],
            Self::Csv => &["csv"],
        }
    }

    /// Whether a content begins as such a file does; a text is looked at as a whole.
    #[must_use]
    pub fn fits(self, content: &[u8]) -> bool {
        match self {
            Self::Png => content.starts_with(b"\x89PNG\r\n\x1a\n"),
            Self::Jpeg => content.starts_with(b"\xff\xd8\xff"),
            Self::Webp => content.starts_with(b"RIFF") && content.get(8..12) == Some(b"WEBP"),
            Self::Pdf => content.starts_with(b"%PDF-"),
            Self::Text | Self::Csv => std::str::from_utf8(content).is_ok_and(|text| !text.contains('\0')),
        }
    }

    /// A name that a file of this sort can be saved under anywhere: without folders, without what can't be seen or would
    /// end a header, and with an ending that says what it is.
    #[must_use]
    pub fn name(self, given: &str) -> String {
        let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
        let seen: String = last.nfc().filter(|character| !is_unseen(*character)).map(plain).collect();
        let words = seen.split_whitespace().collect::<Vec<_>>().join(" ");
        let trimmed = words.trim_matches(['.', ' ']);
        let (stem, ending) = match trimmed.rsplit_once('.') {
            Some((stem, ending)) if self.endings().contains(&ending.to_ascii_lowercase().as_str()) => {
                (stem, ending.to_ascii_lowercase())
            }
            _ => (trimmed, self.endings().first().copied().unwrap_or_default().to_owned()),
        };
        let stem: String = stem.chars().take(LONGEST_NAME).collect();
        let stem = stem.trim_matches(['.', ' ']);
        format!("{}.{ending}", if stem.is_empty() { "file" } else { stem })
    }
}

/// What has no shape, or turns the direction of what follows.
fn is_unseen(character: char) -> bool {
    let formats = matches!(character, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    formats || (character.is_control() && !character.is_whitespace())
}

/// What no system takes in a name.
fn plain(character: char) -> char {
    if "<>:\"|?*".contains(character) { '_' } else { character }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_the_file_is_and_nothing_else() {
        for (given, media_type, name) in [
            ("écran.png", MediaType::Png, "écran.png"),
            ("e\u{301}cran.PNG", MediaType::Png, "écran.png"),
            ("photo.JPEG", MediaType::Jpeg, "photo.jpeg"),
            ("C:\\temp\\trace.log", MediaType::Text, "trace.log"),
            ("../../etc/passwd", MediaType::Text, "passwd.txt"),
            ("facture.pdf.exe", MediaType::Pdf, "facture.pdf.exe.pdf"),
            ("exe.\u{202e}fdp.pdf", MediaType::Pdf, "exe.fdp.pdf"),
            ("a\r\nContent-Type: text/html\r\n.txt", MediaType::Text, "html.txt"),
            ("a\"b;c.csv", MediaType::Csv, "a_b;c.csv"),
            ("  . .", MediaType::Webp, "file.webp"),
            ("", MediaType::Png, "file.png"),
            (".png", MediaType::Png, "png.png"),
        ] {
            assert_eq!(media_type.name(given), name, "{given:?}");
        }
        assert_eq!(MediaType::Pdf.name(&"é".repeat(500)).chars().count(), LONGEST_NAME + 4);
    }

    #[test]
    fn a_file_is_what_it_is_said_to_be() {
        assert!(MediaType::Png.fits(b"\x89PNG\r\n\x1a\n...") && !MediaType::Png.fits(b"<svg onload=...>"));
        assert!(MediaType::Jpeg.fits(b"\xff\xd8\xff\xe0") && !MediaType::Jpeg.fits(b"\x89PNG\r\n\x1a\n"));
        assert!(MediaType::Webp.fits(b"RIFF\0\0\0\0WEBPVP8 ") && !MediaType::Webp.fits(b"RIFF\0\0\0\0WAVE"));
        assert!(MediaType::Pdf.fits(b"%PDF-1.7") && !MediaType::Pdf.fits(b"MZ%PDF-1.7"));
        assert!(
            MediaType::Text.fits("é\n".as_bytes()) && !MediaType::Text.fits(b"\xe9") && !MediaType::Csv.fits(b"a\0")
        );
    }
}
