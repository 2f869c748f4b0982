//! A folder that transformers.js loads: the model in one precision or several, and what stands around it.

use serde_json::{Map, Value, json};

use super::onnx;
use super::weights::Precision;
use crate::error::{Error, Result};
use crate::export::bundle::{Bundle, File, file, text};
use crate::model::Table;

/// What a folder is made of.
#[derive(Debug)]
pub struct OnnxBundle<'a> {
    /// Model, configuration, tokenizer, report.
    pub bundle: Bundle<'a>,
    /// The precisions that are wanted, each a file.
    pub precisions: &'a [Precision],
}

impl OnnxBundle<'_> {
    /// The files: configuration, tokenizer, report if there is one, and one model per precision.
    ///
    /// # Errors
    ///
    /// No precision, a model that no file can hold, or a device that fails while the weights are read.
    ///
    /// # Panics
    ///
    /// If the model has adapters: [`crate::model::Model::merged`] folds them in.
    pub async fn files(&self) -> Result<Vec<File>> {
        let Bundle { model, config, task, tokenizer, report, .. } = self.bundle;
        let Some(first) = self.precisions.first() else {
            return Err(Error::order("Choose at least one precision for the ONNX file."));
        };
        let mut settings = self.bundle.config_json(&config.class(task));
        // Without a word on it transformers.js looks for 8-bit weights on the CPU, and for 32-bit ones on a GPU.
        settings["transformers.js_config"] = json!({ "dtype": first.dtype() });
        let mut files = vec![
            text("config.json", &settings),
            file("tokenizer.json", tokenizer.source().to_vec()),
            text("tokenizer_config.json", &self.tokenizer_settings()?),
        ];
        if !report.is_null() {
            files.push(text("training_report.json", report));
        }
        let mut wanted = self.precisions.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        for precision in wanted {
            files.push(file(precision.file(), onnx(model, config, task, precision).await?));
        }
        Ok(files)
    }

    /// The base model's `tokenizer_config.json` with what transformers.js needs and cannot know: where texts are cut, which
    /// tokens pad, hide and separate, and a class that tells the texts of a pair apart where the model does.
    fn tokenizer_settings(&self) -> Result<Value> {
        let own = self.bundle.tokenizer_config.and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
        let mut settings = match own {
            Some(Value::Object(own)) => own,
            _ => Map::new(),
        };
        if let Value::Object(known) = self.bundle.tokenizer_json() {
            known.into_iter().for_each(|(name, value)| fill(&mut settings, &name, value));
        }
        settings.insert("model_max_length".to_owned(), json!(self.bundle.max_length));
        let tokenizer = self.bundle.tokenizer;
        // Around a text without words there are the tokens that begin and end all texts.
        let around = tokenizer.encode("", None)?.ids;
        if let Some(separator) = around.last().and_then(|&id| tokenizer.token(id.try_into().ok()?)) {
            fill(&mut settings, "sep_token", json!(separator));
        }
        if tokenizer.token_types_of_pair() > 1 && !tells_pairs_apart(&settings) {
            settings.insert("tokenizer_class".to_owned(), json!(class(self.bundle.config.family.table)));
        }
        Ok(Value::Object(settings))
    }
}

/// Sets a field that is missing or null.
fn fill(settings: &mut Map<String, Value>, name: &str, value: Value) {
    if settings.get(name).is_none_or(Value::is_null) {
        settings.insert(name.to_owned(), value);
    }
}

/// Classes for which transformers.js gives token types.
const WITH_TYPES: [&str; 4] = ["BertTokenizer", "AlbertTokenizer", "ElectraTokenizer", "DebertaV2Tokenizer"];

fn tells_pairs_apart(settings: &Map<String, Value>) -> bool {
    let named = settings.get("tokenizer_class").and_then(Value::as_str).unwrap_or_default();
    WITH_TYPES.contains(&named.strip_suffix("Fast").unwrap_or(named))
}

fn class(family: Table) -> &'static str {
    match family {
        Table::Albert => "AlbertTokenizer",
        Table::Electra => "ElectraTokenizer",
        Table::Deberta => "DebertaV2Tokenizer",
        _ => "BertTokenizer",
    }
}
