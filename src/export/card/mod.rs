//! The card of a model, `README.md`: what it does, how it was made, how well it does, its limits, how to load it. No row of
//! the data and no text of it, but the names of labels.

mod loading;
mod metadata;
mod scores;
mod text;

use serde_json::Value;

use crate::data::DatasetInfo;
use crate::eval::Report;
use crate::model::Pooling;
use crate::recipe::{FIELDS, Field, FieldKind, Recipe};
use crate::task::Task;
use scores::Row;
pub(super) use text::hub_id;
use text::markdown;

/// Who loads a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A class of transformers.
    Transformers,
    /// sentence-transformers.
    Sentence,
    /// PEFT, over the base model.
    Adapter,
}

/// What a card tells.
#[derive(Debug)]
pub struct Card<'a> {
    /// Who loads the folder.
    pub kind: Kind,
    /// The base model's name: on the hub, or that of a folder.
    pub base: &'a str,
    /// The family of encoders that it is of.
    pub family: &'a str,
    /// What it learnt.
    pub task: Task,
    /// Labels in the order of the outputs; empty where the task has none.
    pub labels: &'a [String],
    /// How vectors are made of hidden states, of models that make some.
    pub pooling: Pooling,
    /// How it was trained.
    pub recipe: &'a Recipe,
    /// Longest text in tokens.
    pub max_length: usize,
    /// Counts of the data.
    pub data: &'a DatasetInfo,
    /// SHA-256 of the data set.
    pub data_hash: &'a str,
    /// Validation rows that each score counts.
    pub compared: usize,
    /// How it does on the validation rows.
    pub report: Option<&'a Report>,
    /// How the training ended, in words.
    pub sentence: &'a str,
    /// Whether one epoch was picked of several by these very validation rows.
    pub picked: bool,
    /// Seconds spent computing.
    pub seconds: f64,
    /// Where it was trained.
    pub device: &'a str,
}

/// Below this many validation rows a card warns of how little they say.
const FEW_ROWS: usize = 200;

impl Card<'_> {
    /// The file's text.
    pub fn text(&self) -> String {
        let scores = self.report.map(|report| scores::rows(report, self.compared)).unwrap_or_default();
        let title = format!("# {}", markdown(&self.title()));
        let does = format!("{}\n\n{}", self.does(), self.made());
        let mut parts = vec![metadata::block(self, &scores), title, does];
        let mut section = |name: &str, body: String| parts.push(format!("## {name}\n\n{body}"));
        section("Data", self.data_words());
        section("Recipe", self.recipe_words());
        section("How well it does", self.metrics_words(&scores));
        if let Some(table) = self.classes() {
            section("Per class", table);
        }
        section(
            "Limits",
            self.limits().iter().map(|limit| format!("- {limit}\n")).collect::<String>().trim_end().to_owned(),
        );
        section("In Python", format!("```python\n{}\n```", loading::python(self)));
        section("In JavaScript", self.javascript_words());
        parts.join("\n\n") + "\n"
    }

    /// The base model's name, if it is one of the hub.
    fn hub_base(&self) -> Option<&str> {
        text::hub_id(self.base)
    }

    fn title(&self) -> String {
        let short = self.base.rsplit('/').next().unwrap_or(self.base);
        let what = match self.task {
            Task::Classification => "for labels",
            Task::MultiLabel => "for any number of labels",
            Task::Regression => "for scores",
            Task::Tokens => "for marked words",
            Task::Answers => "for answers",
            Task::Embedding => "for embeddings",
            Task::Language => "at home in a field",
        };
        format!("{short} {what}")
    }

    fn does(&self) -> String {
        let texts = if self.data.pairs { "a pair of texts" } else { "a text" };
        let labels = self.labels.len();
        let what = match self.task {
            Task::Classification => format!("Gives {texts} one of {labels} labels."),
            Task::MultiLabel => match self.report.and_then(|report| report.threshold) {
                Some(threshold) => format!(
                    "Gives {texts} any number of {labels} labels: each whose probability is {threshold:.3} or more, which is \
                     the best threshold on the validation rows."
                ),
                None => format!("Gives {texts} any number of {labels} labels."),
            },
            Task::Regression => format!("Gives {texts} a number."),
            Task::Tokens => format!("Gives each word of a text one of {labels} tags."),
            Task::Answers => "Finds the answer to a question in a text that goes with it.".to_owned(),
            Task::Embedding => {
                "Turns texts into vectors that lie close together when the texts mean the same.".to_owned()
            }
            Task::Language => "Guesses hidden words of a text: an encoder that has read texts of one field.".to_owned(),
        };
        match self.kind {
            Kind::Adapter => format!("{what} This folder holds an adapter, which works over its base model only."),
            Kind::Sentence | Kind::Transformers => what,
        }
    }

    fn made(&self) -> String {
        let base = match self.hub_base() {
            Some(id) => format!("[{}](https://huggingface.co/{id})", markdown(id)),
            None => markdown(self.base),
        };
        format!(
            "**Base model:** {base} ({}). **Made with** Tabtune {}, {}. {} Computing took {:.0} s.",
            self.family,
            env!("CARGO_PKG_VERSION"),
            markdown(self.device),
            self.sentence,
            self.seconds
        )
    }

    fn data_words(&self) -> String {
        let DatasetInfo { classes, train, validation, longest_tokens, counted_to, mean_tokens, .. } = self.data;
        let mut words = format!("{train} rows to train on, {validation} held out for validation.");
        if let (Some(longest), Some(mean)) = (longest_tokens, mean_tokens) {
            let or_more = if counted_to.is_some() { " or more" } else { "" };
            words += &format!(" The longest text has {longest} tokens{or_more}, the mean is {mean:.1}.");
        }
        words += &format!(
            " The data itself is not part of this folder. SHA-256 of the rows as they were used: `{}`.",
            self.data_hash
        );
        if !classes.is_empty() {
            words += "\n\n| label | training | validation |\n|---|---:|---:|";
            for class in classes {
                words += &format!("\n| {} | {} | {} |", markdown(&class.label), class.train, class.validation);
            }
        }
        words
    }

    fn recipe_words(&self) -> String {
        let (own, defaults) = [self.recipe, &Recipe::default()].map(serde_json::to_value).into();
        let (own, defaults): (Value, Value) = (own.unwrap_or_default(), defaults.unwrap_or_default());
        let used = |field: &&Field| field.is_used_by(self.recipe.method, self.task);
        let (same, differs): (Vec<&Field>, Vec<&Field>) =
            FIELDS.iter().filter(used).partition(|field| own[field.name] == defaults[field.name]);
        let mut words = if differs.is_empty() {
            "All settings are at their defaults.".to_owned()
        } else {
            let rows = differs
                .iter()
                .map(|field| format!("\n| {} | {} | {} |", field.label, shown(field, &own), shown(field, &defaults)));
            format!(
                "What differs from the defaults:\n\n| setting | value | default |\n|---|---|---|{}",
                rows.collect::<String>()
            )
        };
        let rest = same.iter().map(|field| format!("{}: {}", field.label, shown(field, &own))).collect::<Vec<_>>();
        if !rest.is_empty() {
            words += &format!("\n\nThe rest: {}.", rest.join("; "));
        }
        words + " The optimiser is AdamW (β 0.9 and 0.999, ε 1e-8); `training_report.json` has every epoch's figures."
    }

    fn metrics_words(&self, scores: &[Row]) -> String {
        if scores.is_empty() {
            return "There were no validation rows, so nothing is known of how well it does on new texts.".to_owned();
        }
        let rows: String =
            scores.iter().map(|row| format!("\n| {} | {} | {} |", row.words, row.shown(), row.between())).collect();
        let methods = if scores.iter().any(|row| row.interval.is_some()) {
            "Intervals hold with a confidence of 95 %: Wilson's of a share of rows, or the percentiles of 2,000 bootstrap \
             samples of whole rows. Where there is a dash none is given, since no single row's outcome was kept."
        } else {
            "No confidence intervals are given, since single rows' outcomes were not kept."
        };
        format!(
            "On the {} validation rows, with the weights that are here:\n\n| score | value | 95 % interval |\n|---|---:|---|{rows}\n\n{methods}",
            self.data.validation
        )
    }

    fn classes(&self) -> Option<String> {
        let classes = &self.report?.per_class;
        if classes.is_empty() {
            return None;
        }
        let rows = classes.iter().map(|class| {
            // Of what no row has nothing is known.
            let figure = |value: f64| if class.support > 0 { format!("{value:.3}") } else { "–".to_owned() };
            let figures = [class.precision, class.recall, class.f1].map(figure).join(" | ");
            format!("\n| {} | {figures} | {} |", markdown(&class.label), class.support)
        });
        let of = if self.task == Task::Tokens { "occurrences" } else { "rows" };
        Some(format!(
            "| label | precision | recall | F1 | {of} |\n|---|---:|---:|---:|---:|{}",
            rows.collect::<String>()
        ))
    }

    fn limits(&self) -> Vec<String> {
        let mut limits = Vec::new();
        if self.picked {
            limits.push(
                "The validation rows also decided which epoch's weights were kept, so the figures are a little too good: only \
                 rows that had no part in training show how it does on new ones."
                    .to_owned(),
            );
        }
        if self.data.leaked > 0 {
            let what = if self.task == Task::Answers { "contexts" } else { "texts" };
            limits.push(format!(
                "{} of the {} validation rows have {what} that are among those trained on, too, so that the figures are better \
                 than on new {what}.",
                self.data.leaked, self.data.validation
            ));
        }
        if self.task == Task::MultiLabel && self.report.is_some() {
            limits.push("The threshold was tuned on the same validation rows, to the same effect.".to_owned());
        }
        if (1..FEW_ROWS).contains(&self.data.validation) {
            limits.push(format!(
                "There are only {} validation rows: differences of a few points mean nothing.",
                self.data.validation
            ));
        }
        limits.push(self.length_words());
        limits.push(
            "It knows texts like those of its training rows. On other kinds of text, other languages or later times it may do \
             worse without saying so, and it takes over what is skewed in its data and its base model."
                .to_owned(),
        );
        limits.push("The licence of the base model holds for this one, too.".to_owned());
        limits
    }

    /// What becomes of long texts.
    fn length_words(&self) -> String {
        let longest = self.max_length;
        let cut = self.data.longest_tokens.is_none_or(|tokens| tokens > longest || self.data.counted_to.is_some());
        match self.task {
            Task::Answers => format!(
                "Contexts were read in windows of {longest} tokens; answers that do not fit into one are not found."
            ),
            Task::Tokens => format!("It was trained on at most {longest} tokens at a time, longer texts in windows."),
            _ if cut => {
                format!("Training cut texts after {longest} tokens; what comes later in a longer one was never seen.")
            }
            _ => format!("It was trained on texts of at most {} tokens.", self.data.longest_tokens.unwrap_or(longest)),
        }
    }

    fn javascript_words(&self) -> String {
        match loading::javascript(self) {
            Some(code) => format!(
                "transformers.js loads models as ONNX: export this one as ONNX, too, and put the folder where the page finds \
                 it.\n\n```js\n{code}\n```"
            ),
            None if self.kind == Kind::Adapter => {
                "transformers.js has no adapters: export the whole model as ONNX instead.".to_owned()
            }
            None => {
                "transformers.js does not know layers after sentence vectors: export this model as ONNX, where it is one of \
                     transformers' own class, and put that folder where the page finds it."
                    .to_owned()
            }
        }
    }
}

/// A setting's value as people read it.
fn shown(field: &Field, recipe: &Value) -> String {
    match (&recipe[field.name], field.kind) {
        (Value::Null, _) => "automatic".to_owned(),
        (Value::Bool(on), _) => if *on { "yes" } else { "no" }.to_owned(),
        (Value::String(word), FieldKind::Choice { choices }) => {
            choices.iter().find(|(value, _)| value == word).map_or(word.as_str(), |(_, words)| words).to_owned()
        }
        (other, _) => other.to_string(),
    }
}
