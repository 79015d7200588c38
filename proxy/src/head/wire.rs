//! An HTTP/1 head as bytes: request line and fields, judged whole.

use std::mem::MaybeUninit;

use http::Version;
use marque_config::Hostname;

use super::authority;
use super::fields::{self, Understood};
use super::target::judge_request_line;
use crate::refusal::{Fault, Refusal};

/// What a head may take, besides its size in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeadLimits {
    /// Fields.
    pub(crate) fields: usize,
    /// The target's bytes.
    pub(crate) target: usize,
}

/// The most fields that the engine's parser takes.
pub(super) const MOST_FIELDS: usize = 256;

/// Judges a whole head, its empty line included, which [`super::Scan`] has found the end of.
///
/// # Errors
/// Why it isn't passed on; see [`Refusal`].
pub(crate) fn judge<'a>(head: &'a [u8], sni: &Hostname, limits: HeadLimits) -> Result<Understood<'a>, Refusal> {
    let mut places = [const { MaybeUninit::uninit() }; MOST_FIELDS];
    let mut request = httparse::Request::new(&mut []);
    match request.parse_with_uninit_headers(head, &mut places) {
        Ok(httparse::Status::Complete(length)) if length == head.len() => {}
        Ok(_) => return Err(Refusal::Malformed(Fault::RequestLine)),
        Err(error) => return Err(refusal(error)),
    }
    let version = if request.version == Some(1) { Version::HTTP_11 } else { Version::HTTP_10 };
    judge_request_line(request.method.unwrap_or_default(), request.path.unwrap_or_default(), limits.target)?;
    if request.headers.len() > limits.fields {
        return Err(Refusal::HeadTooLarge);
    }
    let pairs = request.headers.iter().map(|field| (field.name.as_bytes(), field.value));
    let understood = fields::judge(pairs, version)?;
    authority::read(understood.host.ok_or(Refusal::Malformed(Fault::Host))?, sni)?;
    Ok(understood)
}

fn refusal(error: httparse::Error) -> Refusal {
    match error {
        httparse::Error::TooManyHeaders => Refusal::HeadTooLarge,
        httparse::Error::HeaderName | httparse::Error::HeaderValue | httparse::Error::NewLine => {
            Refusal::Malformed(Fault::Field)
        }
        _ => Refusal::Malformed(Fault::RequestLine),
    }
}
