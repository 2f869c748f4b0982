//! Texts whose words have labels → rows: windows of a text that is too long for one, in each of which other words count.

use crate::data::{Truth, Word};
use crate::text::{Encoding, WordPlace, word_places};

/// Where a word counts.
#[derive(Debug, Clone, Copy)]
struct Counts {
    window: usize,
    /// How many tokens of the window stand before its first token or behind it, whichever are fewer.
    around: usize,
}

/// How many tokens of a window of so many stand on that side of one of them that has fewer.
pub(super) fn around(token: usize, tokens: usize) -> usize {
    token.min(tokens - 1 - token)
}

/// What is right for the tokens of each window of a text. A word counts once: in the window that shows most of what is around
/// it, by which the model is asked for its label, too.
pub(super) fn truths(words: &[Word], windows: &[Encoding]) -> Vec<Truth> {
    let ranges: Vec<(u32, u32)> = words.iter().map(|word| (word.start, word.end)).collect();
    let places: Vec<Vec<Option<WordPlace>>> = windows.iter().map(|window| word_places(&ranges, window)).collect();
    let mut counts: Vec<Option<Counts>> = vec![None; words.len()];
    for (window, places) in places.iter().enumerate() {
        for (token, word) in firsts(places) {
            let around = around(token, places.len());
            let known = &mut counts[word];
            if known.is_none_or(|known| known.around < around) {
                *known = Some(Counts { window, around });
            }
        }
    }
    let truth = |(window, places): (usize, &Vec<Option<WordPlace>>)| {
        let mut tags = vec![None; places.len()];
        for (token, word) in firsts(places) {
            let here = counts[word].is_some_and(|counts| counts.window == window);
            tags[token] = here.then(|| words[word].tag);
        }
        Truth::Tokens(tags)
    };
    places.iter().enumerate().map(truth).collect()
}

/// The tokens that begin a word, with its place.
fn firsts(places: &[Option<WordPlace>]) -> impl Iterator<Item = (usize, usize)> {
    let first = |(token, place): (usize, &Option<WordPlace>)| {
        place.filter(|place| place.first).map(|place| (token, place.word as usize))
    };
    places.iter().enumerate().filter_map(first)
}

/// Whether any token has something that is right for it.
pub(super) fn teaches(truth: &Truth) -> bool {
    matches!(truth, Truth::Tokens(tags) if tags.iter().any(Option::is_some))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words of one letter and a space each, a token each, between special tokens.
    fn window(words: std::ops::Range<u32>) -> Encoding {
        let offsets = words.clone().map(|word| (2 * word, 2 * word + 1));
        let offsets: Vec<(u32, u32)> = [(0, 0)].into_iter().chain(offsets).chain([(0, 0)]).collect();
        Encoding { texts: [1..words.len() as u32 + 1, 0..0], offsets, ..Encoding::default() }
    }

    fn tags(truth: &Truth) -> Vec<Option<usize>> {
        match truth {
            Truth::Tokens(tags) => tags.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_word_counts_once_where_most_is_around_it() {
        let word = |at: u32| Word { start: 2 * at, end: 2 * at + 1, tag: at as usize };
        let words: Vec<Word> = (0..10).map(word).collect();
        let found = truths(&words, &[window(0..6), window(4..10)]);
        let expected = [0, 1, 2, 3, 4].map(Some);
        assert_eq!(tags(&found[0]), [&[None], &expected[..], &[None, None]].concat());
        assert_eq!(tags(&found[1]), [&[None, None], &[5, 6, 7, 8, 9].map(Some)[..], &[None]].concat());
        assert!(found.iter().all(teaches));
        // A window within another has nothing that counts.
        assert!(!teaches(&truths(&words, &[window(0..10), window(8..10)])[1]));
    }
}
