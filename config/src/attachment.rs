//! Files that go along with a message: few, small, and of kinds that can be looked at without being run.

use serde::{Deserialize, Serialize};

/// As many go along with one message.
pub const MOST_FILES: usize = 5;
/// The most bytes of one: a photograph of a screen.
pub const MOST_BYTES: usize = 2 << 20;
/// The most bytes of all that go along with one message.
pub const MOST_BYTES_IN_ALL: usize = 4 << 20;

/// What a file may be. Nothing of it is run by what opens it; no SVG and no office document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// Every one.
    pub const ALL: [Self; 6] = [Self::Png, Self::Jpeg, Self::Webp, Self::Pdf, Self::Text, Self::Csv];

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
    #[must_use]
    pub fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Png => &["png"],
            Self::Jpeg => &["jpg", "jpeg"],
            Self::Webp => &["webp"],
            Self::Pdf => &["pdf"],
            Self::Text => &["txt", "log"],
            Self::Csv => &["csv"],
        }
    }

    /// What a file is by its name: browsers say of some files what another program of their machine calls them.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let ending = name.rsplit_once('.')?.1.trim_end().to_ascii_lowercase();
        Self::ALL.into_iter().find(|media_type| media_type.endings().contains(&ending.as_str()))
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
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn a_name_tells_what_a_file_is_by_its_last_ending() {
        for (name, media_type) in [
            ("écran.PNG", Some(MediaType::Png)),
            ("photo.jpeg", Some(MediaType::Jpeg)),
            ("trace.log", Some(MediaType::Text)),
            ("a.csv", Some(MediaType::Csv)),
            ("facture.pdf.exe", None),
            ("logo.svg", None),
            ("png", None),
            ("", None),
        ] {
            assert_eq!(MediaType::of_name(name), media_type, "{name}");
        }
    }
}
