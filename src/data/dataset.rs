//! A table and a mapping → examples of one task for training and validation.

use serde::Serialize;

use super::columns::Columns;
use super::cosines::Cosines;
use super::entities::TypedTags;
use super::examples::{Labels, Marks, Reader};
use super::hash::DatasetHash;
use super::mapping::Mapping;
use super::sides::Sides;
use super::table::Table;
use super::target::{Example, Target};
use super::{limits, report, split};
use crate::error::{Error, Result};
use crate::task::Task;

/// Examples, split into training and validation, each in the file's order.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// What the examples teach.
    pub task: Task,
    /// Rows to train on.
    pub train: Vec<Example>,
    /// Rows held out.
    pub validation: Vec<Example>,
    /// Their places in the table, counted from 0: of those to train on, and of those held out.
    pub rows: [Vec<usize>; 2],
    /// What the scores of pairs were before they became cosines; `None` where they are as the table has them.
    pub cosines: Option<Cosines>,
    /// How the table writes the scores; plain where the task has none.
    pub marks: Marks,
    /// Names of the classes, labels or tags: sorted as numbers if all are whole numbers, else by Unicode code points, but
    /// the tag O comes first. Empty where the task has none.
    pub labels: Vec<String>,
    /// What a user should know: rows left out and why, duplicates, imbalance; in sentences.
    pub notes: Vec<String>,
    /// Rows held out whose texts are trained on, too; of questions those on contexts that are.
    pub leaked: usize,
    /// SHA-256 in hexadecimal digits. Numbers are 64 bits little-endian; a text is its length in bytes and its bytes.
    ///
    /// For the classification of single texts it is over `tabtune dataset 1\n` and then, per row that is used, in the
    /// file's order: `t` or `v` for its side, the text, and the label as text.
    ///
    /// For all else it is over `tabtune dataset 2\n`, the task's name and `\n`, and then per row: `t` or `v`; the text; 0,
    /// or 1 and the second text; and the target. This is a label as text; the number of labels and each as text; a score's
    /// 64 bits as IEEE 754 double, little-endian; the number of words and each one's first character, end, and tag as
    /// text; the number of answers and each one's first character and end; the negative's text; or nothing.
    pub hash: String,
}

/// How often a label occurs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClassInfo {
    /// A class or label, of which rows are counted; a type of entities, of which these are counted; or, where tags are
    /// not of the kind B-PER, a tag, of which words are counted.
    pub label: String,
    /// In the rows to train on.
    pub train: usize,
    /// In the rows held out.
    pub validation: usize,
}

/// What a page or a terminal shows of a data set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DatasetInfo {
    /// What the examples teach.
    pub task: Task,
    /// The classes, labels, types of entities or tags in order; empty where the task has none.
    pub classes: Vec<ClassInfo>,
    /// Rows to train on.
    pub train: usize,
    /// Rows held out.
    pub validation: usize,
    /// Whether an example has two texts.
    pub pairs: bool,
    /// Longest text in tokens; `None` until a tokenizer has counted.
    pub longest_tokens: Option<usize>,
    /// Tokens after which texts are counted no further, since their model has no positions for more, where one has more.
    pub counted_to: Option<usize>,
    /// Mean length of the texts in tokens; `None` until a tokenizer has counted.
    pub mean_tokens: Option<f64>,
    /// What a user should know, in sentences.
    pub notes: Vec<String>,
    /// Rows held out that are trained on, too: see [`Dataset::leaked`].
    pub leaked: usize,
    /// SHA-256 of the rows as they are used: see [`Dataset::hash`].
    pub hash: String,
}

impl Dataset {
    /// Takes what the task needs from each row and splits the rows.
    ///
    /// Labels are trimmed, texts are not. Rows that lack something are left out and counted in the notes; but no labels
    /// are an answer where there may be any number of them, and no answer is one where a context may hold none. Without a
    /// split column the split is seeded: `round(share · N)` rows are held out; for a classification stratified, and every
    /// class keeps at least one row for training, as every label of several does where that is possible; of questions whole
    /// contexts are held out, as many as fit into that, where there are enough. Where a split column has rows for
    /// validation and others for testing, the latter are left out.
    ///
    /// # Errors
    ///
    /// A column that is needed and not named, that the table lacks, or that is named twice; a cell that the task cannot
    /// read, by its line; fewer than two labels or more than 1,000, or nearly as many as rows; a word in the split column
    /// that names no side; rows to train on that are none or teach nothing; a share outside 0 to 0.9.
    pub fn build(table: &Table, mapping: &Mapping) -> Result<Self> {
        let task = mapping.task;
        let columns = Columns::find(table, mapping)?;
        if task == Task::Tokens {
            limits::refuse_single_words(table, &columns)?;
        }
        let mut reader = Reader::new(table, &columns, task, mapping.separator.as_deref(), Labels::default());
        let sides = columns.split.map(|column| Sides::of(table, column));
        let (mut rows, mut examples) = (Vec::new(), Vec::new());
        for row in 0..table.rows() {
            if sides.as_ref().is_some_and(|sides| sides.spares(row)) {
                continue;
            }
            if let Some(example) = reader.usable(row)? {
                rows.push(row);
                examples.push(example);
            }
        }
        reader.check_slips(rows.len())?;
        if rows.is_empty() {
            let needed = columns.needed(task);
            return Err(Error::table(format!("No row has {needed}. Are the right columns chosen?")));
        }
        let (mut notes, uses, marks) = (reader.notes(), reader.labels.uses, reader.marks());
        notes.extend(sides.as_ref().and_then(Sides::note));
        notes.extend(columns.spare_negatives(table));
        let (labels, places) = reader.labels.sorted((task == Task::Tokens).then_some("O"));
        limits::check_labels(task, &mapping.label, &labels, uses)?;
        examples.iter_mut().for_each(|example| example.target.renumber(&places));
        let validation = match sides {
            Some(sides) => rows.iter().map(|&row| sides.holds_out(row)).collect::<Result<_>>()?,
            None => split::hold_out(task, &examples, labels.len(), mapping.validation_share, mapping.seed),
        };
        let mut dataset = Self::split(task, examples, &validation, labels, columns.pair.is_some());
        limits::check_training_rows(&dataset)?;
        let leaked = report::learnt(&dataset, &dataset.validation);
        notes.extend(report::notes(&dataset, &leaked));
        dataset.leaked = leaked.count();
        notes.extend(dataset.take_cosines());
        dataset.notes = notes;
        dataset.marks = marks;
        dataset.rows = [Vec::with_capacity(dataset.train.len()), Vec::with_capacity(dataset.validation.len())];
        for (row, held_out) in rows.into_iter().zip(validation) {
            dataset.rows[usize::from(held_out)].push(row);
        }
        Ok(dataset)
    }

    fn split(task: Task, examples: Vec<Example>, validation: &[bool], labels: Vec<String>, pairs: bool) -> Self {
        let mut hash = DatasetHash::new(task, pairs, &labels);
        // As long as they get: with a million rows, what a growing list leaves unused is worth it.
        let count = validation.iter().filter(|&&is_held_out| is_held_out).count();
        let (mut train, mut held_out) = (Vec::with_capacity(examples.len() - count), Vec::with_capacity(count));
        for (example, &is_held_out) in examples.into_iter().zip(validation) {
            hash.add(&example, is_held_out);
            let side = if is_held_out { &mut held_out } else { &mut train };
            side.push(example);
        }
        Self {
            task,
            train,
            validation: held_out,
            rows: Default::default(),
            cosines: None,
            marks: Marks::default(),
            labels,
            notes: Vec::new(),
            leaked: 0,
            hash: hash.finish(),
        }
    }

    /// Has pairs learn cosines, whatever their scores count in; says so. The hash is over the scores of the table.
    fn take_cosines(&mut self) -> Option<String> {
        self.cosines = Cosines::of(self.task, self.train.iter().chain(&self.validation));
        let cosines = self.cosines?;
        [&mut self.train, &mut self.validation].into_iter().for_each(|side| cosines.replace(side));
        Some(format!("A score of {} is learnt as the cosine 0, one of {} as 1.", cosines.least, cosines.most))
    }

    /// Takes what the mapping's task needs from each row of a table whose labels must be among those of a model; split,
    /// share and seed do not matter.
    ///
    /// Every row with a label gives an example, also one without text, so that a score counts all of them. Where all of
    /// the model's labels are the `LABEL_0`, `LABEL_1`, … that transformers gives unnamed classes, the class's number will
    /// do. Scores of pairs become cosines by the range that they have in this table.
    ///
    /// # Errors
    ///
    /// A column that is needed and not named, that the table lacks, or that is named twice; a cell that the task cannot
    /// read; a label that the model does not know; no row with a label.
    pub fn with_labels(table: &Table, mapping: &Mapping, labels: &[String]) -> Result<Vec<Example>> {
        let mapping = Mapping { split: None, validation_share: 0.0, ..mapping.clone() };
        let columns = Columns::find(table, &mapping)?;
        let labels = Labels::of_model(labels);
        let mut reader = Reader::new(table, &columns, mapping.task, mapping.separator.as_deref(), labels);
        let labelled =
            (0..table.rows()).filter(|&row| !reader.lacks_label(row) && !reader.is_rejected(row)).collect::<Vec<_>>();
        if labelled.is_empty() {
            let needed = columns.needed(mapping.task);
            let nothing = "so that nothing can be measured. Are the right columns chosen?";
            return Err(Error::table(format!("No row has {needed}, {nothing}")));
        }
        let mut examples = labelled.into_iter().map(|row| reader.example(row)).collect::<Result<Vec<_>>>()?;
        if let Some(cosines) = Cosines::of(mapping.task, examples.iter()) {
            cosines.replace(&mut examples);
        }
        Ok(examples)
    }

    /// What is to be said of rows of another table that have texts which this data set trains on; nothing without such rows.
    pub fn learnt(&self, rows: &[Example]) -> Option<String> {
        report::learnt_in_words(self, rows)
    }

    /// How often each class, label, type of entities or tag occurs, in order; nothing where the task has none.
    pub fn classes(&self) -> Vec<ClassInfo> {
        let scheme = if self.task == Task::Tokens { TypedTags::of(&self.labels) } else { None };
        let names = scheme.as_ref().map_or(&self.labels, |scheme| &scheme.types);
        let count = |examples: &[Example]| {
            let mut counts = vec![0; names.len()];
            for example in examples {
                match (&example.target, &scheme) {
                    (Target::Class(class), _) => counts[*class] += 1,
                    (Target::Classes(classes), _) => classes.iter().for_each(|&class| counts[class] += 1),
                    (Target::Words(words), Some(scheme)) => scheme.entities(words).for_each(|kind| counts[kind] += 1),
                    (Target::Words(words), None) => words.iter().for_each(|word| counts[word.tag] += 1),
                    _ => {}
                }
            }
            counts
        };
        let (train, validation) = (count(&self.train), count(&self.validation));
        let classes = names.iter().zip(train).zip(validation);
        classes.map(|((label, train), validation)| ClassInfo { label: label.clone(), train, validation }).collect()
    }

    /// What a page or a terminal shows of the data set; the lengths in tokens are for the caller to fill in.
    pub fn info(&self) -> DatasetInfo {
        DatasetInfo {
            task: self.task,
            classes: self.classes(),
            train: self.train.len(),
            validation: self.validation.len(),
            pairs: self.train.iter().chain(&self.validation).any(|example| example.pair.is_some()),
            longest_tokens: None,
            counted_to: None,
            mean_tokens: None,
            notes: self.notes.clone(),
            leaked: self.leaked,
            hash: self.hash.clone(),
        }
    }
}
