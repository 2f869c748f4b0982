//! What a table of many rows takes of memory, from its bytes to its tokens: its text is there once.

#[path = "support/fruit.rs"]
mod fruit;
mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use fruit::{Folder, empty};
use tabtune::DeviceKind;
use tabtune::data::{Reading, Survey, TableReader};

/// The system's allocator, and how many bytes are taken from it.
struct Counting;

static TAKEN: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: all is left to the system's allocator; numbers are counted beside.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let taken = TAKEN.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(taken, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        TAKEN.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const ROWS: usize = 200_000;
const PIECE: usize = 1 << 20;

/// A file that is made as it is read: rows of some hundred bytes, each another one.
fn pieces(mut each: impl FnMut(&[u8], bool)) -> usize {
    let (mut piece, mut bytes) = (b"id,text,label\n".to_vec(), 0);
    for row in 0..ROWS {
        let text = "the apple is very good and sweet and we like the red pie with it";
        piece.extend(format!("{row},{text} {},{}\n", row * 7919, ["red", "green", "yellow"][row % 3]).bytes());
        if piece.len() >= PIECE || row + 1 == ROWS {
            bytes += piece.len();
            each(&piece, row + 1 == ROWS);
            piece.clear();
        }
    }
    bytes
}

fn taken() -> usize {
    TAKEN.load(Ordering::Relaxed)
}

#[test]
fn the_text_of_a_table_is_in_memory_once() {
    let mut session = empty(DeviceKind::Cpu);
    session.open_model(Folder::fixture("tiny-bert").files(), "tiny").expect("a model");
    let before = taken();
    MOST.store(before, Ordering::Relaxed);

    let mut survey = Survey::new("long.csv");
    let bytes = pieces(|piece, _| survey.add(piece));
    let mut reader = TableReader::open(&survey).expect("a table").expect("delimited");
    pieces(|piece, last| assert_eq!(reader.push(piece, last), Ok(Reading::Goes)));
    let table = reader.finish().expect("a table");
    drop(survey);
    let (counted, read) = (table.bytes(), taken() - before);
    // 4 bytes for each cell, 8 for each row.
    assert!(counted <= bytes + 20 * ROWS, "{counted} bytes for {bytes}");
    assert!(read <= counted + PIECE, "{read} bytes taken, {counted} counted");
    // While it is read, hashes of its values are there, too: 18 bytes for each at most, twice while their table grows.
    let most = MOST.load(Ordering::Relaxed) - before;
    assert!(most <= counted + 2 * ROWS * 36 + 8 * PIECE, "{most} bytes at most, {counted} counted");

    let mapping = session.take_table(table).expect("a table").mapping;
    assert_eq!((mapping.text.as_str(), mapping.label.as_str()), ("text", "label"));
    let opened = taken();
    session.map_columns(&mapping).expect("a data set");
    let examples = taken() - opened;
    // An example and the place of its row; no text.
    assert!(examples <= 112 * ROWS + PIECE, "{examples} bytes for {ROWS} examples");

    let mapped = taken();
    session.tokenize(usize::MAX).expect("tokens");
    let info = session.dataset_info().expect("a data set");
    let tokens = info.mean_tokens.expect("counted") * ROWS as f64;
    let each = (taken() - mapped) as f64 / tokens;
    assert!(each < 6.5, "{each} bytes for each of {tokens} tokens");
}
