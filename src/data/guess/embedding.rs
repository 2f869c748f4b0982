//! A table of pairs → which two texts are alike, and what tells them from those that are not: a negative or a score.

use super::contents;
use super::look::Look;
use super::of;
use crate::data::mapping::Mapping;
use crate::data::words;
use crate::task::Task;

/// Names that say that two texts should lie close to each other; or two texts without anything to tell about them.
pub(super) fn plain_embedding(look: &Look) -> Option<Mapping> {
    let close = look.pair(words::CLOSE).or_else(|| {
        let (one, other) = look.pair(words::PAIRS)?;
        let rest = look.without(&[one, other]);
        let far = || negative(&rest).is_some_and(|column| contents::is_long(look.table, column));
        ((rest.free.is_empty() || far()) && !look.could_be_classes(other)).then_some((one, other))
    });
    let (one, other) = close.or_else(|| {
        let (one, other) = close_in_part(look).filter(|_| negative(look).is_some())?;
        let rest = look.without(&[one, other]);
        let label = |names| rest.named_in_part(names, |_| true);
        label(words::LABEL).or_else(|| label(words::SCORE)).is_none().then_some((one, other))
    })?;
    Some(embedding_of(look, one, Some(other)))
}

/// The likeliest columns of pairs.
pub(super) fn embedding(look: &Look) -> Mapping {
    let (one, other) = look.pair(words::PAIRS).or_else(|| close_in_part(look)).map_or_else(
        || {
            let rest = look.without(&negative(look).map_or_else(Vec::new, |negative| vec![negative]));
            let text = rest.text().or_else(|| look.text()).unwrap_or(0);
            (text, rest.without(&[text]).text())
        },
        |(one, other)| (one, Some(other)),
    );
    embedding_of(look, one, other)
}

/// A column whose name says positive, such as `positive_passage`, and the text that it is close to.
fn close_in_part(look: &Look) -> Option<(usize, usize)> {
    let positive = look.named_in_part(words::POSITIVE, |column| contents::is_text(look.table, column))?;
    let taken = negative(look).map_or_else(|| vec![positive], |negative| vec![positive, negative]);
    Some((look.without(&taken).text()?, positive))
}

/// The column with a text that should lie far from the first; of several the likeliest.
fn negative(look: &Look) -> Option<usize> {
    let text = |column: usize| contents::is_text(look.table, column);
    look.named(words::NEGATIVE, |_| true).or_else(|| look.named_in_part(words::NEGATIVE, text))
}

fn embedding_of(look: &Look, one: usize, other: Option<usize>) -> Mapping {
    let rest = look.without(&[one, other.unwrap_or(one)]);
    let negative = negative(&rest);
    let score = if negative.is_none() { likeness(&rest) } else { None };
    let mapping = of(look, Task::Embedding, Some(one), other, score);
    Mapping { negative: negative.map(|column| look.name(column)), ..mapping }
}

/// The column that says how alike two texts are: by its name, or because it is the only one with numbers or verdicts.
/// One that the reader cannot read is chosen, too: it says so, while without it all pairs would count as alike.
fn likeness(look: &Look) -> Option<usize> {
    let number = |column: usize| contents::of(look.table, column).is_numbers();
    let says = |column: usize| number(column) || contents::are_verdicts(look.table, column);
    let usual = |fits: &dyn Fn(usize) -> bool| {
        look.free.iter().copied().find(|&column| look.is_named_label(column) && fits(column))
    };
    let only = || {
        let mut saying = look.free.iter().copied().filter(|&column| says(column) && !counts_or_names(look, column));
        saying.next().filter(|_| saying.next().is_none())
    };
    usual(&number)
        .or_else(|| look.named_in_part(words::LIKENESS, |column| says(column) && !counts_or_names(look, column)))
        .or_else(|| usual(&says))
        .or_else(only)
        .or_else(|| {
            look.named_in_part(words::LIKENESS, |column| !number(column) && !contents::is_long(look.table, column))
        })
}

/// Whether a column of numbers numbers or names things, such as the two questions of a pair.
fn counts_or_names(look: &Look, column: usize) -> bool {
    let name = look.name(column).to_lowercase();
    let of_name = |word: &str| {
        let word = word.trim_end_matches(|letter: char| letter.is_ascii_digit());
        words::rank(word, words::NUMBERING).is_some() || (word.len() <= 3 && word.ends_with("id"))
    };
    name.split(|letter: char| !letter.is_alphanumeric()).any(of_name) || contents::count_up(look.table, column)
}
