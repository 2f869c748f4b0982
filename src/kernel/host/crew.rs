//! Threads that stay awake between kernels.
//!
//! A training step is some hundred parallel pieces of work, most of them shorter than a millisecond. Rayon's threads go to
//! sleep as soon as there is none, in browsers within microseconds, and waking them took longer than many a kernel. So
//! threads of its pool that have helped with a kernel look out for the next one a while longer.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

/// How many times a thread looks before it gives up: a tenth of a millisecond, longer than a step's pauses between kernels.
const LOOKS: usize = 10_000;

// The state of the crew in one word, so that nobody joins what is over: the lowest bit says that there is work to join, the
// second that its owner sleeps until all are done, then 30 bits for how many are at work, 32 for how many works there were.
const OPEN: u64 = 1;
const ASLEEP: u64 = 2;
const ONE: u64 = 4;
const NEXT: u64 = 1 << 32;

static CREW: Crew = Crew {
    taken: AtomicBool::new(false),
    state: AtomicU64::new(0),
    work: AtomicPtr::new(std::ptr::null_mut()),
    awake: AtomicUsize::new(0),
    sleep: Mutex::new(()),
    done: Condvar::new(),
};

/// Runs `work` for 0, 1, … `pieces` − 1, at least for 0, in any order, on the calling thread and those of the pool; false,
/// with nothing done, while the crew is at work already, be it for another thread or for a piece of which this is a part.
///
/// # Panics
///
/// When a piece does, after all threads have come to an end.
pub fn each(pieces: usize, work: &(dyn Fn(usize) + Sync)) -> bool {
    if CREW.taken.swap(true, Ordering::Acquire) {
        return false;
    }
    let work =
        Work { work, pieces, claimed: AtomicUsize::new(0), last: AtomicUsize::new(0), failure: Mutex::new(None) };
    let open = CREW.open(&work);
    let mut piece = 0;
    while work.claim() {
        (work.work)(piece);
        piece += 1;
    }
    drop(open);
    let failure = work.failure.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(failure) = failure {
        resume_unwind(failure);
    }
    true
}

/// Pieces of work that threads take one by one: the owner from the front, the others from the back, so that neighbours
/// stay in one thread's cache.
struct Work<'a> {
    work: &'a (dyn Fn(usize) + Sync),
    pieces: usize,
    /// Pieces that somebody has taken.
    claimed: AtomicUsize,
    /// Of these, pieces taken from the back.
    last: AtomicUsize,
    /// What the first panic of a helper said.
    failure: Mutex<Option<Box<dyn Any + Send>>>,
}

impl Work<'_> {
    /// Whether there is a piece left for whoever asks.
    fn claim(&self) -> bool {
        self.claimed.fetch_add(1, Ordering::Relaxed) < self.pieces
    }

    fn help(&self) {
        let pieces = || {
            while self.claim() {
                (self.work)(self.pieces - 1 - self.last.fetch_add(1, Ordering::Relaxed));
            }
        };
        if let Err(failure) = catch_unwind(AssertUnwindSafe(pieces)) {
            // Nobody shall take the rest.
            self.claimed.store(self.pieces, Ordering::Relaxed);
            self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(failure);
        }
    }
}

/// The threads of one process that help, and what they help with.
struct Crew {
    /// Whether somebody has work for it.
    taken: AtomicBool,
    state: AtomicU64,
    /// What there is to do, while the state says that it is open or somebody at work.
    work: AtomicPtr<Work<'static>>,
    /// Threads that look out for work.
    awake: AtomicUsize,
    sleep: Mutex<()>,
    done: Condvar,
}

impl Crew {
    /// Lets others join, and calls as many as can be of use.
    fn open<'a>(&'static self, work: &'a Work<'a>) -> Open<'a> {
        self.work.store(std::ptr::from_ref(work).cast_mut().cast(), Ordering::Relaxed);
        // Nobody is at work: the owner before has waited for that.
        let number = self.state.load(Ordering::Relaxed) / NEXT + 1;
        self.state.store(number << 32 | OPEN, Ordering::Release);
        let wanted = (rayon::current_num_threads() - 1).min(work.pieces - 1);
        while self.awake.load(Ordering::Relaxed) < wanted {
            self.awake.fetch_add(1, Ordering::Relaxed);
            rayon::spawn(|| self.look_out());
        }
        Open { crew: self, _work: work }
    }

    /// What a helping thread does: joins each work once, and looks for the next until there was none for a while.
    fn look_out(&self) {
        let (mut seen, mut looks) = (0, 0);
        while looks < LOOKS {
            let state = self.state.load(Ordering::Relaxed);
            if state & OPEN == 0 || state / NEXT == seen {
                looks += 1;
                pause();
            } else if self.state.compare_exchange_weak(state, state + ONE, Ordering::Acquire, Ordering::Relaxed).is_ok()
            {
                // SAFETY: its owner does not go on while somebody is at work.
                unsafe { &*self.work.load(Ordering::Relaxed) }.help();
                self.leave();
                (seen, looks) = (state / NEXT, 0);
            }
        }
        self.awake.fetch_sub(1, Ordering::Relaxed);
    }

    fn leave(&self) {
        let state = self.state.fetch_sub(ONE, Ordering::AcqRel) - ONE;
        if state & ASLEEP != 0 && at_work(state) == 0 {
            let _owner_waits = self.sleep.lock().unwrap_or_else(PoisonError::into_inner);
            self.done.notify_one();
        }
    }

    /// Lets nobody join any more, and waits for those who have.
    fn close(&self) {
        self.state.fetch_and(!OPEN, Ordering::AcqRel);
        for _ in 0..LOOKS {
            if at_work(self.state.load(Ordering::Acquire)) == 0 {
                return;
            }
            pause();
        }
        let mut sleep = self.sleep.lock().unwrap_or_else(PoisonError::into_inner);
        self.state.fetch_or(ASLEEP, Ordering::AcqRel);
        while at_work(self.state.load(Ordering::Acquire)) > 0 {
            sleep = self.done.wait(sleep).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn at_work(state: u64) -> u64 {
    (state % NEXT) / ONE
}

/// Work that others may join; closed when it is dropped, also by a panic.
struct Open<'a> {
    crew: &'static Crew,
    _work: &'a Work<'a>,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.crew.close();
        self.crew.taken.store(false, Ordering::Release);
    }
}

/// Some ten nanoseconds that cost a thread on the same core as little as can be.
fn pause() {
    #[cfg(not(target_family = "wasm"))]
    std::hint::spin_loop();
    // WebAssembly has no such instruction; one that nothing overtakes comes near.
    #[cfg(target_family = "wasm")]
    std::sync::atomic::fence(Ordering::SeqCst);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often each piece was done.
    fn counts(pieces: usize, inner: &(dyn Fn(usize) + Sync)) -> Vec<usize> {
        let counts: Vec<AtomicUsize> = (0..pieces).map(|_| AtomicUsize::new(0)).collect();
        let work = |piece: usize| {
            inner(piece);
            counts[piece].fetch_add(1, Ordering::Relaxed);
        };
        while !each(pieces, &work) {
            std::thread::yield_now();
        }
        counts.into_iter().map(AtomicUsize::into_inner).collect()
    }

    #[test]
    fn every_piece_is_done_once_whoever_else_has_work() {
        std::thread::scope(|scope| {
            for size in 0..4 {
                scope.spawn(move || {
                    for pieces in [1, 2, 3, 8, 100 + size] {
                        for _ in 0..50 {
                            assert_eq!(counts(pieces, &|_| ()), vec![1; pieces]);
                        }
                    }
                });
            }
        });
    }

    /// Longer than a thread looks out, so that its owner falls asleep over it, and helpers go away between.
    #[test]
    fn long_pieces_are_waited_for() {
        let long = |_| {
            for _ in 0..4 * LOOKS {
                pause();
            }
        };
        for _ in 0..20 {
            assert_eq!(counts(5, &long), [1; 5]);
            long(0);
        }
    }

    /// Two pieces that wait for each other end only if two threads have them; the one from the back is a helper's.
    #[test]
    fn others_help_and_their_panics_come_to_the_owner() {
        if rayon::current_num_threads() == 1 {
            return;
        }
        let (owner, here) = (std::thread::current().id(), AtomicUsize::new(0));
        let meet = |meeting: usize| {
            here.fetch_add(1, Ordering::AcqRel);
            let began = std::time::Instant::now();
            while here.load(Ordering::Acquire) < 2 * meeting {
                assert!(began.elapsed().as_secs() < 60, "nobody helps");
                std::thread::yield_now();
            }
        };
        let apart = |meeting: usize| {
            move |piece: usize| {
                meet(meeting);
                assert_eq!(std::thread::current().id() == owner, piece == 0);
            }
        };
        assert_eq!(counts(2, &apart(1)), [1; 2]);
        let fails = |piece: usize| {
            meet(2);
            assert_eq!(piece, 0, "a helper's");
        };
        let caught = catch_unwind(AssertUnwindSafe(|| counts(2, &fails)));
        let message = caught.expect_err("a piece that panics").downcast::<String>().expect("a message");
        assert!(message.contains("a helper's"), "{message}");
        assert_eq!(counts(2, &apart(3)), [1; 2]);
    }

    #[test]
    fn a_piece_finds_the_crew_at_work() {
        assert_eq!(counts(4, &|_| assert!(!each(2, &|_| ()))), [1; 4]);
    }

    #[test]
    fn a_panic_comes_to_the_owner_and_leaves_the_crew_as_it_was() {
        for panics in 0..8 {
            let caught = catch_unwind(|| counts(8, &|piece| assert_ne!(piece, panics, "this one")));
            let message = caught.expect_err("a piece that panics").downcast::<String>().expect("a message");
            assert!(message.contains("this one"), "{message}");
        }
        assert_eq!(counts(8, &|_| ()), [1; 8]);
    }
}
