//! The words of a text with their labels, from the outputs over its tokens or over windows of them.

use crate::data::{Example, Target, cut_words};
use crate::eval::{Entity, Scheme, entities_of, softmax};
use crate::session::prediction::{Marked, Prediction};
use crate::session::tally::argmax;
use crate::session::word_rows::around;
use crate::text::{Encoding, word_places};

/// What is known of the words of one text.
#[derive(Debug)]
pub(super) struct Marking {
    /// Where each word starts and ends, in characters.
    words: Vec<(u32, u32)>,
    /// What is said of each; nothing of those that no window has.
    said: Vec<Option<Said>>,
}

/// A word's label.
#[derive(Debug, Clone, Copy)]
struct Said {
    label: usize,
    /// Its probability.
    score: f64,
    /// How many tokens of the window stand before the word or behind it, whichever are fewer.
    around: usize,
}

impl Marking {
    /// Nothing said yet of an example's words. Those that were given as such are taken as such; other texts are cut into words as
    /// training texts are.
    pub fn of(example: &Example) -> Self {
        let words: Vec<(u32, u32)> = match &example.target {
            Target::Words(words) => words.iter().map(|word| (word.start, word.end)).collect(),
            _ => cut_words(&example.text),
        };
        Self { said: vec![None; words.len()], words }
    }

    /// What the outputs `[T, K]` over a window say of its words; of a word that another window has, too, that one counts which
    /// shows more of what is around it.
    pub fn add(&mut self, window: &Encoding, outputs: &[f32], labels: usize) {
        let places = word_places(&self.words, window);
        for (at, (outputs, place)) in outputs.chunks(labels).zip(&places).enumerate() {
            let Some(place) = place.filter(|place| place.first) else { continue };
            let around = around(at, places.len());
            let said = &mut self.said[place.word as usize];
            if said.is_none_or(|said| said.around < around) {
                let label = argmax(outputs);
                *said = Some(Said { label, score: softmax(outputs)[label], around });
            }
        }
    }

    /// The words with their labels, as far as the model saw them, and what runs of them are.
    pub fn finish(self, text: String, labels: &[String]) -> Prediction {
        let words = self.words.iter().zip(&self.said).filter_map(|(&(start, end), said)| {
            let Said { label, score, .. } = (*said)?;
            Some(Marked { start, end, label: labels[label].clone(), score })
        });
        let tokens: Vec<Marked> = words.collect();
        let plain = !labels.iter().any(|label| label.starts_with("B-") || label.starts_with("I-"));
        let entities = if plain {
            tokens.iter().filter(|token| token.label != "O").cloned().collect()
        } else {
            let tags: Vec<&str> = tokens.iter().map(|token| token.label.as_str()).collect();
            shown(labels, &tags).iter().map(|found| whole(found, &tokens)).collect()
        };
        Prediction::Tokens { text, tokens, entities }
    }
}

/// The entities of words with these tags, as they are shown. seqeval, by which they are counted, takes the first letter of any
/// tag for its prefix; a tag that has none is an entity of its own here, by the name that the table has for it.
pub fn shown<'a>(labels: &[String], tags: &[&'a str]) -> Vec<Entity<'a>> {
    let has_prefix =
        |tag: &str| tag.len() <= 1 || matches!(tag.split_once('-'), Some(("B" | "I" | "E" | "S" | "L" | "U" | "M", _)));
    let regular: Vec<&str> = tags.iter().map(|tag| if has_prefix(tag) { *tag } else { "O" }).collect();
    let mut found = entities_of(Scheme::of(labels), &regular);
    let odd = tags.iter().enumerate().filter(|(_, tag)| !has_prefix(tag));
    found.extend(odd.map(|(at, kind)| Entity { kind, first: at, last: at }));
    found.sort_by_key(|entity| entity.first);
    found
}

/// An entity as one: from its first word to its last, with the mean of their probabilities.
fn whole(found: &Entity<'_>, tokens: &[Marked]) -> Marked {
    let words = &tokens[found.first..=found.last];
    Marked {
        start: words[0].start,
        end: words[words.len() - 1].end,
        label: found.kind.to_owned(),
        score: words.iter().map(|word| word.score).sum::<f64>() / words.len() as f64,
    }
}
