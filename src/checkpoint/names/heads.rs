//! The names of heads, per family and task.

use super::Kind::{Dense, Norm, Vector};
use super::Row;
use crate::model::Table;
use crate::task::Task;

/// The rows of a head: name in the file, path below `head`, kind.
pub(super) fn rows(family: Table, task: Task) -> &'static [Row] {
    match task {
        Task::Classification | Task::MultiLabel | Task::Regression => over_texts(family),
        Task::Tokens if family != Table::ModernBert => &[("classifier", "output", Dense)],
        Task::Answers if family != Table::ModernBert => &[("qa_outputs", "output", Dense)],
        Task::Tokens | Task::Answers => over_texts(family),
        Task::Language => over_words(family),
        Task::Embedding => &[],
    }
}

/// The pooler of a bare encoder, which sentence vectors do without and files of the family's `…Model` class carry: its
/// name without the family's prefix.
pub(super) fn pooler(family: Table) -> Option<&'static str> {
    match family {
        Table::Bert | Table::Roberta | Table::Mpnet => Some("pooler.dense"),
        Table::Albert => Some("pooler"),
        Table::DistilBert | Table::Electra | Table::Deberta | Table::ModernBert => None,
    }
}

fn over_texts(family: Table) -> &'static [Row] {
    match family {
        Table::Bert => &[("bert.pooler.dense", "dense", Dense), ("classifier", "output", Dense)],
        Table::Albert => &[("albert.pooler", "dense", Dense), ("classifier", "output", Dense)],
        Table::Deberta => &[("pooler.dense", "dense", Dense), ("classifier", "output", Dense)],
        Table::DistilBert => &[("pre_classifier", "dense", Dense), ("classifier", "output", Dense)],
        Table::Roberta | Table::Electra | Table::Mpnet => {
            &[("classifier.dense", "dense", Dense), ("classifier.out_proj", "output", Dense)]
        }
        Table::ModernBert => {
            &[("head.dense", "dense", Dense), ("head.norm", "norm", Norm), ("classifier", "output", Dense)]
        }
    }
}

fn over_words(family: Table) -> &'static [Row] {
    match family {
        Table::Bert | Table::Deberta => &[
            ("cls.predictions.transform.dense", "dense", Dense),
            ("cls.predictions.transform.LayerNorm", "norm", Norm),
            ("cls.predictions.bias", "bias", Vector),
        ],
        Table::Roberta | Table::Mpnet => {
            &[("lm_head.dense", "dense", Dense), ("lm_head.layer_norm", "norm", Norm), ("lm_head.bias", "bias", Vector)]
        }
        Table::Electra => &[
            ("generator_predictions.dense", "dense", Dense),
            ("generator_predictions.LayerNorm", "norm", Norm),
            ("generator_lm_head.bias", "bias", Vector),
        ],
        Table::Albert => &[
            ("predictions.dense", "dense", Dense),
            ("predictions.LayerNorm", "norm", Norm),
            ("predictions.bias", "bias", Vector),
        ],
        Table::DistilBert => &[
            ("vocab_transform", "dense", Dense),
            ("vocab_layer_norm", "norm", Norm),
            ("vocab_projector.bias", "bias", Vector),
        ],
        Table::ModernBert => {
            &[("head.dense", "dense", Dense), ("head.norm", "norm", Norm), ("decoder.bias", "bias", Vector)]
        }
    }
}
