//! Lines on their way out: gathered for a moment, and written many at once by a thread of their own, so that whoever reads
//! them slowly, or not at all, holds nobody up. What finds no room is dropped, and counted; so is what can't be written.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, MutexGuard};

/// As many bytes of lines wait to be written.
pub(super) const MOST: usize = 2 << 20;
/// As many are written without waiting for more.
const ENOUGH: usize = 64 << 10;
/// How long a line waits for others to be written with it.
const MOMENT: Duration = Duration::from_millis(50);
/// How long the last lines may take to be written when the log ends.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where lines are handed in.
#[derive(Debug, Clone)]
pub(super) struct Lines(Arc<Queue>);

/// The thread that writes lines. Dropped, it writes what is left, as far as somebody takes it at once.
#[derive(Debug)]
pub(super) struct Writer {
    lines: Lines,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    /// Told when the first line comes, when there are enough, and of the end.
    changed: Condvar,
    /// Told when the thread has ended.
    ended: Condvar,
    dropped: AtomicU64,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: Vec<u8>,
    is_closing: bool,
    has_ended: bool,
}

impl Writer {
    /// Begins to write to `out`.
    ///
    /// # Errors
    /// When the system has no thread for it.
    pub(super) fn start(out: impl Write + Send + 'static) -> io::Result<Self> {
        let lines = Lines(Arc::default());
        let queue = Arc::clone(&lines.0);
        let thread = thread::Builder::new().name("log".into()).spawn(move || queue.write(out))?;
        Ok(Self { lines, thread: Some(thread) })
    }

    /// Where lines are handed in.
    pub(super) fn lines(&self) -> Lines {
        self.lines.clone()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let queue = &self.lines.0;
        let mut waiting = queue.waiting.lock();
        waiting.is_closing = true;
        queue.changed.notify_one();
        queue.ended.wait_while_for(&mut waiting, |waiting| !waiting.has_ended, PATIENCE);
        let has_ended = waiting.has_ended;
        drop(waiting);
        if let Some(thread) = self.thread.take().filter(|_| has_ended) {
            // It has nothing left to do, and can't have panicked.
            let _ = thread.join();
        }
    }
}

impl Lines {
    /// How many lines were dropped.
    pub(super) fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }

    fn push(&self, line: &[u8]) {
        let mut waiting = self.0.waiting.lock();
        let before = waiting.lines.len();
        if waiting.has_ended || before + line.len() > MOST {
            drop(waiting);
            self.0.lose(line);
            return;
        }
        waiting.lines.extend_from_slice(line);
        let after = waiting.lines.len();
        drop(waiting);
        if before == 0 || (before < ENOUGH && after >= ENOUGH) {
            self.0.changed.notify_one();
        }
    }
}

impl Write for Lines {
    /// Takes whole lines.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Queue {
    fn write(&self, mut out: impl Write) {
        let mut lines = Vec::new();
        while self.take(&mut lines) {
            if out.write_all(&lines).and_then(|()| out.flush()).is_err() {
                self.lose(&lines);
            }
            if lines.capacity() > 4 * ENOUGH {
                lines = Vec::new();
            }
            lines.clear();
        }
        self.waiting.lock().has_ended = true;
        self.ended.notify_all();
    }

    /// Waits for lines, and a moment for more of them, and takes all; false at the end.
    fn take(&self, lines: &mut Vec<u8>) -> bool {
        let mut waiting = self.waiting.lock();
        self.changed.wait_while(&mut waiting, |waiting| waiting.lines.is_empty() && !waiting.is_closing);
        self.gather(&mut waiting);
        std::mem::swap(lines, &mut waiting.lines);
        !lines.is_empty()
    }

    fn gather(&self, waiting: &mut MutexGuard<'_, Waiting>) {
        let is_short = |waiting: &mut Waiting| waiting.lines.len() < ENOUGH && !waiting.is_closing;
        let until = Instant::now() + MOMENT;
        self.changed.wait_while_until(waiting, is_short, until);
    }

    fn lose(&self, lines: &[u8]) {
        let count = memchr::memchr_iter(b'\n', lines).count();
        self.dropped.fetch_add(count as u64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// A reader of the log that takes nothing until it's told to.
    struct Stalled(Receiver<()>);

    impl Write for Stalled {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // Told, or its teller gone.
            let _ = self.0.recv();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A reader that passes on what it gets, piece by piece.
    struct Pieces(Sender<Vec<u8>>);

    impl Write for Pieces {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(bytes.to_vec()).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_stalled_reader_stalls_nobody_and_what_is_dropped_is_counted() {
        let (go_on, stalled) = channel();
        let writer = Writer::start(Stalled(stalled)).unwrap();
        let (mut lines, line) = (writer.lines(), [b'x'; 1023]);
        let line = [&line[..], b"\n"].concat();
        for _ in 0..2 * MOST / line.len() + 100 {
            lines.write_all(&line).unwrap();
        }
        // What the writer has in its hand is at most what waited when it took it.
        let least = 100;
        let most = (MOST / line.len() + 100) as u64;
        assert!((least..=most).contains(&lines.dropped()), "{}", lines.dropped());
        drop(go_on);
    }

    #[test]
    fn lines_leave_in_their_order_and_the_last_when_the_log_ends() {
        let (sender, pieces) = channel();
        let writer = Writer::start(Pieces(sender)).unwrap();
        let mut lines = writer.lines();
        let text: String = (0..10_000).map(|number| format!("line {number}\n")).collect();
        text.split_inclusive('\n').for_each(|line| lines.write_all(line.as_bytes()).unwrap());
        drop(writer);
        let pieces: Vec<_> = pieces.iter().collect();
        assert_eq!(String::from_utf8(pieces.concat()).unwrap(), text);
        assert!(pieces.len() < 100, "{} pieces", pieces.len());
        lines.write_all(b"too late\n").unwrap();
        assert_eq!(lines.dropped(), 1);
    }

    #[test]
    fn a_line_does_not_wait_for_others_that_never_come() {
        let (sender, pieces) = channel();
        let writer = Writer::start(Pieces(sender)).unwrap();
        writer.lines().write_all(b"alone\n").unwrap();
        assert_eq!(pieces.recv().unwrap(), b"alone\n");
    }

    #[test]
    fn what_can_not_be_written_is_counted() {
        let (sender, pieces) = channel();
        drop(pieces);
        let writer = Writer::start(Pieces(sender)).unwrap();
        let mut lines = writer.lines();
        lines.write_all(b"one\n").unwrap();
        lines.write_all(b"two\n").unwrap();
        drop(writer);
        assert_eq!(lines.dropped(), 2);
    }
}
