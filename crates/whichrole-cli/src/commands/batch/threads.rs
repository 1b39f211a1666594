//! Lets several threads work on one input. Each takes the next block, works on it, and waits for its turn to hand in what it made: so the
//! order of results is that of the lines, and there are never more blocks in memory than threads.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use crate::lines::{BLOCK, Block, Lines};

/// What one thread does with blocks.
pub trait Work {
    /// Works on a block, handing in results as often as it likes.
    fn block(&mut self, block: Block, buffer: &[u8], turn: &mut Turn<'_, Self::Results>) -> io::Result<()>;

    /// Where results are handed in, in the order of the blocks.
    type Results: Send + 'static;
}

/// What the threads share.
struct Shared<R> {
    /// The lines, and how many blocks were taken.
    input: Mutex<(Lines, usize)>,
    /// The number of the block whose results come next, and the results.
    results: Mutex<(usize, R)>,
    next: Condvar,
}

/// One block's right to hand in results once all before it have.
pub struct Turn<'s, R> {
    shared: &'s Shared<R>,
    number: usize,
}

impl<R> Turn<'_, R> {
    /// Waits until it is this block's turn, and hands in.
    pub fn hand_in<T>(&mut self, hand_in: impl FnOnce(&mut R) -> T) -> T {
        let number = self.number;
        let results = lock(&self.shared.results);
        let waited = self.shared.next.wait_while(results, |(next, _)| *next != number);
        hand_in(&mut waited.unwrap_or_else(PoisonError::into_inner).1)
    }
}

/// A thread that panicked has left nothing half done that another would read.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Works on all lines with so many threads, and gives back the results. `watch` is called now and then with the bytes read so far.
pub fn run<W: Work + Send + 'static>(
    lines: Lines,
    results: W::Results,
    workers: Vec<W>,
    mut watch: impl FnMut(u64),
) -> io::Result<W::Results> {
    let shared =
        Arc::new(Shared { input: Mutex::new((lines, 0)), results: Mutex::new((0, results)), next: Condvar::new() });
    if workers.len() < 2 {
        for mut worker in workers {
            work(&mut worker, &shared, &mut watch)?;
        }
    } else {
        in_threads(&shared, workers, &mut watch)?;
    }
    match Arc::try_unwrap(shared) {
        Ok(shared) => Ok(shared.results.into_inner().unwrap_or_else(PoisonError::into_inner).1),
        Err(_) => Err(io::Error::other("a thread is still at work")),
    }
}

/// Starts a thread for each worker, and waits until all are done or one has failed. Whoever has failed ends the command, though another may be
/// waiting for input that never comes: so nobody waits for that one.
fn in_threads<W: Work + Send + 'static>(
    shared: &Arc<Shared<W::Results>>,
    workers: Vec<W>,
    watch: &mut dyn FnMut(u64),
) -> io::Result<()> {
    let (done, finished) = mpsc::channel();
    let start = |mut worker: W| {
        let (shared, done) = (Arc::clone(shared), done.clone());
        thread::spawn(move || {
            let ending = work(&mut worker, &shared, &mut |_| ());
            drop(shared);
            // Whoever does not listen any more has ended already.
            let _ = done.send(ending);
        })
    };
    let mut threads: Vec<_> = workers.into_iter().map(start).collect();
    let mut left = threads.len();
    while left > 0 {
        if let Ok(ending) = finished.recv_timeout(Duration::from_millis(100)) {
            ending?;
            left -= 1;
        } else {
            if let Ok(input) = shared.input.try_lock() {
                watch(input.0.read);
            }
            while let Some(at) = threads.iter().position(thread::JoinHandle::is_finished) {
                threads.swap_remove(at).join().map_err(|_| io::Error::other("a thread broke off"))?;
            }
        }
    }
    Ok(())
}

/// One thread's work: block after block, to the end.
fn work<W: Work>(worker: &mut W, shared: &Shared<W::Results>, watch: &mut dyn FnMut(u64)) -> io::Result<()> {
    let mut buffer = Vec::new();
    loop {
        let (number, block, read) = {
            let mut input = lock(&shared.input);
            let block = input.0.next(&mut buffer);
            input.1 += 1;
            (input.1 - 1, block, input.0.read)
        };
        watch(read);
        if matches!(block, Block::End) {
            return Ok(());
        }
        let mut turn = Turn { shared, number };
        worker.block(block, &buffer, &mut turn)?;
        turn.hand_in(|_| ());
        lock(&shared.results).0 += 1;
        shared.next.notify_all();
    }
}

/// How many threads there are to be: as asked, or as many as there are processors, but no more than an input of so many bytes has blocks.
pub fn count(asked: Option<usize>, bytes: Option<u64>) -> usize {
    let blocks = bytes.map_or(usize::MAX, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX).div_ceil(BLOCK));
    asked.unwrap_or_else(|| thread::available_parallelism().map_or(1, Into::into).min(blocks).max(1))
}
