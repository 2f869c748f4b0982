//! What a session answers once there is a model with a head: predictions for texts.

use crate::data::{self, Example, Target, Truth};
use crate::device::{self, Compute};
use crate::error::{Error, Result};
use crate::eval::{sigmoid, softmax};
use crate::model::{DeviceBatch, Model};
use crate::session::evaluation::outputs;
use crate::session::marking::Marking;
use crate::session::prediction::{Mask, Prediction, Word};
use crate::session::rows::{Preparation, Prepared};
use crate::session::spans::Search;
use crate::session::tally::{argmax, characters};
use crate::session::{OpenModel, Session};
use crate::task::Task;
use crate::text::{Cut, Tokenizer};
use crate::train::PadRule;

/// Texts of one prediction call: more are asked for in several calls, so that memory stays bounded.
const MAX_PREDICTIONS: usize = 100_000;

/// Words that are named for a mask token.
const MASK_WORDS: usize = 5;

/// The model that predicts.
pub(super) struct Predictor<'a> {
    pub(super) base: &'a OpenModel,
    pub(super) model: &'a Model,
    pub(super) task: Task,
    pub(super) labels: &'a [String],
    pub(super) max_length: usize,
    pub(super) threshold: f64,
    /// Whether contexts may hold no answer, if that is known.
    pub(super) may_lack: Option<bool>,
}

impl Session {
    /// What the trained model, or a checkpoint that has a head, says to each text; `pairs` are the second texts, one for
    /// each, where the task has two: contexts of questions, for one.
    ///
    /// # Errors
    ///
    /// No model that predicts, more than 100,000 texts, second texts that are missing or do not match, or a device that
    /// failed.
    pub async fn predict(&self, texts: &[String], pairs: Option<&[String]>) -> Result<Vec<Prediction>> {
        let predictor = self.predictor()?;
        check(texts, pairs, predictor.task)?;
        let written = |text: &String| match predictor.mask_token() {
            // Whoever asks need not know how this model spells it.
            Some(mask) => text.replace("[MASK]", &mask),
            None => text.clone(),
        };
        let example = |(at, text): (usize, &String)| Example {
            text: written(text).into(),
            pair: pairs.map(|pairs| pairs[at].as_str().into()),
            target: Target::None,
            line: at as u64 + 1,
        };
        self.predict_examples(texts.iter().enumerate().map(example).collect()).await
    }

    /// How many of these texts the model reads only the beginning of, and how many tokens that is. Texts whose words are labelled
    /// and contexts of questions are read to their end.
    ///
    /// # Errors
    ///
    /// No model that predicts.
    pub fn cut(&self, texts: &[String], pairs: Option<&[String]>) -> Result<(usize, usize)> {
        let predictor = self.predictor()?;
        let (tokenizer, most) = (&predictor.base.tokenizer, predictor.max_length);
        if matches!(predictor.task, Task::Tokens | Task::Answers) {
            return Ok((0, most));
        }
        let mut cut = 0;
        for (at, text) in texts.iter().enumerate() {
            let pair = pairs.and_then(|pairs| pairs.get(at));
            // No token is made of less than a byte.
            if text.len() + pair.map_or(0, String::len) + tokenizer.special_tokens_of_pair() <= most {
                continue;
            }
            let tokens = match pair {
                None => tokenizer.encode(text, Some(most + 1))?,
                Some(pair) => tokenizer.encode_pair(text, pair, Cut::LongestFirst(most + 1))?,
            };
            cut += usize::from(tokens.ids.len() > most);
        }
        Ok((cut, most))
    }

    /// What it says to examples, of which only the texts count, and the places of words where the target has them.
    pub(super) async fn predict_examples(&self, examples: Vec<Example>) -> Result<Vec<Prediction>> {
        let predictor = self.predictor()?;
        let preparation = predictor.preparation();
        let prepared = match predictor.task {
            Task::Tokens => preparation.prepare_windows(&examples)?,
            _ => preparation.prepare(&examples, &[])?,
        };
        if predictor.task == Task::Language {
            return predictor.words(prepared, &self.compute).await;
        }
        let pad = PadRule::new(predictor.base.tokenizer.pad_id(), predictor.base.config.longest(), &self.compute);
        let mut predictions = vec![None; examples.len()];
        let mut searches = vec![Search::default(); examples.len()];
        let mut markings: Vec<Marking> = match predictor.task {
            Task::Tokens => examples.iter().map(Marking::of).collect(),
            _ => Vec::new(),
        };
        for places in data::plan_sorted(&prepared.rows.lengths(), 32) {
            let outputs = outputs(predictor.model, &prepared.rows, &places, pad, &self.compute).await?;
            for (place, outputs) in places.into_iter().zip(outputs) {
                let (origin, text) = (prepared.origins[place], &prepared.rows.texts[place]);
                match predictor.task {
                    Task::Answers => searches[origin].add(&outputs, &text.unpack()),
                    Task::Tokens => markings[origin].add(&text.unpack(), &outputs, predictor.labels.len()),
                    _ => predictions[origin] = Some(predictor.prediction(&examples[origin], &outputs)),
                }
            }
        }
        if predictor.task == Task::Tokens {
            let marked = markings.into_iter().zip(examples);
            return Ok(marked.map(|(one, example)| one.finish(example.text.into(), predictor.labels)).collect());
        }
        if predictor.task == Task::Answers {
            let may_lack = predictor.may_lack.unwrap_or_default();
            let asked = searches.into_iter().zip(examples);
            return Ok(asked.map(|(search, example)| answer(search, example, may_lack)).collect());
        }
        Ok(predictions.into_iter().flatten().collect())
    }

    /// The task of the model that predicts.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn predicts(&self) -> Result<Task> {
        Ok(self.predictor()?.task)
    }

    /// The task and the labels of the model that predicts.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn head(&self) -> Result<(Task, &[String])> {
        self.predictor().map(|predictor| (predictor.task, predictor.labels))
    }

    pub(super) fn predictor(&self) -> Result<Predictor<'_>> {
        if let Some(trained) = &self.trained {
            return Ok(Predictor {
                base: &trained.base,
                model: &trained.model,
                task: trained.task,
                labels: &trained.labels,
                max_length: trained.cuts_at(),
                threshold: trained.threshold(),
                may_lack: Some(trained.may_lack),
            });
        }
        let model = self.model.as_ref().ok_or_else(|| Error::order("Open a model first."))?;
        match &model.head {
            Some(head) => Ok(Predictor {
                base: model,
                model: model.model(),
                task: head.task,
                labels: &head.labels,
                max_length: model.cuts_at(head.task),
                threshold: model.config.threshold(),
                may_lack: model.config.may_lack(),
            }),
            None => Err(Error::order("This model has no head for a task yet. Train it first.")),
        }
    }
}

/// Refuses texts that the task cannot use.
fn check(texts: &[String], pairs: Option<&[String]>, task: Task) -> Result<()> {
    if texts.len() > MAX_PREDICTIONS {
        return Err(Error::order(format!("At most {MAX_PREDICTIONS} texts are predicted at a time.")));
    }
    match (task, pairs) {
        (Task::Answers, None) => Err(Error::order("A question needs a context to find its answer in.")),
        (Task::Tokens | Task::Embedding | Task::Language, Some(_)) => {
            Err(Error::order("This task has one text, not two."))
        }
        (_, Some(pairs)) if pairs.len() != texts.len() => {
            Err(Error::order(format!("There are {} texts but {} second texts.", texts.len(), pairs.len())))
        }
        _ => Ok(()),
    }
}

impl Predictor<'_> {
    pub(super) fn preparation(&self) -> Preparation<'_> {
        let tokenizer = &self.base.tokenizer;
        Preparation { tokenizer, task: self.task, labels: self.labels.len(), max_length: self.max_length }
    }

    /// What the outputs of a row say that is all of an example.
    fn prediction(&self, Example { text, pair, .. }: &Example, outputs: &[f32]) -> Prediction {
        let (text, pair) = (text.to_string(), pair.as_ref().map(ToString::to_string));
        let named = |scores: Vec<f64>| self.labels.iter().cloned().zip(scores.into_iter().map(Into::into)).collect();
        match self.task {
            Task::MultiLabel => {
                let scores: Vec<f64> = outputs.iter().map(|&output| sigmoid(output)).collect();
                let holds = |(_, score): &(&String, &f64)| **score >= self.threshold;
                let labels = self.labels.iter().zip(&scores).filter(holds).map(|(label, _)| label.clone()).collect();
                Prediction::Labels { text, pair, labels, scores: named(scores) }
            }
            Task::Regression => Prediction::Score { text, pair, score: outputs[0] },
            Task::Embedding => Prediction::Vector { text, vector: outputs.to_vec() },
            Task::Classification | Task::Tokens | Task::Answers | Task::Language => {
                let label = self.labels[argmax(outputs)].clone();
                Prediction::Label { text, pair, label, scores: named(softmax(outputs)) }
            }
        }
    }

    /// The mask token, of a model that fills it in.
    fn mask_token(&self) -> Option<String> {
        let tokenizer = &self.base.tokenizer;
        tokenizer.mask_id().filter(|_| self.task == Task::Language).and_then(|id| tokenizer.token(id as u32))
    }

    /// What could stand at the mask tokens of each text.
    async fn words(&self, prepared: Prepared, compute: &Compute) -> Result<Vec<Prediction>> {
        let (tokenizer, mask) = (&self.base.tokenizer, self.base.masking()?.mask);
        let pad = PadRule::new(tokenizer.pad_id(), self.base.config.longest(), compute);
        let mut predictions = Vec::new();
        for (row, example) in prepared.examples.iter().enumerate() {
            let tokens = prepared.rows.texts[row].unpack();
            let places: Vec<usize> = (0..tokens.ids.len()).filter(|&place| tokens.ids[place] == mask).collect();
            let mut batch = prepared.rows.batch(&[row], pad);
            batch.truths = vec![Truth::Hidden(places.iter().map(|&place| (place, mask)).collect())];
            let mut masks = Vec::new();
            if !places.is_empty() {
                let outputs = self.model.forward(&DeviceBatch::new(&batch, &compute.device));
                let [_, vocabulary] = outputs.dims();
                let values = device::read(outputs).await?;
                for (&place, outputs) in places.iter().zip(values.chunks(vocabulary)) {
                    let (start, end) = tokens.offsets[place];
                    masks.push(Mask { start, end, words: likeliest(outputs, tokenizer) });
                }
            }
            predictions.push(Prediction::Words { text: example.text.to_string(), masks });
        }
        Ok(predictions)
    }
}

/// The likeliest words at a mask token.
fn likeliest(outputs: &[f32], tokenizer: &Tokenizer) -> Vec<Word> {
    let scores = softmax(outputs);
    let mut ids: Vec<usize> = (0..scores.len()).collect();
    ids.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let word = |&id: &usize| Some(Word { word: tokenizer.token(id as u32)?, score: scores[id] });
    ids.iter().filter_map(word).take(MASK_WORDS).collect()
}

fn answer(search: Search, example: Example, may_lack: bool) -> Prediction {
    let context: String = example.pair.map(Into::into).unwrap_or_default();
    let best = search.finish(may_lack);
    let (start, end) = best.characters.unwrap_or_default();
    let answer = characters(&context, start, end).to_owned();
    Prediction::Answer { question: example.text.into(), context, answer, start, end, score: best.score }
}
