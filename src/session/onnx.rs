//! The model that predicts, for other programs than those of Python.

use serde_json::{Map, Value};

use super::Session;
use super::predict::Predictor;
use crate::error::Result;
use crate::export::{Bundle, File, OnnxBundle, Precision};

impl Session {
    /// The files of a folder that transformers.js loads, in `onnx/` one for each of the precisions: of the trained model, or
    /// of a checkpoint that has a head. The first precision is what transformers.js takes where nobody tells it. `made_with`
    /// is added to the versions in the report of a training.
    ///
    /// # Errors
    ///
    /// No model with a head, no precision, a model of more than 2 GB, or a device that failed.
    pub async fn export_onnx(&self, precisions: &[Precision], made_with: Map<String, Value>) -> Result<Vec<File>> {
        let Predictor { base, model, task, labels, max_length, threshold, may_lack } = self.predictor()?;
        let report = self.trained.as_ref().map_or(Value::Null, |trained| trained.report(made_with));
        let bundle = Bundle {
            model,
            config: &base.config,
            task,
            labels,
            threshold,
            may_lack: may_lack.unwrap_or_default(),
            max_length,
            tokenizer: &base.tokenizer,
            tokenizer_config: base.tokenizer_config.as_deref(),
            report: &report,
        };
        OnnxBundle { bundle, precisions }.files().await
    }
}
