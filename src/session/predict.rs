//! What a session answers once there is a model that classifies: probabilities of texts, scores on a table.

use crate::data::{self, Dataset, Mapping, Truth};
use crate::error::{Error, Result};
use crate::eval::{Report, softmax};
use crate::model::Model;
use crate::session::evaluation::{Evaluation, argmax, logits};
use crate::session::{OpenModel, Prediction, Session};
use crate::train::{PadRule, Rows};

/// Texts of one prediction call: more are asked for in several calls, so that memory stays bounded.
const MAX_PREDICTIONS: usize = 100_000;

impl Session {
    /// The probabilities of each text's labels, from the trained model or from a checkpoint that has a head.
    ///
    /// # Errors
    ///
    /// No model that predicts, more than 100,000 texts, or a device that failed.
    pub async fn predict(&self, texts: &[String]) -> Result<Vec<Prediction>> {
        if texts.len() > MAX_PREDICTIONS {
            return Err(Error::order(format!("At most {MAX_PREDICTIONS} texts are predicted at a time.")));
        }
        let (base, model, labels, max_length) = self.predictor()?;
        let encodings =
            texts.iter().map(|text| base.tokenizer.encode(text, Some(max_length))).collect::<Result<Vec<_>>>()?;
        let rows = Rows { truths: vec![Truth::None; encodings.len()], texts: encodings };
        let pad = PadRule::new(base.tokenizer.pad_id(), base.config.longest(), &self.compute);
        let mut predictions = vec![None; texts.len()];
        for places in data::plan_sorted(&rows.lengths(), 32) {
            let outputs = logits(model, &rows, &places, pad, &self.compute).await?;
            for (place, row) in places.into_iter().zip(outputs) {
                let scores = labels.iter().cloned().zip(softmax(&row).into_iter().map(Into::into)).collect();
                predictions[place] =
                    Some(Prediction { text: texts[place].clone(), label: labels[argmax(&row)].clone(), scores });
            }
        }
        Ok(predictions.into_iter().flatten().collect())
    }

    /// How the model that predicts does on the rows of the open table.
    ///
    /// # Errors
    ///
    /// No table, a label that the model does not know, or a device that failed.
    pub async fn evaluate(&self, text: &str, label: &str) -> Result<Report> {
        let table = self.table.as_ref().ok_or_else(|| Error::order("Open a table first."))?;
        let (base, model, labels, max_length) = self.predictor()?;
        let examples = Dataset::with_labels(table, &Mapping::new(text, label), labels)?;
        let texts = examples
            .iter()
            .map(|example| base.tokenizer.encode(&example.text, Some(max_length)))
            .collect::<Result<Vec<_>>>()?;
        let rows = Rows {
            texts,
            truths: examples.iter().map(|example| Truth::Class(example.target.class().unwrap_or_default())).collect(),
        };
        let pad = PadRule::new(base.tokenizer.pad_id(), base.config.longest(), &self.compute);
        let mut evaluation = Evaluation::new(model.clone(), &rows, labels.len());
        while evaluation.advance(&rows, pad, &self.compute).await? {}
        Ok(evaluation.finish(labels).0)
    }

    /// The model that predicts: its base, weights, labels and longest text.
    fn predictor(&self) -> Result<(&OpenModel, &Model, &[String], usize)> {
        if let Some(trained) = &self.trained {
            return Ok((&trained.base, &trained.model, &trained.labels, trained.max_length));
        }
        let model = self.model.as_ref().ok_or_else(|| Error::order("Open a model first."))?;
        match &model.labels {
            Some(labels) => Ok((model, model.model(), labels, model.config.longest())),
            None => Err(Error::order("This model has no classification head yet. Train it first.")),
        }
    }
}
