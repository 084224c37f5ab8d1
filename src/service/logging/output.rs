//! Buffered writes to standard error that lose no line.
//!
//! Each thread has a buffer. Threads that [`batch_writes`] write it once per turn of their event loop,
//! at the latest when it is full, and at once for warnings and errors. All others write every line by
//! itself. A slow reader of standard error blocks the thread that writes; nothing is dropped.

use std::cell::Cell;
use std::future::Future;
use std::io::{self, ErrorKind, Write};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, TryLockError, Weak};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use log::Level;

use super::clock::LogClock;

/// How many bytes a thread holds back at most, apart from its last line.
const BUFFER_SIZE: usize = 16 * 1024;

/// How long to wait before a standard error stream that is non-blocking and full is tried again.
const RETRY_INTERVAL: Duration = Duration::from_millis(1);

thread_local! {
    static LINES: Arc<Mutex<Lines>> = Lines::register();
}

/// The buffers of all threads, so that one thread can write them all.
static THREADS: Mutex<Vec<Weak<Mutex<Lines>>>> = Mutex::new(Vec::new());

/// Unwritten lines of one thread.
#[derive(Debug, Default)]
struct Lines {
    bytes: Vec<u8>,
    /// How many of the bytes are whole lines. The rest is of a line whose formatting panicked.
    complete: usize,
    clock: LogClock,
    /// Wakes the task that writes the lines at the end of the turn.
    writer: Option<Waker>,
}

/// Writes one line, which `format` makes from the current time.
pub(super) fn write_line(level: Level, format: impl Fn(&mut Vec<u8>, &str) -> io::Result<()>) {
    let is_buffered = LINES.try_with(|lines| match lines.try_lock() {
        Ok(mut lines) => lines.add(level, &format),
        Err(TryLockError::Poisoned(lines)) => lines.into_inner().add(level, &format),
        // A value that is being formatted logs something itself.
        Err(TryLockError::WouldBlock) => Lines::default().add(level, &format),
    });
    // The thread is ending.
    if is_buffered.is_err() {
        Lines::default().add(level, &format);
    }
}

/// Writes the lines that all threads hold back, for a process that is about to end. Waits for threads
/// that are writing.
pub(super) fn flush() {
    for lines in threads() {
        lines.lock().unwrap_or_else(PoisonError::into_inner).write();
    }
}

/// The same for a panic, in which this thread may hold its own buffer.
pub(super) fn flush_in_panic() {
    for lines in threads() {
        match lines.try_lock() {
            Ok(mut lines) => lines.write(),
            Err(TryLockError::Poisoned(lines)) => lines.into_inner().write(),
            Err(TryLockError::WouldBlock) => {}
        }
    }
}

fn threads() -> Vec<Arc<Mutex<Lines>>> {
    let threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
    threads.iter().filter_map(Weak::upgrade).collect()
}

/// From now on, the lines of this thread's event loop share one write per turn.
pub(in crate::service) fn batch_writes() {
    thread_local! {
        static IS_BATCHED: Cell<bool> = const { Cell::new(false) };
    }
    if !IS_BATCHED.replace(true) {
        actix_web::rt::spawn(TurnWriter(LINES.with(Arc::clone)));
    }
}

impl Lines {
    fn register() -> Arc<Mutex<Self>> {
        let lines = Arc::default();
        let mut threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
        threads.retain(|lines| lines.strong_count() > 0);
        threads.push(Arc::downgrade(&lines));
        lines
    }

    fn add(&mut self, level: Level, format: &impl Fn(&mut Vec<u8>, &str) -> io::Result<()>) {
        self.bytes.truncate(self.complete);
        if format(&mut self.bytes, self.clock.now()).is_err() {
            self.bytes.truncate(self.complete);
            return;
        }
        let is_first = self.complete == 0;
        self.complete = self.bytes.len();
        match &self.writer {
            Some(writer) if level > Level::Warn && self.complete < BUFFER_SIZE => {
                if is_first {
                    writer.wake_by_ref();
                }
            }
            _ => self.write(),
        }
    }

    fn write(&mut self) {
        self.bytes.truncate(self.complete);
        if !self.bytes.is_empty() {
            write_all(&mut io::stderr().lock(), &self.bytes);
        }
        self.bytes.clear();
        self.complete = 0;
    }
}

/// Writes the lines of a thread once per turn of its event loop: woken by the first line, it runs
/// after the tasks that are ready by then.
struct TurnWriter(Arc<Mutex<Lines>>);

impl Future for TurnWriter {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !lines.writer.as_ref().is_some_and(|writer| writer.will_wake(context.waker())) {
            lines.writer = Some(context.waker().clone());
        }
        lines.write();
        Poll::Pending
    }
}

/// The event loop ends.
impl Drop for TurnWriter {
    fn drop(&mut self) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.writer = None;
        lines.write();
    }
}

fn write_all(out: &mut impl Write, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match out.write(bytes) {
            Ok(0) => return,
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(fault) if fault.kind() == ErrorKind::Interrupted => {}
            Err(fault) if fault.kind() == ErrorKind::WouldBlock => thread::sleep(RETRY_INTERVAL),
            // No one reads it now.
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Slow {
        taken: Vec<u8>,
        calls: usize,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.calls += 1;
            match self.calls % 3 {
                1 => Err(ErrorKind::WouldBlock.into()),
                2 => Err(ErrorKind::Interrupted.into()),
                _ => {
                    let count = bytes.len().min(5);
                    self.taken.extend(&bytes[..count]);
                    Ok(count)
                }
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_is_slow_gets_every_byte() {
        let mut slow = Slow { taken: Vec::new(), calls: 0 };
        write_all(&mut slow, b"a line of the log\n");
        assert_eq!(slow.taken, b"a line of the log\n");
    }

    #[test]
    fn half_a_line_is_not_written() {
        let mut lines = Lines { writer: Some(Waker::noop().clone()), ..Lines::default() };
        let line = |text: &'static str| {
            move |out: &mut Vec<u8>, _: &str| {
                out.extend(text.as_bytes());
                if text.ends_with('\n') { Ok(()) } else { Err(ErrorKind::Other.into()) }
            }
        };
        lines.add(Level::Info, &line("one\n"));
        lines.add(Level::Info, &line("half"));
        lines.bytes.extend(b"of a line whose formatting panicked");
        lines.add(Level::Debug, &line("two\n"));
        assert_eq!(lines.bytes, b"one\ntwo\n");
    }
}
