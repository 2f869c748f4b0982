//! Tags of words → entities, and their scores as seqeval gives them when it is not strict.

use std::collections::BTreeMap;

use serde::Serialize;

use super::counts::{Counts, mean, quotient};
use super::interval::Interval;
use super::row_counts::RowCounts;

/// The tag of a word that belongs to nothing.
const OUTSIDE: &str = "O";
/// The type of a tag that names none, such as `B` alone.
const NAMELESS: &str = "_";

/// Words that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Entity<'a> {
    /// What they are: `PER` where the tags are `B-PER` and `I-PER`; `_` where the tags name no type.
    pub kind: &'a str,
    /// First word, from 0.
    pub first: usize,
    /// Last word, itself included.
    pub last: usize,
}

/// The entities of one text by its words' tags, in order (`seqeval.metrics.sequence_labeling.get_entities`).
///
/// Meant for `B-TYPE`, `I-TYPE` and `O`. `I-` begins an entity where none of its type is open; `E-` ends one and `S-`
/// is one of its own; any other first letter (`L-`, `U-`) only continues a type or begins another, see
/// [`entities_of`]. An empty tag counts as `O`.
pub fn entities<'a>(tags: &[&'a str]) -> Vec<Entity<'a>> {
    entities_of(Scheme::default(), tags)
}

/// The same in a scheme.
pub fn entities_of<'a>(scheme: Scheme, tags: &[&'a str]) -> Vec<Entity<'a>> {
    Reader::new(scheme).read(tags)
}

/// What the first letters of tags mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scheme {
    /// What seqeval takes them for by itself: right for B, I, E, S and O.
    #[default]
    Plain,
    /// As seqeval's `BILOU`: `L-` ends an entity and `U-` is one of its own.
    Bilou,
}

impl Scheme {
    /// That of a model's tags: where some begin with `L-` or `U-`, and none with the `E-` or `S-` that say the same.
    pub fn of(labels: &[String]) -> Self {
        let some = |prefixes: [&str; 2]| labels.iter().any(|tag| prefixes.iter().any(|prefix| tag.starts_with(prefix)));
        if some(["L-", "U-"]) && !some(["E-", "S-"]) { Self::Bilou } else { Self::Plain }
    }
}

/// Precision, recall and F1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Scores {
    /// Share of right entities among those found.
    pub precision: f64,
    /// Share of the true entities that were found.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
}

/// Entities and words counted text by text. An entity is right if its type, first and last word are.
///
/// Scores are those of seqeval 1.2.2 without `mode="strict"`; what has no denominator is 0. In the scheme BILOU, of which
/// seqeval knows only with `mode="strict"`, they are equal to these where no tag is out of place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EntityCounts {
    /// Each with a number, in the order in which they were met.
    kinds: BTreeMap<String, (usize, Counts)>,
    texts: RowCounts,
    words: u64,
    right_words: u64,
    truth: Reader,
    prediction: Reader,
}

impl EntityCounts {
    /// Nothing counted yet, of tags in a scheme.
    pub fn of(scheme: Scheme) -> Self {
        let [truth, prediction] = [Reader::new(scheme), Reader::new(scheme)];
        Self { truth, prediction, ..Self::default() }
    }

    /// Counts one text by the true and the predicted tags of its words.
    ///
    /// # Panics
    ///
    /// The lengths differ.
    pub fn add(&mut self, truth: &[&str], prediction: &[&str]) {
        assert_eq!(truth.len(), prediction.len(), "truth and prediction");
        self.words += truth.len() as u64;
        self.right_words +=
            truth.iter().zip(prediction).filter(|(truth, prediction)| truth == prediction).count() as u64;
        let (truth, prediction) = (self.truth.read(truth), self.prediction.read(prediction));
        let of_truth = truth.iter().map(|entity| {
            // No two entities end at the same word, and they come in order.
            let place = prediction.binary_search_by_key(&entity.last, |found| found.last);
            let right = u64::from(place.is_ok_and(|place| prediction[place] == *entity));
            (entity.kind, Counts { right, predicted: 0, support: 1 })
        });
        let found = prediction.iter().map(|entity| (entity.kind, Counts { right: 0, predicted: 1, support: 0 }));
        let kinds = &mut self.kinds;
        self.texts.add(of_truth.chain(found).map(|(kind, counts)| {
            let next = kinds.len();
            let (number, sum) = kinds.entry(kind.to_owned()).or_insert((next, Counts::default()));
            *sum += counts;
            (*number, counts)
        }));
    }

    /// The types that occur as truth or as prediction, in alphabetical order, with their counts.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, Counts)> {
        self.kinds.iter().map(|(kind, (_, counts))| (kind.as_str(), *counts))
    }

    /// Scores over all entities together (`average="micro"`).
    pub fn micro(&self) -> Scores {
        let all: Counts = self.kinds.values().map(|(_, counts)| counts).sum();
        Scores { precision: all.precision(), recall: all.recall(), f1: all.f1() }
    }

    /// Plain means over the types (`average="macro"`).
    pub fn macro_average(&self) -> Scores {
        let over = |score: fn(&Counts) -> f64| mean(self.kinds.values().map(|(_, counts)| score(counts)));
        Scores { precision: over(Counts::precision), recall: over(Counts::recall), f1: over(Counts::f1) }
    }

    /// Share of words whose tag is right (`accuracy_score`).
    pub fn accuracy(&self) -> f64 {
        quotient(self.right_words, self.words)
    }

    /// 95 % intervals of F1, precision and recall over all entities and of the mean of the types' F1, by the bootstrap of
    /// the texts; `None` without any.
    pub fn intervals(&self) -> Option<[Interval; 4]> {
        self.texts.intervals(|drawn| {
            let all = drawn.all();
            [all.f1(), all.precision(), all.recall(), drawn.macro_f1()]
        })
    }
}

/// Where the reading of tags stands between two texts. seqeval reads all texts as one row of tags with an `O` after
/// each, and so must we where odd tags leave the beginning of an entity open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Reader {
    scheme: Scheme,
    at: usize,
    first: usize,
}

impl Reader {
    fn new(scheme: Scheme) -> Self {
        Self { scheme, ..Self::default() }
    }

    fn read<'a>(&mut self, tags: &[&'a str]) -> Vec<Entity<'a>> {
        let mut entities = Vec::new();
        // Nothing at all lies before the first text; before the others lies an `O`.
        let mut before = ('O', if self.at == 0 { "" } else { NAMELESS });
        for tag in tags.iter().copied().chain([OUTSIDE]) {
            let now = self.parts(tag);
            if ends(before, now) {
                entities.push(Entity { kind: before.1, first: self.first, last: self.at - 1 });
            }
            if begins(before, now) {
                self.first = self.at;
            }
            before = now;
            self.at += 1;
        }
        entities
    }

    /// A tag's first letter, as IOBES has it, and its type.
    fn parts(self, tag: &str) -> (char, &str) {
        let mut rest = tag.chars();
        let prefix = match (rest.next().unwrap_or('O'), self.scheme) {
            ('L', Scheme::Bilou) => 'E',
            ('U', Scheme::Bilou) => 'S',
            (letter, _) => letter,
        };
        let rest = rest.as_str();
        let kind = rest.split_once('-').map_or(rest, |(_, kind)| kind);
        (prefix, if kind.is_empty() { NAMELESS } else { kind })
    }
}

/// Whether an entity ends between two tags.
fn ends(before: (char, &str), now: (char, &str)) -> bool {
    match before.0 {
        'E' | 'S' => true,
        'B' | 'I' if matches!(now.0, 'B' | 'S' | 'O') => true,
        'O' | '.' => false,
        _ => before.1 != now.1,
    }
}

/// Whether an entity begins at the second of two tags.
fn begins(before: (char, &str), now: (char, &str)) -> bool {
    match now.0 {
        'B' | 'S' => true,
        'E' | 'I' if matches!(before.0, 'E' | 'S' | 'O') => true,
        'O' | '.' => false,
        _ => before.1 != now.1,
    }
}
