//! Which word each token belongs to, for tasks that give every word a label.

use super::encoding::Encoding;

/// The word that a token belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WordPlace {
    /// Place of the word in its text, counted from 0.
    pub word: u32,
    /// Whether no token before is of the same word. The first one carries the word's label; all others are left out of
    /// loss and measures, as `run_ner.py` of transformers does.
    pub first: bool,
}

/// For each token the word that it belongs to: none for special tokens and for a second text.
///
/// `words` are ranges of characters in the first text of the encoding, in ascending order and apart; together they
/// cover all of the text but white space. A token belongs to the first word that it overlaps. One that overlaps none is
/// white space, which several tokenizers put before a word as a token of its own: it belongs to the word that follows
/// at once. With a text that is its words joined by single spaces this gives what `word_ids` gives in transformers for
/// the words as a list (`is_split_into_words=True`).
pub fn word_places(words: &[(u32, u32)], encoding: &Encoding) -> Vec<Option<WordPlace>> {
    let mut last = None;
    let place = |(token, &(start, end)): (usize, &(u32, u32))| {
        if encoding.text_of(token) != Some(0) {
            return None;
        }
        let word = words.partition_point(|&(_, word_end)| word_end <= start);
        let (word_start, _) = *words.get(word)?;
        let touches = word_start < end || word_start <= start || word_start == end;
        touches.then(|| {
            let first = last.replace(word) != Some(word);
            WordPlace { word: word as u32, first }
        })
    };
    encoding.offsets.iter().enumerate().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Offsets of tokens between one special token at either end.
    fn places(words: &[(u32, u32)], offsets: &[(u32, u32)]) -> Vec<Option<(u32, bool)>> {
        let tokens = offsets.len() as u32;
        let all = [&[(0, 0)], offsets, &[(0, 0)]].concat();
        let encoding = Encoding { offsets: all, texts: [1..tokens + 1, 0..0], ..Encoding::default() };
        let places = word_places(words, &encoding);
        assert_eq!((places[0], places[places.len() - 1]), (None, None), "special tokens are of no word");
        places[1..places.len() - 1].iter().map(|place| place.map(|place| (place.word, place.first))).collect()
    }

    #[test]
    fn pieces_of_a_word_follow_its_first() {
        let words = [(0, 4), (5, 6), (6, 9)];
        let expected = [Some((0, true)), Some((0, false)), Some((1, true)), Some((2, true)), Some((2, false))];
        assert_eq!(places(&words, &[(0, 2), (2, 4), (5, 6), (6, 8), (8, 9)]), expected);
    }

    #[test]
    fn spaces_before_a_word_are_of_the_word() {
        // Inside of a token, as a token of their own, and trimmed to nothing.
        assert_eq!(places(&[(0, 1), (2, 3)], &[(0, 1), (1, 3)]), [Some((0, true)), Some((1, true))]);
        let own = [Some((0, true)), Some((1, true)), Some((1, false))];
        assert_eq!(places(&[(0, 1), (2, 3)], &[(0, 1), (1, 2), (2, 3)]), own);
        assert_eq!(places(&[(0, 1), (2, 3)], &[(0, 1), (2, 2), (2, 3)]), own);
        assert_eq!(places(&[(0, 1)], &[(0, 0), (0, 1)]), [Some((0, true)), Some((0, false))]);
    }

    #[test]
    fn a_token_over_two_words_is_of_the_first_and_one_beyond_all_of_none() {
        assert_eq!(places(&[(0, 1), (1, 2)], &[(0, 2)]), [Some((0, true))]);
        assert_eq!(places(&[(0, 1)], &[(0, 1), (1, 2), (3, 3)]), [Some((0, true)), None, None]);
        assert_eq!(places(&[(0, 1), (4, 5)], &[(1, 2), (4, 5)]), [None, Some((1, true))]);
        assert_eq!(places(&[], &[(0, 1)]), [None]);
    }

    #[test]
    fn a_second_text_has_no_words() {
        let encoding = Encoding { offsets: vec![(0, 1), (0, 1)], texts: [0..1, 1..2], ..Encoding::default() };
        assert_eq!(word_places(&[(0, 1)], &encoding), [Some(WordPlace { word: 0, first: true }), None]);
    }
}
