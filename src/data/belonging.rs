//! Which texts belong together, so that none is learnt or counted as another one: many questions may have one answer, one
//! question many.

use std::collections::{HashMap, HashSet};

/// For each text, by its tokens, the place of the first that is the same.
pub fn firsts<'a>(texts: impl Iterator<Item = &'a [i32]>) -> Vec<usize> {
    let mut met = HashMap::new();
    texts.enumerate().map(|(place, text)| *met.entry(text).or_insert(place)).collect()
}

/// What belongs to each first text: itself and, from every row that begins with it, the second text. Texts are numbered as
/// [`firsts`] has them.
#[derive(Debug)]
pub struct Belonging(HashSet<(usize, usize)>);

impl Belonging {
    /// Of rows of two texts.
    pub fn of(rows: impl Iterator<Item = (usize, usize)>) -> Self {
        Self(rows.flat_map(|(first, second)| [(first, first), (first, second)]).collect())
    }

    /// Whether a text belongs to a first text.
    pub fn holds(&self, first: usize, text: usize) -> bool {
        self.0.contains(&(first, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_beside_a_text_belongs_to_it_and_so_does_the_text() {
        let texts: [&[i32]; 6] = [&[1], &[1], &[4, 4], &[2], &[3], &[2]];
        let first = firsts(texts.into_iter());
        assert_eq!(first, [0, 0, 2, 3, 4, 3]);
        let belonging = Belonging::of((0..3).map(|row| (first[row], first[3 + row])));
        let held = |text: usize| [0, 2, 3, 4].map(|other| belonging.holds(text, other));
        assert_eq!(held(0), [true, false, true, true]);
        assert_eq!(held(2), [false, true, true, false]);
        assert_eq!(held(3), [false; 4], "no row begins with it");
    }
}
