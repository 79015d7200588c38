//! What was read from the database and waits to be sent: its beginning in memory, the rest in a file that has no name, so
//! that neither a slow reader nor a large batch holds the database or fills the memory.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;

/// The most bytes of one batch in memory.
pub(super) const IN_MEMORY: usize = 4 * 1024 * 1024;
/// How much is sent at a time.
pub(super) const CHUNK: usize = 64 * 1024;

/// Bytes, as they are being written.
#[derive(Default)]
pub(super) struct Spool {
    chunk: Vec<u8>,
    chunks: Vec<Bytes>,
    kept: usize,
    file: Option<tokio::fs::File>,
    filed: u64,
}

/// Bytes that any number of readers read.
pub(super) struct Spooled {
    chunks: Vec<Bytes>,
    file: Option<Arc<File>>,
    kept: usize,
    filed: u64,
}

impl Spool {
    /// Adds a line.
    pub(super) async fn push(&mut self, line: &[u8]) -> io::Result<()> {
        self.chunk.extend_from_slice(line);
        if self.chunk.len() >= CHUNK { self.flush().await } else { Ok(()) }
    }

    /// Whether it is all in memory, and will be with so much more.
    pub(super) fn fits(&self, more: usize) -> bool {
        self.file.is_none() && self.kept + self.chunk.len() + more <= IN_MEMORY
    }

    async fn flush(&mut self) -> io::Result<()> {
        let chunk = std::mem::take(&mut self.chunk);
        if chunk.is_empty() {
            return Ok(());
        }
        if self.fits(chunk.len()) {
            self.kept += chunk.len();
            self.chunks.push(chunk.into());
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let file = tokio::task::spawn_blocking(tempfile::tempfile).await.map_err(io::Error::other)??;
                self.file.insert(tokio::fs::File::from_std(file))
            }
        };
        file.write_all(&chunk).await?;
        self.filed += chunk.len() as u64;
        Ok(())
    }

    /// Ends the writing.
    pub(super) async fn done(mut self) -> io::Result<Spooled> {
        self.flush().await?;
        let Self { chunks, kept, filed, file, .. } = self;
        let file = match file {
            Some(mut file) => {
                file.flush().await?;
                Some(Arc::new(file.into_std().await))
            }
            None => None,
        };
        Ok(Spooled { chunks, file, kept, filed })
    }
}

impl Spooled {
    /// How many bytes there are.
    pub(super) fn len(&self) -> u64 {
        self.kept as u64 + self.filed
    }

    /// Whether a part of it is in a file.
    pub(super) fn is_filed(&self) -> bool {
        self.file.is_some()
    }

    /// The bytes from `at` on, some of them; none at the end. Who reads on continues where these end.
    pub(super) async fn read(&self, at: u64) -> io::Result<Option<Bytes>> {
        let mut begins = 0;
        for chunk in &self.chunks {
            if at == begins {
                return Ok(Some(chunk.clone()));
            }
            begins += chunk.len() as u64;
        }
        let (Some(file), left) = (&self.file, self.len().saturating_sub(at)) else { return Ok(None) };
        if left == 0 {
            return Ok(None);
        }
        let (file, at) = (Arc::clone(file), at - self.kept as u64);
        let size = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        let read = move || {
            let mut bytes = vec![0; size];
            file.read_exact_at(&mut bytes, at).map(|()| Some(bytes.into()))
        };
        tokio::task::spawn_blocking(read).await.map_err(io::Error::other)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_read_is_what_was_written_in_memory_and_beyond() {
        for lines in [0_usize, 1, 3_000, 9_000] {
            let (mut spool, mut written) = (Spool::default(), Vec::new());
            for index in 0..lines {
                let line = format!("{index:01000}\n").into_bytes();
                spool.push(&line).await.unwrap();
                written.extend(line);
            }
            let spooled = spool.done().await.unwrap();
            assert_eq!((spooled.len(), spooled.is_filed()), (written.len() as u64, written.len() > IN_MEMORY));
            assert!(spooled.kept <= IN_MEMORY);
            let mut read = Vec::new();
            while let Some(bytes) = spooled.read(read.len() as u64).await.unwrap() {
                read.extend_from_slice(&bytes);
            }
            assert!(read == written, "{lines} lines");
        }
    }
}
