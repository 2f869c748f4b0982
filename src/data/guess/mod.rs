//! A table → the likeliest mapping: usual names of columns first, then what the cells look like.

mod contents;
mod dates;
mod embedding;
mod look;
mod mostly;

use self::contents::Contents;
use self::embedding::{embedding, plain_embedding};
use self::look::Look;
use super::mapping::Mapping;
use super::table::Table;
use super::words;
use crate::task::Task;

impl Mapping {
    /// The likeliest task and mapping.
    ///
    /// The task is classification unless the table is plain about another one: questions with contexts and answers;
    /// words with tags; texts with spans; a pair such as anchor and positive; lists of labels or labels with a separator
    /// between; scores that are not whole, are far apart, or are called so and more than stars are. Usual names of columns
    /// come first, then the column with the longest cells as the text and the one with the fewest different values as the
    /// label. Columns of dates and of numbers of rows are no labels. A table of one column gets it as both.
    pub fn guess(table: &Table) -> Self {
        let (look, split) = Look::new(table);
        let guess = plain_answers(&look)
            .or_else(|| plain_tokens(&look))
            .or_else(|| plain_embedding(&look))
            .unwrap_or_else(|| labelled(&look));
        Self { split: split.map(|column| look.name(column)), ..guess }
    }

    /// The columns for the mapping's task in another table: those of the same names if it has all of them, else the likeliest.
    pub fn in_table(&self, table: &Table) -> Self {
        let named = [Some(&self.text), self.pair.as_ref(), Some(&self.label), self.negative.as_ref()];
        let mut named = named.into_iter().flatten().filter(|name| !name.is_empty());
        let fits = named.all(|name| table.columns().contains(name));
        if fits {
            Self { split: None, ..self.clone() }
        } else {
            Self { split: None, ..Self::guess_for(table, self.task) }
        }
    }

    /// The likeliest columns for a task. Names of columns that the task needs and the table seems to lack stay empty.
    pub fn guess_for(table: &Table, task: Task) -> Self {
        let (look, split) = Look::new(table);
        let guess = match task {
            Task::Classification => classification(&look),
            Task::MultiLabel => multi_label(&look),
            Task::Regression => regression(&look),
            Task::Tokens => plain_tokens(&look).unwrap_or_else(|| tokens(&look)),
            Task::Answers => plain_answers(&look).unwrap_or_else(|| answers(&look)),
            Task::Embedding => plain_embedding(&look).unwrap_or_else(|| embedding(&look)),
            Task::Language => of(&look, task, look.text(), None, None),
        };
        Self { split: split.map(|column| look.name(column)), ..guess }
    }
}

/// A mapping of these columns. A table of one column gets it as text and label.
fn of(look: &Look, task: Task, text: Option<usize>, pair: Option<usize>, label: Option<usize>) -> Mapping {
    let name = |column: usize| look.name(column);
    let mapping = Mapping::new(name(text.unwrap_or(0)), label.map(name).unwrap_or_default());
    Mapping { task, pair: pair.map(name), ..mapping }
}

/// The text, or the two of a usual pair.
fn texts(look: &Look) -> (usize, Option<usize>) {
    match look.pair(words::PAIRS) {
        // Question and answer, say, are no pair if nothing but the second could be the label.
        Some((one, other)) if !look.could_be_classes(other) || look.without(&[one, other]).has_label() => {
            (one, Some(other))
        }
        _ => (look.text().unwrap_or(0), None),
    }
}

fn plain_answers(look: &Look) -> Option<Mapping> {
    let any = |_| true;
    let question = look.named(words::QUESTION, any)?;
    let context = look.without(&[question]).named(words::CONTEXT, any)?;
    let answers = look.without(&[question, context]).named(words::ANSWERS, |column| {
        contents::of(look.table, column) == Contents::Answers || mostly::are_within(look.table, column, context)
    })?;
    Some(of(look, Task::Answers, Some(question), Some(context), Some(answers)))
}

fn answers(look: &Look) -> Mapping {
    let any = |_| true;
    let question = look.named(words::QUESTION, any).or_else(|| look.named_in_part(words::QUESTION, any));
    let question = question.or_else(|| look.text()).unwrap_or(0);
    let rest = look.without(&[question]);
    let context = rest.named(words::CONTEXT, any).or_else(|| rest.named_in_part(words::CONTEXT, any));
    let context = context.or_else(|| rest.text());
    let rest = rest.without(&context.map_or_else(Vec::new, |context| vec![context]));
    let answers = rest.named(words::ANSWERS, any).or_else(|| rest.named_in_part(words::ANSWERS, any));
    of(look, Task::Answers, Some(question), context, answers.or_else(|| rest.free.first().copied()))
}

fn plain_tokens(look: &Look) -> Option<Mapping> {
    let lists = || {
        let tokens = look.named(words::TOKENS, |column| mostly::are_lists(look.table, column))?;
        let parallel = |column: usize| mostly::are_parallel(look.table, tokens, column);
        Some((tokens, look.without(&[tokens]).named(words::TAGS, parallel)?))
    };
    let spans = || {
        let spans = look.named(words::SPANS, |column| mostly::are_spans(look.table, column))?;
        Some((look.without(&[spans]).text()?, spans))
    };
    let (text, label) = lists().or_else(spans).or_else(|| spaced(look))?;
    Some(of(look, Task::Tokens, Some(text), None, Some(label)))
}

/// A text, and a column that has a tag for each of its words, with spaces between.
fn spaced(look: &Look) -> Option<(usize, usize)> {
    let text = |tags: usize| {
        let rest = look.without(&[tags]);
        rest.named(words::TOKENS, |_| true).or_else(|| rest.text())
    };
    let fits = |tags: usize| text(tags).is_some_and(|text| mostly::are_tags(look.table, text, tags));
    let tags = look.named(words::TAGS, fits).or_else(|| look.named_in_part(words::TAGS, fits))?;
    Some((text(tags)?, tags))
}

/// The column that tells the sentence of each word, in a table with a row for each word and its tag; and the column with
/// the split.
pub(super) fn sentences_of_words(table: &Table) -> Option<(usize, Option<usize>)> {
    let (look, split) = Look::new(table);
    let short = |column: usize| !contents::is_long(table, column);
    let word = look.named(words::TOKENS, |column| mostly::are_single_words(table, column))?;
    let rest = look.without(&[word]);
    rest.named(words::TAGS, |column| mostly::are_single_words(table, column))?;
    Some((rest.named_in_part(words::OF_SENTENCES, short)?, split))
}

fn tokens(look: &Look) -> Mapping {
    let any = |_| true;
    let text = look.named(words::TOKENS, any).or_else(|| look.text()).unwrap_or(0);
    let rest = look.without(&[text]);
    let label = rest.named(words::SPANS, any).or_else(|| rest.named(words::TAGS, any));
    let label = label.or_else(|| rest.named_in_part(words::TAGS, any)).or_else(|| rest.free.first().copied());
    of(look, Task::Tokens, Some(text), None, label)
}

fn classification(look: &Look) -> Mapping {
    let (text, pair) = texts(look);
    let rest = look.without(&[text, pair.unwrap_or(text)]);
    let label = rest.label(|column| rest.could_be_classes(column)).unwrap_or(text);
    of(look, Task::Classification, Some(text), pair, Some(label))
}

/// Text or pair with a label; what the label looks like decides between classes, several labels and a score.
fn labelled(look: &Look) -> Mapping {
    let (text, pair) = texts(look);
    let rest = look.without(&[text, pair.unwrap_or(text)]);
    let kind = |column: usize| contents::of(look.table, column);
    let separated =
        |column: usize| kind(column) == Contents::Text && contents::separator(look.table, column, false).is_some();
    let fits = |column: usize| {
        let more = matches!(kind(column), Contents::Lists | Contents::Scale | Contents::Amounts);
        rest.could_be_classes(column) || more || rest.is_rated(column) || separated(column)
    };
    // A score comes before columns whose names only hint at labels.
    let certain = &words::LABEL[..words::CERTAIN_LABELS];
    let is_scale = |column: usize| matches!(kind(column), Contents::Scale | Contents::Amounts);
    let score = || rest.named(words::SCORE, |column| is_scale(column) || rest.is_rated(column));
    let label = rest.named(certain, fits).or_else(score).or_else(|| rest.label(fits)).unwrap_or(text);
    let task = match kind(label) {
        _ if label == text => Task::Classification,
        _ if rest.is_rated(label) => Task::Regression,
        Contents::Scale => Task::Regression,
        // Of classes, codes are as far apart as amounts.
        Contents::Amounts if !rest.is_named_class(label) => Task::Regression,
        Contents::Lists => Task::MultiLabel,
        Contents::Text if separated(label) => Task::MultiLabel,
        _ => Task::Classification,
    };
    let mapping = of(look, task, Some(text), pair, Some(label));
    if task == Task::MultiLabel { with_separator(look, mapping, label) } else { mapping }
}

fn multi_label(look: &Look) -> Mapping {
    let (text, pair) = texts(look);
    let rest = look.without(&[text, pair.unwrap_or(text)]);
    let several = |column: usize| {
        contents::of(look.table, column) == Contents::Lists || contents::separator(look.table, column, true).is_some()
    };
    let label = rest.named(words::LABEL, several).or_else(|| rest.named_in_part(words::LABEL, several));
    let label = label.or_else(|| rest.free.iter().copied().find(|&column| several(column)));
    let label = label.or_else(|| rest.label(|column| rest.could_be_classes(column)));
    let mapping = of(look, Task::MultiLabel, Some(text), pair, label);
    match label {
        Some(label) => with_separator(look, mapping, label),
        None => mapping,
    }
}

fn with_separator(look: &Look, mapping: Mapping, label: usize) -> Mapping {
    let lists = contents::of(look.table, label) == Contents::Lists;
    let separator = if lists { None } else { contents::separator(look.table, label, true) };
    Mapping { separator: separator.map(str::to_owned), ..mapping }
}

fn regression(look: &Look) -> Mapping {
    let (text, pair) = texts(look);
    let rest = look.without(&[text, pair.unwrap_or(text)]);
    // Where most cells are numbers, the reader names the one that is none.
    let number = |column: usize| !look.is_numbering(column) && contents::are_mostly_numbers(look.table, column);
    let scale = |column: usize| number(column) && contents::of(look.table, column) == Contents::Scale;
    let label = rest
        .named(words::SCORE, number)
        .or_else(|| rest.named(words::LABEL, number))
        .or_else(|| rest.named_in_part(words::SCORE, number))
        .or_else(|| rest.named_in_part(words::LABEL, number))
        .or_else(|| rest.free.iter().copied().find(|&column| scale(column)))
        .or_else(|| rest.free.iter().copied().find(|&column| number(column)))
        .or_else(|| {
            let numbering: Vec<usize> = rest.free.iter().copied().filter(|&column| rest.is_numbering(column)).collect();
            let rest = rest.without(&numbering);
            rest.label(|column| rest.could_be_classes(column))
        });
    of(look, Task::Regression, Some(text), pair, label)
}
