//! How much of the texts a suggested recipe reads.

use crate::session::start::DEFAULT_MAX_LENGTH;
use crate::task::Task;

/// Where the text in the middle is longer than the default, as far as so large a share of them goes, and so many tokens at most:
/// what comes later tells little more of what a text is about, and takes as long (tests/bench/LOG.md, "Long texts").
const TEXTS: Wanted = Wanted { once: 0.5, share: 0.9, most: 256 };
/// Where any text is, as far as the longest: each word has a label, and those behind the cut teach nothing.
const WORDS: Wanted = Wanted { once: 1.0, share: 1.0, most: 512 };
/// Maximum lengths are multiples of this many tokens.
const MULTIPLE: usize = 32;
/// Tokens of a text before any was looked at.
const UNKNOWN: f64 = 64.0;

/// A maximum length and what it comes to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reach {
    /// Tokens of a text that are read, where the default would cut too many texts.
    pub max_length: Option<usize>,
    /// Tokens of a text that are read, on average.
    pub mean: f64,
}

impl Reach {
    /// For texts of so many tokens each, counted as far as there are positions, and an encoder that has so many positions.
    pub fn of(task: Task, lengths: &[u32], positions: usize) -> Self {
        let max_length = match task {
            // Read in windows, and anywhere in a text.
            Task::Answers | Task::Language => None,
            Task::Tokens => needed(lengths, WORDS, positions),
            _ => needed(lengths, TEXTS, positions),
        };
        // Contexts are read in windows, so that no maximum length ends them.
        let cut = max_length.unwrap_or(DEFAULT_MAX_LENGTH.min(positions));
        let most = if task == Task::Answers { usize::MAX } else { cut };
        let read: f64 = lengths.iter().map(|&length| (length as usize).min(most) as f64).sum();
        Self { max_length, mean: if lengths.is_empty() { UNKNOWN } else { read / lengths.len() as f64 } }
    }

    /// The maximum length in words, to follow other sentences; nothing where it is the default.
    pub fn sentence(&self) -> String {
        self.max_length.map_or_else(String::new, |length| {
            format!(" Texts are read up to {length} tokens; the default of {DEFAULT_MAX_LENGTH} would cut some.")
        })
    }
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
        let Reach { max_length, mean } = Reach::of(task, lengths, positions);
        (max_length, mean)
    }

    #[test]
    fn long_texts_are_read_as_far_as_most_of_them_go() {
        assert_eq!(reach(Task::Classification, &[100, 100, 100, 400, 400], 512), (None, (300.0 + 256.0) / 5.0));
        assert_eq!(reach(Task::Classification, &[100, 140, 150, 150], 512), (Some(160), 135.0));
        assert_eq!(reach(Task::Regression, &[90, 400, 500, 1000], 512), (Some(256), (90.0 + 3.0 * 256.0) / 4.0));
        assert_eq!(reach(Task::Embedding, &[400; 3], 130), (Some(130), 130.0), "no more than there are positions");
        assert_eq!(reach(Task::MultiLabel, &[400; 3], 64), (None, 64.0));
    }

    #[test]
    fn words_are_read_to_the_last_and_windows_reach_all() {
        assert_eq!(reach(Task::Tokens, &[20, 20, 20, 300], 512), (Some(320), 90.0));
        assert_eq!(reach(Task::Tokens, &[20, 2000], 8192), (Some(512), 266.0));
        assert_eq!(reach(Task::Answers, &[100, 900], 512), (None, 500.0));
        assert_eq!(reach(Task::Language, &[100, 900], 512), (None, 114.0));
        assert_eq!(reach(Task::Classification, &[], 512), (None, UNKNOWN));
    }

    #[test]
    fn what_is_not_the_default_is_said() {
        assert_eq!(Reach::of(Task::Tokens, &[20], 512).sentence(), "");
        let said = Reach::of(Task::Tokens, &[200], 512).sentence();
        assert_eq!(said, " Texts are read up to 224 tokens; the default of 128 would cut some.");
    }
}
