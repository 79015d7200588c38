//! What somebody typed into a contact form, read from a request's body: piece by piece, so that a file that is too large is
//! passed over and everything else is kept.

use std::error::Error;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use http::{HeaderMap, header};
use marque_config::attachment::{MOST_BYTES, MOST_BYTES_IN_ALL, MOST_FILES};
use multer::{Field, Multipart};
use tokio::task::yield_now;

/// The most bytes of a body, files that are too large among them.
const MOST_STREAM: usize = 16 << 20;
/// The most bytes of a body without files: the longest text, percent-encoded, and the other fields.
const MOST_FORM: usize = 256 << 10;
/// The most bytes that are read for the head of a part, with what comes along with it.
const MOST_HEAD: usize = 256 << 10;
/// While no head is read.
const NO_HEAD: usize = usize::MAX;
/// The most bytes that are kept of one field.
const MOST_FIELD: usize = 64 << 10;
/// The most parts of a body.
const MOST_PARTS: usize = 64;
/// The most characters that are kept of a file's name.
const MOST_NAME: usize = 255;

/// What a form's fields are called.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldNames<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) email: &'a str,
    pub(crate) subject: Option<&'a str>,
    pub(crate) text: &'a str,
    /// Where the form says when it was made, and for whom.
    pub(crate) token: Option<&'a str>,
    /// What people don't see, and programs fill in.
    pub(crate) trap: Option<&'a str>,
}

/// What was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Typed {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) token: String,
    pub(crate) trap: String,
    pub(crate) files: Vec<TypedFile>,
    /// Whether there were more files than go along.
    pub(crate) too_many_files: bool,
    /// Whether a file, or all together, had more bytes than go along.
    pub(crate) too_large_files: bool,
}

/// A file that was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TypedFile {
    pub(crate) name: String,
    pub(crate) content: Vec<u8>,
}

/// A body can't be read to its end as a form's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is no form, or not well made.
    Malformed,
    /// It has more bytes than are read.
    TooLarge,
}

/// Why a piece of a body doesn't come.
#[derive(Debug, thiserror::Error)]
enum BodyError {
    #[error("the body has too many bytes")]
    TooLarge,
    #[error("the body doesn't come")]
    Broken(#[source] Box<dyn Error + Send + Sync>),
}

impl<'a> FieldNames<'a> {
    /// Those of the edge's own form.
    pub(crate) const OWN: Self = Self {
        name: Some("name"),
        email: "email",
        subject: Some("subject"),
        text: "text",
        token: Some("form"),
        trap: Some("website"),
    };

    fn place<'t>(&self, name: &str, typed: &'t mut Typed) -> Option<&'t mut String> {
        let is = |own: Option<&'a str>| own == Some(name);
        Some(match name {
            _ if is(Some(self.email)) => &mut typed.email,
            _ if is(Some(self.text)) => &mut typed.text,
            _ if is(self.name) => &mut typed.name,
            _ if is(self.subject) => &mut typed.subject,
            _ if is(self.token) => &mut typed.token,
            _ if is(self.trap) => &mut typed.trap,
            _ => return None,
        })
    }
}

/// Reads a form's body, and gives what was typed up to where it could be read.
pub(crate) async fn read<S, E>(fields: &HeaderMap, names: &FieldNames<'_>, body: S) -> (Typed, Option<Unread>)
where
    S: Stream<Item = Result<Bytes, E>> + Send,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let mut typed = Typed::default();
    let media = fields.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_encoded = fields.contains_key(header::CONTENT_ENCODING);
    let essence = media.split(';').next().unwrap_or_default().trim();
    let unread = if is_encoded {
        Err(Unread::Malformed)
    } else if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        read_form(names, body, &mut typed).await
    } else {
        match multer::parse_boundary(media) {
            Ok(boundary) => {
                let head = Arc::new(AtomicUsize::new(MOST_HEAD));
                let form = Multipart::new(bounded(body, MOST_STREAM, Arc::clone(&head)), boundary);
                read_parts(names, (form, &head), &mut typed).await
            }
            Err(_) => Err(Unread::Malformed),
        }
    };
    (typed, unread.err())
}

async fn read_form<S, E>(names: &FieldNames<'_>, body: S, typed: &mut Typed) -> Result<(), Unread>
where
    S: Stream<Item = Result<Bytes, E>> + Send,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let mut pieces = pin!(bounded(body, MOST_FORM, Arc::new(AtomicUsize::new(NO_HEAD))));
    let mut form = Vec::new();
    while let Some(piece) = pieces.try_next().await? {
        form.extend_from_slice(&piece);
    }
    for (name, value) in form_urlencoded::parse(&form).take(MOST_PARTS) {
        if let Some(place) = names.place(&name, typed).filter(|place| place.is_empty()) {
            *place = value.chars().take(MOST_FIELD).collect();
        }
    }
    Ok(())
}

async fn read_parts(
    names: &FieldNames<'_>,
    (mut form, head): (Multipart<'_>, &AtomicUsize),
    typed: &mut Typed,
) -> Result<(), Unread> {
    let mut parts = 0;
    loop {
        head.store(MOST_HEAD, Ordering::Relaxed);
        let Some(mut part) = form.next_field().await? else { return Ok(()) };
        head.store(NO_HEAD, Ordering::Relaxed);
        parts += 1;
        if parts > MOST_PARTS {
            return Err(Unread::TooLarge);
        }
        if part.file_name().is_some() {
            read_file(&mut part, typed).await?;
            continue;
        }
        let name = part.name().unwrap_or_default().to_owned();
        let (value, _) = content(&mut part, MOST_FIELD).await?;
        if let Some(place) = names.place(&name, typed).filter(|place| place.is_empty()) {
            *place = String::from_utf8_lossy(&value).into_owned();
        }
    }
}

/// Keeps a file, unless it has no place: then that is noted.
async fn read_file(part: &mut Field<'_>, typed: &mut Typed) -> Result<(), Unread> {
    // A NUL anywhere would have the control plane refuse all that is sent with it.
    let seen = part.file_name().unwrap_or_default().chars().filter(|letter| !letter.is_control());
    let name: String = seen.take(MOST_NAME).collect();
    let kept: usize = typed.files.iter().map(|file| file.content.len()).sum();
    let has_place = typed.files.len() < MOST_FILES;
    let most = if has_place { MOST_BYTES.min(MOST_BYTES_IN_ALL - kept) } else { 0 };
    let (content, is_cut) = content(part, most).await?;
    // A field for files in which none was chosen comes as a file without a name.
    if name.is_empty() && content.is_empty() && !is_cut {
        return Ok(());
    }
    typed.too_many_files |= !has_place;
    typed.too_large_files |= has_place && is_cut;
    if has_place && !is_cut {
        typed.files.push(TypedFile { name, content });
    }
    Ok(())
}

/// What a part holds, up to so many bytes, and whether there was more. All of it is read.
async fn content(part: &mut Field<'_>, most: usize) -> Result<(Vec<u8>, bool), Unread> {
    let (mut content, mut is_cut) = (Vec::new(), false);
    while let Some(piece) = part.chunk().await? {
        let room = most - content.len();
        is_cut |= piece.len() > room;
        content.extend_from_slice(piece.get(..room.min(piece.len())).unwrap_or_default());
    }
    Ok((content, is_cut))
}

/// A body, up to so many bytes; and up to so many of them while `head` isn't [`NO_HEAD`]: what looks for a head's end looks
/// through all that has come, again with each piece.
fn bounded<S, E>(body: S, most: usize, head: Arc<AtomicUsize>) -> impl Stream<Item = Result<Bytes, BodyError>> + Send
where
    S: Stream<Item = Result<Bytes, E>> + Send,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let mut left = most;
    // The parser takes all that is ready before it looks at any of it; and it misses a first boundary that comes, with the
    // body's end, in the one moment in which it asks twice. So a pause follows each piece, the last one too.
    let whole = Box::pin(body.map(|piece| piece.map_err(|error| BodyError::Broken(error.into()))));
    let one_by_one = stream::unfold((whole, false), |(mut whole, has_begun)| async move {
        if has_begun {
            yield_now().await;
        }
        let piece = whole.next().await?;
        Some((piece, (whole, true)))
    });
    one_by_one.map(move |piece| {
        let piece = piece?;
        left = left.checked_sub(piece.len()).ok_or(BodyError::TooLarge)?;
        let of_head = head.load(Ordering::Relaxed);
        if of_head != NO_HEAD {
            head.store(of_head.checked_sub(piece.len()).ok_or(BodyError::TooLarge)?, Ordering::Relaxed);
        }
        Ok(piece)
    })
}

impl From<BodyError> for Unread {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Self::TooLarge,
            BodyError::Broken(_) => Self::Malformed,
        }
    }
}

impl From<multer::Error> for Unread {
    fn from(error: multer::Error) -> Self {
        match error {
            multer::Error::StreamReadFailed(cause) => match cause.downcast_ref() {
                Some(BodyError::TooLarge) => Self::TooLarge,
                Some(BodyError::Broken(_)) | None => Self::Malformed,
            },
            _ => Self::Malformed,
        }
    }
}

#[cfg(test)]
mod tests;
