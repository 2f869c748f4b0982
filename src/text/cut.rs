//! Which tokens of two texts stay when both together are too long, as transformers and its fast tokenizers cut.

use std::ops::Range;

use tokenizers::tokenizer::Encoding as Tokens;

use crate::error::{Error, Result};

/// Most tokens of all the windows of one text, about 100 MB of them: a long stride would make windows without number.
const MAX_WINDOW_TOKENS: usize = 4 << 20;

/// How a pair of texts is cut to a number of tokens, special ones included: `truncation` and `max_length` of
/// transformers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Not at all.
    Never,
    /// The longer text first, until both are as long; then both. What `truncation=True` means.
    LongestFirst(usize),
    /// The first text alone.
    OnlyFirst(usize),
    /// The second text alone, for a question and its context.
    OnlySecond(usize),
}

/// Tokens that stay of texts with `first` and `second` tokens where there is room for `room`: the rule of
/// `truncate_encodings` in `tokenizers/utils/truncation.rs`.
///
/// The shorter text is kept whole if it fits into half the room. Otherwise both get half, and if the room is odd the
/// longer one (the second, if none is) gets one token more.
pub(super) fn longest_first(first: usize, second: usize, room: usize) -> (usize, usize) {
    if first.saturating_add(second) <= room {
        return (first, second);
    }
    let half = room / 2;
    let shorter = if first.min(second) <= half { first.min(second) } else { half };
    if first > second { (room - shorter, shorter) } else { (shorter, room - shorter) }
}

/// Whether [`longest_first`] gives the same for every longer pair that starts with these; `whole` says which of the
/// texts ends there. Both reach `room`, unless they are whole.
pub(super) fn is_settled(lengths: [usize; 2], whole: [bool; 2], room: usize) -> bool {
    let [first, second] = lengths;
    room.is_multiple_of(2)
        || first.min(second) <= room / 2
        || match whole {
            [true, true] => true,
            [true, false] => second > first,
            [false, true] => first > second,
            [false, false] => false,
        }
}

/// Windows of at most `room` tokens over a text of `length` tokens, each of which starts with the last `stride` tokens
/// of the one before; one window if all fits. Each comes to `max_length` tokens with the question and special ones.
///
/// # Errors
///
/// There is no room beyond the stride, or the windows have more than 4 Mi tokens.
pub(super) fn windows(length: usize, room: usize, stride: usize, max_length: usize) -> Result<Vec<Range<usize>>> {
    if length <= room {
        return Ok(vec![0..length; 1]);
    }
    let Some(step) = room.checked_sub(stride).filter(|&step| step > 0) else {
        return Err(Error::recipe(
            "stride",
            format!(
                "Windows that overlap by {stride} tokens need more room: the maximum length leaves {room} tokens beside \
                 the question. Choose a smaller stride or a larger maximum length."
            ),
        ));
    };
    let count = (length - room).div_ceil(step) + 1;
    if count.saturating_mul(max_length) > MAX_WINDOW_TOKENS {
        return Err(Error::recipe(
            "stride",
            format!(
                "A text of {length} tokens would make {count} windows of {max_length} tokens; that is too much \
                 memory. Choose a smaller stride or cut the text."
            ),
        ));
    }
    Ok((0..count).map(|window| window * step..(window * step + room).min(length)).collect())
}

/// Some of the tokens; `Encoding::truncate` would also build every piece that is cut off.
pub(super) fn part(tokens: &Tokens, range: Range<usize>) -> Tokens {
    Tokens::new(
        tokens.get_ids()[range.clone()].to_vec(),
        tokens.get_type_ids()[range.clone()].to_vec(),
        tokens.get_tokens()[range.clone()].to_vec(),
        tokens.get_word_ids()[range.clone()].to_vec(),
        tokens.get_offsets()[range.clone()].to_vec(),
        tokens.get_special_tokens_mask()[range.clone()].to_vec(),
        tokens.get_attention_mask()[range].to_vec(),
        Vec::new(),
        std::iter::empty().collect(),
    )
}

/// The first `room` tokens, or all.
pub(super) fn start(tokens: Tokens, room: usize) -> Tokens {
    if tokens.len() > room { part(&tokens, 0..room) } else { tokens }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_text_is_cut_first() {
        assert_eq!(longest_first(3, 4, 7), (3, 4));
        assert_eq!(longest_first(3, 40, 9), (3, 6));
        assert_eq!(longest_first(40, 3, 9), (6, 3));
        assert_eq!(longest_first(40, 30, 9), (5, 4));
        assert_eq!(longest_first(30, 40, 9), (4, 5));
        assert_eq!(longest_first(30, 30, 9), (4, 5));
        assert_eq!(longest_first(5, 5, 9), (4, 5));
        assert_eq!(longest_first(30, 30, 0), (0, 0));
    }

    #[test]
    fn what_is_settled_stays_so_for_longer_texts() {
        for room in 0..9 {
            for (first, second) in (room..12).flat_map(|first| (room..12).map(move |second| (first, second))) {
                for whole in [[true, true], [true, false], [false, true], [false, false]] {
                    let grown = |length, whole| if whole { length..length + 1 } else { length..20 };
                    let same = grown(first, whole[0])
                        .flat_map(|longer| grown(second, whole[1]).map(move |other| (longer, other)))
                        .all(|(longer, other)| {
                            longest_first(longer, other, room) == longest_first(first, second, room)
                        });
                    assert!(same || !is_settled([first, second], whole, room), "{first} {second} {whole:?} {room}");
                }
            }
        }
    }

    #[test]
    fn windows_overlap_by_the_stride_and_end_with_the_text() {
        assert_eq!(windows(10, 4, 1, 9).expect("windows"), [0..4, 3..7, 6..10]);
        assert_eq!(windows(11, 4, 1, 9).expect("windows"), [0..4, 3..7, 6..10, 9..11]);
        assert_eq!(windows(4, 4, 9, 9).expect("one window"), vec![0..4; 1]);
        assert_eq!(windows(0, 0, 0, 9).expect("one window"), vec![0..0; 1]);
        for (length, room, stride) in [(5, 4, 4), (5, 4, 9), (1, 0, 0)] {
            let error = windows(length, room, stride, 9).expect_err("no room");
            assert!(error.to_string().contains("smaller stride"), "{error}");
        }
        let error = windows(1 << 20, 509, 508, 512).expect_err("too many");
        assert!(error.to_string().contains("too much memory"), "{error}");
    }
}
