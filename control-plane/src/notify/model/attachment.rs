//! Files that go along with a support message: few, small, of kinds that can be looked at without being run, under names
//! that say what they are.

use marque_config::attachment::MediaType;
use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

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
    #[schema(value_type = MediaTypeSchema)]
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
#[derive(utoipa::ToSchema)]
#[schema(as = MediaType)]
#[expect(dead_code, reason = "describes marque_config's type")]
pub(crate) enum MediaTypeSchema {
    /// A picture without loss.
    #[schema(rename = "image/png")]
    Png,
    /// A photograph.
    #[schema(rename = "image/jpeg")]
    Jpeg,
    /// A picture as browsers make it.
    #[schema(rename = "image/webp")]
    Webp,
    /// A printed page.
    #[schema(rename = "application/pdf")]
    Pdf,
    /// A log, in UTF-8.
    #[schema(rename = "text/plain")]
    Text,
    /// A table, in UTF-8.
    #[schema(rename = "text/csv")]
    Csv,
}

/// A name that a file of this sort can be saved under anywhere: without folders, without what can't be seen or would
/// end a header, and with an ending that says what it is.
#[must_use]
pub fn file_name(media_type: MediaType, given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let seen: String = last.nfc().filter(|character| !is_unseen(*character)).map(plain).collect();
    let words = seen.split_whitespace().collect::<Vec<_>>().join(" ");
    let trimmed = words.trim_matches(['.', ' ']);
    let (stem, ending) = match trimmed.rsplit_once('.') {
        Some((stem, ending)) if media_type.endings().contains(&ending.to_ascii_lowercase().as_str()) => {
            (stem, ending.to_ascii_lowercase())
        }
        _ => (trimmed, media_type.endings().first().copied().unwrap_or_default().to_owned()),
    };
    let stem: String = stem.chars().take(LONGEST_NAME).collect();
    let stem = stem.trim_matches(['.', ' ']);
    format!("{}.{ending}", if stem.is_empty() { "file" } else { stem })
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
            assert_eq!(file_name(media_type, given), name, "{given:?}");
        }
        assert_eq!(file_name(MediaType::Pdf, &"é".repeat(500)).chars().count(), LONGEST_NAME + 4);
    }
}
