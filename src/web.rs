//! Wraps [`Session`] for JavaScript: converts types, takes no decision. The shapes are those of `www/protocol.js`.

mod checkpoint;
#[cfg(feature = "gpu")]
mod constructors;
mod measure;
mod misses;
#[cfg(feature = "threads")]
mod pool;
mod sheet;
mod table;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::data::ENCODINGS;
use crate::device::DeviceKind;
use crate::error::Error;
use crate::eval::words::SCORES;
use crate::export::File;
use crate::recipe::{FIELDS, Recipe};
use crate::session::{Event, Measuring, MissSearch, ModelFiles, SearchPlan, Session, Vocabulary};
use crate::task::Task;
use checkpoint::{FromPage, ToPage};

type Answer = std::result::Result<JsValue, JsValue>;

/// The engine, as the worker drives it. One call at a time.
#[wasm_bindgen]
pub struct Engine {
    session: Option<Session>,
    sheet: sheet::SheetState,
    table: table::TableState,
    /// A search for rows that the model is wrong about.
    misses: Option<MissSearch>,
    /// A measurement of the model on another table.
    measuring: Option<Measuring>,
}

#[wasm_bindgen]
impl Engine {
    /// An engine without a device; [`Engine::start_device`] comes first.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default)] // JavaScript has no Default.
    pub fn new() -> Engine {
        console_error_panic_hook::set_once();
        Engine {
            session: None,
            sheet: sheet::SheetState::None,
            table: table::TableState::None,
            misses: None,
            measuring: None,
        }
    }

    /// The table of hyperparameters and their defaults.
    pub fn recipe_fields() -> Answer {
        #[derive(Serialize)]
        struct Fields {
            fields: &'static [crate::recipe::Field],
            defaults: Recipe,
        }
        to_js(&Fields { fields: FIELDS, defaults: Recipe::default() })
    }

    /// What a page calls each score, how it shows it, and which way is better.
    pub fn score_words() -> Answer {
        to_js(SCORES)
    }

    /// The encodings that tables are written in: their names in the Encoding Standard, and whose they are.
    pub fn encodings() -> Answer {
        to_js(ENCODINGS)
    }

    /// The names of the files that an index of weights spreads a model over.
    pub fn shard_names(index: &[u8]) -> Answer {
        to_js(&crate::checkpoint::shards(index).map_err(thrown)?)
    }

    /// Every mistake in a recipe.
    pub fn check_recipe(recipe: JsValue) -> Answer {
        let mistakes = match from_js::<Recipe>(recipe) {
            Ok(recipe) => recipe.mistakes(),
            Err(error) => vec![error],
        };
        to_js(&mistakes.iter().map(Mistake::new).collect::<Vec<_>>())
    }

    /// How many runs a plan makes of a recipe, and what is wrong with it: `{runs, mistakes}`.
    pub fn check_search(recipe: JsValue, plan: JsValue, task: &str) -> Answer {
        #[derive(Serialize)]
        struct Checked<'a> {
            runs: Option<usize>,
            mistakes: Vec<Mistake<'a>>,
        }
        let runs = || Ok(from_js::<SearchPlan>(plan)?.trials(&from_js(recipe)?, from_js(task.into())?)?.len());
        match runs() {
            Ok(runs) => to_js(&Checked { runs: Some(runs), mistakes: Vec::new() }),
            Err(error) => to_js(&Checked { runs: None, mistakes: vec![Mistake::new(&error)] }),
        }
    }

    /// Sets the device up. An engine has one for life: each device has a module of its own.
    pub async fn start_device(&mut self, kind: &str) -> Answer {
        let kind = if kind == "gpu" { DeviceKind::Gpu } else { DeviceKind::Cpu };
        let session = Session::new(kind).await.map_err(thrown)?;
        to_js(self.session.insert(session).device())
    }

    /// Opens a model from the bytes of its files.
    pub fn open_model(&mut self, files: &JsValue, name: &str) -> Answer {
        let required = |file: &str| {
            bytes(files, file).ok_or_else(|| thrown(Error::model(name, format!("The file for {file} is missing."))))
        };
        let (config, words) = (required("config")?, bytes(files, "vocab"));
        let tokenizer_json = if words.is_some() { bytes(files, "tokenizer") } else { Some(required("tokenizer")?) };
        let weights = match shards(files) {
            Some(shards) => shards,
            None => vec![required("weights")?],
        };
        let tokenizer_config = bytes(files, "tokenizer_config");
        let modules = modules(files);
        let files = ModelFiles {
            modules: modules.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect(),
            config: &config,
            vocabulary: match &tokenizer_json {
                Some(tokenizer) => Vocabulary::Tokenizer(tokenizer),
                None => Vocabulary::Words(words.as_deref().unwrap_or_default()),
            },
            weights: weights.iter().map(Vec::as_slice).collect(),
            tokenizer_config: tokenizer_config.as_deref(),
        };
        to_js(&self.session()?.open_model(files, name).map_err(thrown)?)
    }

    /// The likeliest columns for a task.
    pub fn guess_mapping(&mut self, task: &str) -> Answer {
        let task = from_js(task.into()).map_err(thrown)?;
        to_js(&self.session()?.guess_mapping(task).map_err(thrown)?)
    }

    /// Makes a data set of the open table.
    pub fn map_columns(&mut self, mapping: JsValue) -> Answer {
        let mapping = from_js(mapping).map_err(thrown)?;
        to_js(&self.session()?.map_columns(&mapping).map_err(thrown)?)
    }

    /// Tokenizes up to `rows` more texts: `{done, total}`.
    pub fn tokenize(&mut self, rows: usize) -> Answer {
        #[derive(Serialize)]
        struct Progress {
            done: usize,
            total: usize,
        }
        let (done, total) = self.session()?.tokenize(rows).map_err(thrown)?;
        to_js(&Progress { done, total })
    }

    /// The data set as it is now, or null.
    pub fn dataset_info(&mut self) -> Answer {
        to_js(&self.session()?.dataset_info())
    }

    /// A recipe for the open model and data, and why: `{recipe, sentence}`.
    pub async fn suggest(&mut self) -> Answer {
        to_js(&self.session()?.suggest().await.map_err(thrown)?)
    }

    /// Sets a run up.
    pub fn start(&mut self, recipe: JsValue) -> Answer {
        let recipe = from_js(recipe).map_err(thrown)?;
        to_js(&self.session()?.start(recipe).map_err(thrown)?)
    }

    /// Sets a search up.
    pub fn start_search(&mut self, recipe: JsValue, plan: JsValue) -> Answer {
        let (recipe, plan) = (from_js(recipe).map_err(thrown)?, from_js(plan).map_err(thrown)?);
        to_js(&self.session()?.start_search(&recipe, plan).map_err(thrown)?)
    }

    /// Does units of work of the run or the search; the events that happened.
    pub async fn run_steps(&mut self, units: usize) -> Answer {
        to_js(&self.session()?.run_steps(units).await.map_err(thrown)?)
    }

    /// Ends the run; the events up to and with `done`.
    pub async fn stop(&mut self) -> Answer {
        let session = self.session()?;
        session.stop();
        let mut events: Vec<Event> = Vec::new();
        while session.is_running() {
            events.extend(session.run_steps(1).await.map_err(thrown)?);
        }
        to_js(&events)
    }

    /// The run under way as a file: `{bytes, info}`.
    pub async fn checkpoint(&mut self) -> Answer {
        let mut file = ToPage::default();
        let info = self.session()?.checkpoint_to(&mut file).await.map_err(thrown)?;
        let answer = js_sys::Object::new();
        js_sys::Reflect::set(&answer, &"bytes".into(), &file.bytes())?;
        js_sys::Reflect::set(&answer, &"info".into(), &to_js(&info)?)?;
        Ok(answer.into())
    }

    /// Sets up the run of such a file, to be gone on with; all is open as it was.
    pub async fn resume(&mut self, bytes: js_sys::Uint8Array) -> Answer {
        to_js(&self.session()?.resume_from(&FromPage(bytes)).await.map_err(thrown)?)
    }

    /// Refuses a checkpoint of a run that could not go on with what is open.
    pub async fn check_resume(&mut self, bytes: js_sys::Uint8Array) -> std::result::Result<(), JsValue> {
        self.session()?.check_resume_from(&FromPage(bytes)).await.map_err(thrown)
    }

    /// Steps and epochs of the run under way since its beginning, and what is over of its search.
    pub fn told(&mut self) -> Answer {
        to_js(&self.session()?.told())
    }

    /// The search under way: `{info, base}`, base being the recipe that it varies; null for a single run.
    pub fn search_under_way(&mut self) -> Answer {
        let search = self.session()?.search_under_way();
        to_js(&search.map(|(info, base)| serde_json::json!({ "info": info, "base": base })))
    }

    /// What is in such a file, whatever is open.
    pub fn checkpoint_info(bytes: js_sys::Uint8Array) -> Answer {
        to_js(&Session::checkpoint_info_from(&FromPage(bytes)).map_err(thrown)?)
    }

    /// What the model says to each text, or to each pair: `{texts, pairs}`, `pairs` being null for single texts.
    pub async fn predict(&mut self, asked: JsValue) -> Answer {
        let Asked { texts, pairs } = from_js(asked).map_err(thrown)?;
        let session = self.session()?;
        let said = session.predict(&texts, pairs.as_deref()).await.map_err(thrown)?;
        match session.predicts().map_err(thrown)? {
            Task::Classification | Task::MultiLabel => named_to_js(&said),
            _ => to_js(&said),
        }
    }

    /// Of how many of these texts the model reads only the beginning, and how many tokens that is: `{texts, tokens}`.
    pub fn cut(&mut self, asked: JsValue) -> Answer {
        let Asked { texts, pairs } = from_js(asked).map_err(thrown)?;
        let (texts, tokens) = self.session()?.cut(&texts, pairs.as_deref()).map_err(thrown)?;
        to_js(&Cut { texts: texts as u64, tokens })
    }

    /// The files of the trained model: `[{path, bytes}]`. `made_with` goes into the report.
    pub async fn export_files(&mut self, made_with: JsValue) -> Answer {
        let made_with = from_js(made_with).map_err(thrown)?;
        list(self.session()?.export_files(made_with).await.map_err(thrown)?)
    }

    /// The files of a script that does the run of a recipe in Python. `base` is the open model's name on the hub.
    pub async fn python_files(&mut self, recipe: JsValue, base: &str) -> Answer {
        let recipe = from_js::<Recipe>(recipe).map_err(thrown)?;
        list(self.session()?.python_files(&recipe, base).await.map_err(thrown)?)
    }

    /// The files of the trained model's adapter over a base model.
    pub async fn export_adapter(&mut self, base: &str, made_with: JsValue) -> Answer {
        let made_with = from_js(made_with).map_err(thrown)?;
        list(self.session()?.export_adapter(base, made_with).await.map_err(thrown)?)
    }

    /// The files of a folder for transformers.js, with the model as ONNX in each of the precisions.
    pub async fn export_onnx(&mut self, precisions: JsValue, made_with: JsValue) -> Answer {
        let (precisions, made_with) =
            (from_js::<Vec<_>>(precisions).map_err(thrown)?, from_js(made_with).map_err(thrown)?);
        list(self.session()?.export_onnx(&precisions, made_with).await.map_err(thrown)?)
    }

    fn session(&mut self) -> std::result::Result<&mut Session, JsValue> {
        self.session.as_mut().ok_or_else(|| thrown(Error::order("Start a device first.")))
    }
}

/// Files as `[{path, bytes}]`.
fn list(files: Vec<File>) -> Answer {
    let list = js_sys::Array::new();
    for file in files {
        let object = js_sys::Object::new();
        js_sys::Reflect::set(&object, &"path".into(), &file.path.into())?;
        js_sys::Reflect::set(&object, &"bytes".into(), &js_sys::Uint8Array::from(file.bytes.as_slice()))?;
        list.push(&object);
    }
    Ok(list.into())
}

/// An error in the shape of `Mistake` in `www/protocol.js`.
#[derive(Serialize)]
struct Mistake<'a> {
    kind: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

impl<'a> Mistake<'a> {
    fn new(error: &'a Error) -> Self {
        let mut mistake =
            Self { kind: error.kind(), message: error.to_string(), line: None, column: None, field: None, name: None };
        match error {
            Error::Table { line, column, .. } => (mistake.line, mistake.column) = (*line, column.as_deref()),
            Error::Recipe { field, .. } => mistake.field = Some(field),
            Error::Model { file, .. } => mistake.name = Some(file),
            Error::Tensor { name, .. } => mistake.name = Some(name),
            Error::File { path, .. } => mistake.name = Some(path),
            Error::Device { .. } | Error::Order { .. } => {}
        }
        mistake
    }
}

/// Texts that something is asked about.
#[derive(Deserialize)]
struct Asked {
    texts: Vec<String>,
    pairs: Option<Vec<String>>,
}

/// How many texts are read only in part, and how many tokens of them.
#[derive(Serialize)]
struct Cut {
    texts: u64,
    tokens: usize,
}

fn thrown(error: Error) -> JsValue {
    to_js(&Mistake::new(&error)).unwrap_or_else(|_| error.to_string().into())
}

fn to_js<T: Serialize + ?Sized>(value: &T) -> Answer {
    Ok(value.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}

/// The same of objects whose keys users have chosen: a label that is called `__proto__` would be none of its own if it were set.
fn named_to_js<T: Serialize + ?Sized>(value: &T) -> Answer {
    let json = serde_json::to_string(value).map_err(|error| error.to_string())?;
    js_sys::JSON::parse(&json)
}

fn from_js<T: DeserializeOwned>(value: JsValue) -> crate::error::Result<T> {
    serde_wasm_bindgen::from_value(value)
        .map_err(|error| Error::order(format!("The page sent something unexpected ({error}).")))
}

/// Copies of the files that a large model's weights come in, if `weights` is a list.
fn shards(files: &JsValue) -> Option<Vec<Vec<u8>>> {
    let value = js_sys::Reflect::get(files, &"weights".into()).ok()?;
    let list = value.dyn_ref::<js_sys::Array>()?;
    list.iter().map(|shard| shard.dyn_ref::<js_sys::Uint8Array>().map(js_sys::Uint8Array::to_vec)).collect()
}

/// Copies of the files that a sentence-transformers model has beside its encoder's: `modules`, an object by path.
fn modules(files: &JsValue) -> Vec<(String, Vec<u8>)> {
    let value = js_sys::Reflect::get(files, &"modules".into()).ok();
    let Some(object) = value.as_ref().and_then(|value| value.dyn_ref::<js_sys::Object>()) else { return Vec::new() };
    let names = js_sys::Object::keys(object);
    let names = names.iter().filter_map(|name| name.as_string());
    names.filter_map(|name| Some((name.clone(), bytes(object, &name)?))).collect()
}

/// A copy of the bytes of one file of a JavaScript object, if it is there.
fn bytes(files: &JsValue, name: &str) -> Option<Vec<u8>> {
    let value = js_sys::Reflect::get(files, &name.into()).ok()?;
    value.dyn_ref::<js_sys::Uint8Array>().map(js_sys::Uint8Array::to_vec)
}
