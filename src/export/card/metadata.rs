//! The block of YAML that the hub reads at the top of a card. Strings are JSON's, which YAML reads as they are.

use serde_json::Number;

use super::loading::pipeline_tag;
use super::scores::{Row, hub_name};
use super::text::yaml;
use super::{Card, Kind};
use crate::recipe::Method;
use crate::task::Task;

/// The block with the dashes around it.
pub(super) fn block(card: &Card, scores: &[Row]) -> String {
    let mut lines = vec!["---".to_owned()];
    lines.push(format!("library_name: {}", library(card.kind)));
    lines.push(format!("pipeline_tag: {}", pipeline_tag(card.task)));
    if let Some(base) = card.hub_base() {
        lines.push(format!("base_model: {}", yaml(base)));
        lines.push(format!("base_model_relation: {}", if card.kind == Kind::Adapter { "adapter" } else { "finetune" }));
    }
    lines.push("tags:".to_owned());
    lines.extend(tags(card).iter().map(|tag| format!("- {tag}")));
    // Each once: macro and micro F1 have one name there.
    let mut named: Vec<&str> = Vec::new();
    for name in scores.iter().filter_map(|row| hub_name(row.name)) {
        if !named.contains(&name) {
            named.push(name);
        }
    }
    if !named.is_empty() {
        lines.push("metrics:".to_owned());
        lines.extend(named.iter().map(|name| format!("- {name}")));
        lines.extend(index(card, scores));
    }
    lines.push("---".to_owned());
    lines.join("\n")
}

/// The library that loads a folder of this kind.
pub(super) fn library(kind: Kind) -> &'static str {
    match kind {
        Kind::Transformers => "transformers",
        Kind::Sentence => "sentence-transformers",
        Kind::Adapter => "peft",
    }
}

fn tags(card: &Card) -> Vec<&'static str> {
    let mut tags = vec!["tabtune"];
    if card.kind == Kind::Sentence {
        tags.extend(["sentence-transformers", "feature-extraction"]);
    }
    tags.push(match card.task {
        Task::Classification => "text-classification",
        Task::MultiLabel => "multi-label-classification",
        Task::Regression => "text-regression",
        Task::Tokens => "token-classification",
        Task::Answers => "question-answering",
        Task::Embedding => "sentence-similarity",
        Task::Language => "fill-mask",
    });
    if card.recipe.method == Method::Lora {
        tags.push("lora");
    }
    tags
}

/// The values, as the hub shows them beside the card.
fn index(card: &Card, scores: &[Row]) -> Vec<String> {
    let tag = pipeline_tag(card.task);
    let mut lines = vec![
        "model-index:".to_owned(),
        format!("- name: {}", yaml(&card.title())),
        "  results:".to_owned(),
        "  - task:".to_owned(),
        format!("      type: {tag}"),
        "    dataset:".to_owned(),
        "      name: Validation rows of a private table".to_owned(),
        "      type: private".to_owned(),
        "      split: validation".to_owned(),
        "    metrics:".to_owned(),
    ];
    for row in scores {
        let (Some(kind), Some(value)) = (hub_name(row.name), Number::from_f64(row.value)) else { continue };
        lines.push(format!("    - type: {kind}"));
        lines.push(format!("      value: {value}"));
        lines.push(format!("      name: {}", yaml(row.words)));
    }
    lines
}
