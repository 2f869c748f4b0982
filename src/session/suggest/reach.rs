//! How much of the texts a suggested recipe reads.

use crate::session::rows::overlap;
use crate::session::start::{ANSWERS_MAX_LENGTH, DEFAULT_MAX_LENGTH};
use crate::task::Task;

/// Where the text in the middle is longer than the default, as far as so large a share of them goes, and so many tokens at most:
/// what comes later tells little more of what a text is about, and takes as long (tests/bench/LOG.md, "Long texts").
const TEXTS: Wanted = Wanted { once: 0.5, share: 0.9, most: 256 };
/// Where any text is, as far as the longest, so that words are seen with all that is around them.
const WORDS: Wanted = Wanted { once: 1.0, share: 1.0, most: 512 };
/// Maximum lengths are multiples of this many tokens.
const MULTIPLE: usize = 32;
/// Rows of a batch, of most tasks.
const BATCH: usize = 16;
/// Tokens of a text before any was looked at.
const UNKNOWN: f64 = 64.0;

/// A maximum length and what it comes to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reach {
    /// Tokens of a text that are read, where the default would cut too many texts.
    pub max_length: Option<usize>,
    /// Tokens of a text that are computed, on average: with what pads it to the longest of its batch.
    pub mean: f64,
    /// Rows of a text, on average: more than one where long ones are read in windows.
    pub rows: f64,
}

impl Reach {
    /// For texts of so many tokens each, and an encoder that has so many positions.
    pub fn of(task: Task, lengths: &[u32], positions: usize) -> Self {
        let max_length = match task {
            // Read in windows, and anywhere in a text.
            Task::Answers | Task::Language => None,
            Task::Tokens => needed(lengths, WORDS, positions),
            _ => needed(lengths, TEXTS, positions),
        };
        let default = if task == Task::Answers { ANSWERS_MAX_LENGTH } else { DEFAULT_MAX_LENGTH };
        let longest = max_length.unwrap_or(default.min(positions));
        let mut rows = rows(task, lengths, longest);
        if rows.is_empty() {
            return Self { max_length, mean: UNKNOWN, rows: 1.0 };
        }
        rows.sort_unstable_by_key(|&length| std::cmp::Reverse(length));
        let computed: usize = rows.chunks(BATCH).map(|batch| batch[0] * batch.len()).sum();
        let texts = lengths.len() as f64;
        Self { max_length, mean: computed as f64 / texts, rows: rows.len() as f64 / texts }
    }

    /// The maximum length in words, to follow other sentences; nothing where it is the default.
    pub fn sentence(&self) -> String {
        let then = match self.rows > 1.0 {
            true => "longer ones in windows".to_owned(),
            false => format!("the default of {DEFAULT_MAX_LENGTH} would cut some"),
        };
        self.max_length.map_or_else(String::new, |length| format!(" Texts are read up to {length} tokens; {then}."))
    }
}

/// Tokens of each row that texts of so many tokens become: windows that overlap, or the text as far as it is read.
fn rows(task: Task, lengths: &[u32], longest: usize) -> Vec<usize> {
    let lengths = lengths.iter().map(|&length| length as usize);
    let overlap = match overlap(task, longest) {
        Some(overlap) if overlap < longest => overlap,
        _ => return lengths.map(|length| length.min(longest)).collect(),
    };
    let step = longest - overlap;
    lengths
        .flat_map(|length| {
            (0..length.saturating_sub(overlap).div_ceil(step).max(1))
                .map(move |window| longest.min(length - window * step))
        })
        .collect()
}

/// How far texts are to be read.
struct Wanted {
    /// Share of the texts at which one is longer than the default, before more than that is read.
    once: f64,
    /// Share of the texts that are read whole then.
    share: f64,
    /// Most tokens.
    most: usize,
}

/// The maximum length that is wanted; `None` where it is the default.
fn needed(lengths: &[u32], wanted: Wanted, positions: usize) -> Option<usize> {
    let mut lengths = lengths.to_vec();
    let last = lengths.len().checked_sub(1)?;
    let mut at = |share: f64| *lengths.select_nth_unstable((share * last as f64).ceil() as usize).1 as usize;
    if at(wanted.once) <= DEFAULT_MAX_LENGTH {
        return None;
    }
    let length = at(wanted.share).next_multiple_of(MULTIPLE).min(wanted.most).min(positions);
    (length > DEFAULT_MAX_LENGTH).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(task: Task, lengths: &[u32], positions: usize) -> (Option<usize>, f64) {
        let Reach { max_length, mean, .. } = Reach::of(task, lengths, positions);
        (max_length, mean)
    }

    #[test]
    fn long_texts_are_read_as_far_as_most_of_them_go() {
        assert_eq!(reach(Task::Classification, &[100, 100, 100, 400, 400], 512), (None, 128.0));
        assert_eq!(reach(Task::Classification, &[100, 140, 150, 150], 512), (Some(160), 150.0));
        assert_eq!(reach(Task::Regression, &[90, 400, 500, 1000], 512), (Some(256), 256.0));
        assert_eq!(reach(Task::Embedding, &[400; 3], 130), (Some(130), 130.0), "no more than there are positions");
        assert_eq!(reach(Task::MultiLabel, &[400; 3], 64), (None, 64.0));
    }

    #[test]
    fn a_text_costs_what_the_longest_of_its_batch_does() {
        let lengths = [&[100; 4][..], &[10; 28]].concat();
        assert_eq!(reach(Task::Classification, &lengths, 512), (None, (16.0 * 100.0 + 16.0 * 10.0) / 32.0));
        assert_eq!(reach(Task::Classification, &[], 512), (None, UNKNOWN));
    }

    #[test]
    fn words_and_contexts_are_read_in_windows() {
        assert_eq!(reach(Task::Tokens, &[20, 20, 20, 300], 512), (Some(320), 300.0));
        // 2,000 tokens make five windows of 512, of each of which a quarter comes again.
        let long = Reach::of(Task::Tokens, &[20, 2000], 8192);
        assert_eq!((long.max_length, long.rows), (Some(512), 3.0));
        assert_eq!(long.mean, 6.0 * 512.0 / 2.0);
        let answers = Reach::of(Task::Answers, &[100, 900], 512);
        assert_eq!((answers.max_length, answers.rows), (None, 2.5));
        assert_eq!(answers.mean, 5.0 * 384.0 / 2.0);
        assert_eq!(reach(Task::Language, &[100, 900], 512), (None, 128.0));
    }

    #[test]
    fn what_is_not_the_default_is_said() {
        assert_eq!(Reach::of(Task::Tokens, &[20], 512).sentence(), "");
        let windows = Reach::of(Task::Tokens, &[600], 512).sentence();
        assert_eq!(windows, " Texts are read up to 512 tokens; longer ones in windows.");
        let said = Reach::of(Task::Tokens, &[200], 512).sentence();
        assert_eq!(said, " Texts are read up to 224 tokens; the default of 128 would cut some.");
    }
}
