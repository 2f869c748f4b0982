//! What a model says to each row of a whole table, added to the table as columns.

use std::collections::VecDeque;

use serde_json::{Value, json};

use crate::data::{Delimiter, Example, Sheet, SheetInfo, Target, Word, join_words};
use crate::error::{Error, Result};
use crate::export::{WorkbookWriter, csv_lines};
use crate::session::Session;
use crate::session::prediction::{Marked, Prediction};
use crate::session::tally::characters;
use crate::task::Task;

/// How a table with predictions is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SheetFormat {
    /// Delimited text in UTF-8, with what stands between the table's own cells; text that a spreadsheet would run as a formula
    /// gets an apostrophe in front. It begins with a byte order mark where the table's file was not plain UTF-8: without one
    /// Excel takes it for text in the machine's own encoding.
    Csv,
    /// An Excel workbook.
    Excel,
}

/// The encoding that needs no byte order mark.
const PLAIN: &str = "UTF-8";

/// Where rows go.
#[derive(Debug)]
enum Out {
    Csv {
        delimiter: u8,
        /// What is still to stand before the first row.
        mark: &'static [u8],
    },
    Excel(Box<WorkbookWriter>),
    /// Nowhere any more.
    Ended,
}

impl Out {
    fn new(format: SheetFormat, sheet: &SheetInfo) -> Self {
        match format {
            SheetFormat::Csv => {
                let own = sheet.dialect.delimiter.filter(|delimiter| *delimiter != Delimiter::None);
                let encoding = sheet.dialect.encoding.as_deref().unwrap_or(PLAIN);
                let is_plain = encoding == PLAIN && !sheet.format.ends_with("with BOM");
                let mark: &[u8] = if is_plain { b"" } else { "\u{feff}".as_bytes() };
                Self::Csv { delimiter: own.unwrap_or(Delimiter::Comma).byte(), mark }
            }
            SheetFormat::Excel => Self::Excel(Box::new(WorkbookWriter::new())),
        }
    }

    /// The bytes of rows, whose first `own` cells are the table's own.
    fn rows(&mut self, rows: Vec<Vec<String>>, own: usize) -> Result<Vec<u8>> {
        match self {
            Self::Csv { delimiter, mark } => {
                Ok([std::mem::take(mark), csv_lines(rows, *delimiter)?.as_slice()].concat())
            }
            Self::Excel(workbook) => workbook.rows(rows, own),
            Self::Ended => Err(Error::order("The table was written to its end. Open it again.")),
        }
    }
}

/// A table that is being predicted: the rows that were read and not predicted yet, and where their texts are.
#[derive(Debug)]
pub struct SheetRun {
    sheet: Sheet,
    task: Task,
    /// Labels that get a column for their score.
    labels: Vec<String>,
    text: usize,
    pair: Option<usize>,
    ahead: VecDeque<Vec<String>>,
    done: u64,
    /// Rows of whose texts the model read only the beginning, and how many tokens that is.
    cut: (u64, usize),
    out: Out,
}

impl SheetRun {
    /// Readies a table. `text` is the column of the texts; `pair` that of the second ones, for tasks that take them.
    ///
    /// # Errors
    ///
    /// A column that the table lacks, that is taken twice, or that the task needs and has not.
    pub fn new(session: &Session, sheet: Sheet, text: &str, pair: Option<&str>, format: SheetFormat) -> Result<Self> {
        let (task, labels) = session.head()?;
        let pair = pair.filter(|name| !name.is_empty());
        if task == Task::Answers && pair.is_none() {
            return Err(Error::table("Choose the column with the texts that may hold the answers, too."));
        }
        if pair == Some(text) {
            return Err(Error::table_column(
                text,
                "This column cannot be both texts. Choose another one for one of them.",
            ));
        }
        let (text, pair) = (sheet.column(text)?, pair.map(|name| sheet.column(name)).transpose()?);
        let labels = if matches!(task, Task::Classification | Task::MultiLabel) { labels.to_vec() } else { Vec::new() };
        let out = Out::new(format, sheet.info());
        Ok(Self { sheet, task, labels, text, pair, ahead: VecDeque::new(), done: 0, cut: (0, 0), out })
    }

    /// What is shown of the table.
    pub fn info(&self) -> &SheetInfo {
        self.sheet.info()
    }

    /// The first bytes of the result: the names of the table's own columns, then of those that are added. A name that the
    /// table has already is numbered.
    ///
    /// # Errors
    ///
    /// None that a table could cause.
    pub fn header(&mut self) -> Result<Vec<u8>> {
        let mut names = self.sheet.header().to_vec();
        for name in added(self.task, &self.labels) {
            let free = (1..).map(|copy| if copy == 1 { name.clone() } else { format!("{name} ({copy})") });
            let free = free.into_iter().find(|name| !names.contains(name));
            names.push(free.unwrap_or(name));
        }
        let own = names.len();
        self.out.rows(vec![names], own)
    }

    /// Takes the next bytes of the file.
    ///
    /// # Errors
    ///
    /// A row that breaks the format, by its line.
    pub fn push(&mut self, bytes: &[u8], last: bool) -> Result<()> {
        let rows = self.sheet.push(bytes, last)?;
        self.ahead.extend(rows);
        Ok(())
    }

    /// The cells that a prediction adds, in the order of [`added`]; numbers as the table writes them.
    fn cells(&self, prediction: &Prediction) -> Vec<String> {
        let mut cells = cells(prediction);
        if self.sheet.info().decimal_comma && matches!(self.out, Out::Csv { .. }) {
            // The first one is a label or a text, but for numbers.
            let first = usize::from(self.task != Task::Regression);
            for cell in cells.iter_mut().skip(first).filter(|cell| cell.parse::<f64>().is_ok()) {
                *cell = cell.replace('.', ",");
            }
        }
        cells
    }

    /// Rows that were read and not predicted yet.
    pub fn waiting(&self) -> usize {
        self.ahead.len()
    }

    /// Rows that were predicted.
    pub fn done(&self) -> u64 {
        self.done
    }

    /// Rows of whose texts the model read only the beginning so far, and how many tokens that is.
    pub fn cut(&self) -> (u64, usize) {
        self.cut
    }

    /// The last bytes of the result, after all rows.
    ///
    /// # Errors
    ///
    /// It has ended before, or is larger than its format allows.
    pub fn finish(&mut self) -> Result<Vec<u8>> {
        match std::mem::replace(&mut self.out, Out::Ended) {
            Out::Csv { .. } => Ok(Vec::new()),
            Out::Excel(workbook) => workbook.finish(),
            Out::Ended => Err(Error::order("The table was written to its end. Open it again.")),
        }
    }

    /// Predicts up to so many of the rows that were read; the next bytes of the result.
    ///
    /// # Errors
    ///
    /// No model that predicts, another one than at the start, a device that failed, or a result that is larger than its
    /// format allows.
    pub async fn predict(&mut self, session: &Session, rows: usize) -> Result<Vec<u8>> {
        let (task, labels) = session.head()?;
        let same = task == self.task && (self.labels.is_empty() || self.labels == labels);
        if !same {
            return Err(Error::order("Another model was trained or opened meanwhile. Start with this table again."));
        }
        let mut rows: Vec<Vec<String>> = self.ahead.drain(..rows.min(self.ahead.len())).collect();
        // A row without text gets no prediction: whatever a model says to nothing means nothing.
        let filled = |row: &&Vec<String>| {
            let has = |column: usize| !row[column].trim().is_empty();
            has(self.text) && self.pair.is_none_or(has)
        };
        let asked: Vec<&Vec<String>> = rows.iter().filter(filled).collect();
        let has_text: Vec<bool> = rows.iter().map(|row| filled(&row)).collect();
        let said = if self.task == Task::Tokens {
            session.predict_examples(asked.iter().map(|row| words_of(&row[self.text])).collect()).await?
        } else {
            let texts: Vec<String> = asked.iter().map(|row| row[self.text].clone()).collect();
            let pairs = self.pair.map(|pair| asked.iter().map(|row| row[pair].clone()).collect::<Vec<_>>());
            let (cut, tokens) = session.cut(&texts, pairs.as_deref())?;
            self.cut = (self.cut.0 + cut as u64, tokens);
            session.predict(&texts, pairs.as_deref()).await?
        };
        let mut said = said.into_iter();
        let width = added(self.task, &self.labels).len();
        for (row, has_text) in rows.iter_mut().zip(has_text) {
            match if has_text { said.next() } else { None } {
                Some(prediction) => row.extend(self.cells(&prediction)),
                None => row.resize(row.len() + width, String::new()),
            }
        }
        self.done += rows.len() as u64;
        self.out.rows(rows, self.sheet.header().len())
    }
}

/// A text whose words get labels: those of a list, where a cell holds one, joined as in training, each at its place.
fn words_of(cell: &str) -> Example {
    let words: Option<Vec<String>> =
        if cell.trim_start().starts_with('[') { serde_json::from_str(cell).ok() } else { None };
    let (text, target) = match words {
        Some(words) => {
            let (text, places) = join_words(&words);
            let word = |(start, end)| Word { start, end, tag: 0 };
            (text, Target::Words(places.into_iter().flatten().map(word).collect()))
        }
        None => (cell.to_owned(), Target::None),
    };
    Example { text: text.into(), pair: None, target, line: 1 }
}

/// Names of the columns that a task adds.
fn added(task: Task, labels: &[String]) -> Vec<String> {
    let own: &[&str] = match task {
        Task::Classification => &["predicted_label", "predicted_score"],
        Task::MultiLabel => &["predicted_labels"],
        Task::Regression => &["predicted_score"],
        Task::Tokens => &["predicted_entities"],
        Task::Answers => &["predicted_answer", "predicted_score", "predicted_start", "predicted_end"],
        Task::Embedding => &["predicted_vector"],
        Task::Language => &["predicted_words"],
    };
    let scores = labels.iter().map(|label| format!("score_{label}"));
    own.iter().map(|name| (*name).to_owned()).chain(scores).collect()
}

/// The cells that a prediction adds, in the order of [`added`]. Lists are JSON.
fn cells(prediction: &Prediction) -> Vec<String> {
    let share = |value: &Value| format!("{:.6}", value.as_f64().unwrap_or(f64::NAN));
    match prediction {
        Prediction::Label { label, scores, .. } => {
            let own = scores.get(label).map(share).unwrap_or_default();
            [label.clone(), own].into_iter().chain(scores.values().map(share)).collect()
        }
        Prediction::Labels { labels, scores, .. } => {
            [json!(labels).to_string()].into_iter().chain(scores.values().map(share)).collect()
        }
        Prediction::Score { score, .. } => vec![score.to_string()],
        Prediction::Tokens { text, entities, .. } => {
            let entity = |Marked { start, end, label, score }: &Marked| {
                json!({
                    "start": start,
                    "end": end,
                    "label": label,
                    "text": characters(text, *start, *end),
                    "score": rounded(*score),
                })
            };
            vec![Value::Array(entities.iter().map(entity).collect()).to_string()]
        }
        Prediction::Answer { answer, start, end, score, .. } => {
            vec![answer.clone(), format!("{score:.6}"), start.to_string(), end.to_string()]
        }
        Prediction::Words { masks, .. } => {
            let words = |mask: &crate::session::Mask| -> Value {
                mask.words.iter().map(|word| json!({ "word": word.word, "score": rounded(word.score) })).collect()
            };
            vec![Value::Array(masks.iter().map(words).collect()).to_string()]
        }
        Prediction::Vector { vector, .. } => vec![json!(vector).to_string()],
    }
}

fn rounded(share: f64) -> f64 {
    (share * 1e6).round() / 1e6
}
