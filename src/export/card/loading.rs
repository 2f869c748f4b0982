//! How a folder is loaded, in Python and in JavaScript: the library and class that fit its task. No text of a user but a
//! base model's name on the hub, which has only harmless letters, gets into the code.

use super::{Card, Kind};
use crate::model::Pooling;
use crate::task::Task;

/// The Auto class of transformers that has a head for a task.
fn auto_class(task: Task) -> &'static str {
    match task {
        Task::Classification | Task::MultiLabel | Task::Regression => "AutoModelForSequenceClassification",
        Task::Tokens => "AutoModelForTokenClassification",
        Task::Answers => "AutoModelForQuestionAnswering",
        Task::Embedding => "AutoModel",
        Task::Language => "AutoModelForMaskedLM",
    }
}

/// The task as the hub and pipelines name it.
pub(super) fn pipeline_tag(task: Task) -> &'static str {
    match task {
        Task::Classification | Task::MultiLabel | Task::Regression => "text-classification",
        Task::Tokens => "token-classification",
        Task::Answers => "question-answering",
        Task::Embedding => "sentence-similarity",
        Task::Language => "fill-mask",
    }
}

/// Python that loads the folder and asks it.
pub(super) fn python(card: &Card) -> String {
    match (card.kind, card.task) {
        (Kind::Adapter, _) => adapter(card),
        (Kind::Sentence, Task::Embedding) => VECTORS.to_owned(),
        (Kind::Sentence, Task::Regression) => of_texts(SCORE, card),
        (Kind::Sentence, Task::MultiLabel) => of_texts(&format!("{LABELS_OF_VECTORS}{EACH_LABEL}"), card),
        (Kind::Sentence, _) => of_texts(&format!("{LABELS_OF_VECTORS}{ONE_LABEL}"), card),
        (Kind::Transformers, Task::Answers) => ANSWER.to_owned(),
        (Kind::Transformers, _) => pipeline(card),
    }
}

const VECTORS: &str = r#"from sentence_transformers import SentenceTransformer

model = SentenceTransformer("path/to/this/folder")
vectors = model.encode(["One text", "Another one"])
print(model.similarity(vectors[0], vectors[1]))"#;

const SCORE: &str = r#"from sentence_transformers import SentenceTransformer

model = SentenceTransformer("path/to/this/folder")
print(model.encode([{texts}])[0, 0])"#;

const LABELS_OF_VECTORS: &str = r#"import json
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer

folder = "path/to/this/folder"
model = SentenceTransformer(folder)
labels = json.loads(Path(folder, "config.json").read_text(encoding="utf-8"))["id2label"]
outputs = model.encode([{texts}], convert_to_tensor=True)[0]
"#;

const ONE_LABEL: &str = r#"print(labels[str(int(outputs.argmax()))], float(outputs.softmax(-1).max()))"#;

const EACH_LABEL: &str =
    r#"print({labels[str(place)]: float(share) for place, share in enumerate(torch.sigmoid(outputs))})"#;

/// The best answer over the windows of a context, as `session/spans.rs` finds it.
const ANSWER: &str = r#"import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

folder = "path/to/this/folder"
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForQuestionAnswering.from_pretrained(folder)
question, context = "What is asked?", "The text that holds the answer."
room = tokenizer.model_max_length - len(tokenizer.tokenize(question)) - tokenizer.num_special_tokens_to_add(pair=True)
windows = {"stride": room // 3, "return_overflowing_tokens": True, "return_offsets_mapping": True}
tokens = tokenizer(question, context, truncation="only_second", padding=True, return_tensors="pt", **windows)
offsets, _ = tokens.pop("offset_mapping"), tokens.pop("overflow_to_sample_mapping")
with torch.no_grad():
    found = model(**tokens)
best, none = (-float("inf"), ""), float("inf")
for at, (starts, ends) in enumerate(zip(found.start_logits.tolist(), found.end_logits.tolist())):
    none = min(none, starts[0] + ends[0])
    words = [place for place, text in enumerate(tokens.sequence_ids(at)) if text == 1]
    firsts, lasts = (sorted(words, key=lambda place: -side[place])[:20] for side in (starts, ends))
    for first, last in [(first, last) for first in firsts for last in lasts if first <= last < first + 30]:
        best = max(best, (starts[first] + ends[last], context[offsets[at, first, 0] : offsets[at, last, 1]]))
may_lack = getattr(model.config, "handle_impossible_answer", False)
print("(no answer)" if may_lack and none >= best[0] else best[1])"#;

/// Code that asks for what the model was trained on: a text, or two as one input.
fn of_texts(code: &str, card: &Card) -> String {
    let texts = if card.data.pairs { r#"("The first text", "The second text")"# } else { r#""A text""# };
    code.replace("{texts}", texts)
}

fn pipeline(card: &Card) -> String {
    // Pipelines of words cut texts by themselves; others take more of them than in training, or fail.
    let options = match card.task {
        Task::MultiLabel => ", top_k=None, truncation=True",
        Task::Regression => ", function_to_apply=\"none\", truncation=True",
        Task::Tokens => ", aggregation_strategy=\"first\"",
        Task::Language => ", tokenizer_kwargs={\"truncation\": True}",
        Task::Classification | Task::Answers | Task::Embedding => ", truncation=True",
    };
    let asked = match card.task {
        Task::Language => "f\"A text with a {ask.tokenizer.mask_token} word\"",
        _ if card.data.pairs => "{\"text\": \"The first text\", \"text_pair\": \"The second text\"}",
        _ => "\"A text\"",
    };
    let tag = pipeline_tag(card.task);
    format!(
        "from transformers import pipeline\n\nask = pipeline(\"{tag}\", model=\"path/to/this/folder\"{options})\nprint(ask({asked}))"
    )
}

fn adapter(card: &Card) -> String {
    let base = card.hub_base().unwrap_or("path/to/the/base/model");
    let class = auto_class(card.task);
    let outputs = match card.task {
        Task::Classification | Task::MultiLabel | Task::Tokens => format!(", num_labels={}", card.labels.len()),
        Task::Regression => ", num_labels=1".to_owned(),
        Task::Answers | Task::Embedding | Task::Language => String::new(),
    };
    // A base model cuts texts elsewhere than training did; words get their labels however long the text is.
    let longest = match card.task {
        Task::Tokens => String::new(),
        _ => format!(", model_max_length={}", card.max_length),
    };
    // PEFT passes over the types of tokens where questions are answered; what is merged has no PEFT around it.
    let merged = if card.task == Task::Answers { ".merge_and_unload()" } else { "" };
    format!(
        "from peft import PeftModel
from transformers import {class}, AutoTokenizer

base = \"{base}\"
tokenizer = AutoTokenizer.from_pretrained(base{longest})
model = {class}.from_pretrained(base{outputs})
model = PeftModel.from_pretrained(model, \"path/to/this/folder\"){merged}.eval()"
    )
}

/// JavaScript that loads the model as transformers.js does, from ONNX; `None` for folders that it has no way for.
pub(super) fn javascript(card: &Card) -> Option<String> {
    let plain = "{ pipeline }";
    let (imports, body) = match (card.kind, card.task) {
        (Kind::Adapter, _) => return None,
        (Kind::Sentence, Task::Embedding) => {
            let pooling = if card.pooling == Pooling::First { "cls" } else { "mean" };
            let ask = format!("ask([\"One text\", \"Another one\"], {{ pooling: \"{pooling}\", normalize: true }})");
            (plain, piped("feature-extraction", &ask))
        }
        (Kind::Sentence, _) => return None,
        (Kind::Transformers, Task::Regression) if !card.data.pairs => {
            (PARTS, outputs("\"A text\", { truncation: true }"))
        }
        (Kind::Transformers, _) if card.data.pairs && card.task != Task::Answers => {
            (PARTS, outputs("\"The first text\", { text_pair: \"The second text\", truncation: true }"))
        }
        (Kind::Transformers, task) => {
            let ask = match task {
                Task::MultiLabel => "ask(\"A text\", { top_k: null })",
                Task::Answers => "ask(\"What is asked?\", \"The text that holds the answer.\")",
                Task::Language => "ask(`A text with a ${ask.tokenizer.mask_token} word`)",
                _ => "ask(\"A text\")",
            };
            (plain, piped(pipeline_tag(task), ask))
        }
    };
    Some(format!("import {imports} from \"@huggingface/transformers\";\n\n{body}"))
}

const PARTS: &str = "{ AutoModelForSequenceClassification, AutoTokenizer }";

fn piped(tag: &str, ask: &str) -> String {
    format!("const ask = await pipeline(\"{tag}\", \"path/to/this/folder\");\nconsole.log(await {ask});")
}

/// For what the pipelines of transformers.js do not take: numbers as they are, and pairs of texts.
fn outputs(texts: &str) -> String {
    format!(
        "const folder = \"path/to/this/folder\";
const tokenizer = await AutoTokenizer.from_pretrained(folder);
const model = await AutoModelForSequenceClassification.from_pretrained(folder);
const {{ logits }} = await model(tokenizer({texts}));
console.log(logits.tolist());"
    )
}
