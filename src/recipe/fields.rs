//! The table of a recipe's fields: words, units, ranges and the explanation beside each.

use serde::Serialize;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum FieldKind {
    /// A whole number from `min` to `max`; `optional` fields may be left empty.
    Integer {
        /// Smallest allowed value.
        min: f64,
        /// Largest allowed value.
        max: f64,
        /// Whether the field may be empty.
        optional: bool,
    },
    /// A number from `min` to `max`.
    Number {
        /// Smallest allowed value.
        min: f64,
        /// Largest allowed value.
        max: f64,
    },
    /// One of a list of words.
    Choice {
        /// Values, each with the words that a form shows for it.
        choices: &'static [(&'static str, &'static str)],
    },
    /// Yes or no.
    Switch,
}

/// One knob as a form or a help text shows it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Field {
    /// Name in [`crate::Recipe`].
    pub name: &'static str,
    /// Words beside the field.
    pub label: &'static str,
    /// One line on what it does and when to change it.
    pub help: &'static str,
    /// Unit of the value; empty where there is none.
    pub unit: &'static str,
    /// Whether a form shows it at once (`false`) or among the finer settings (`true`).
    pub advanced: bool,
    /// What it holds.
    #[serde(flatten)]
    pub kind: FieldKind,
}

const fn integer(min: f64, max: f64) -> FieldKind {
    FieldKind::Integer { min, max, optional: false }
}

const fn number(min: f64, max: f64) -> FieldKind {
    FieldKind::Number { min, max }
}

const fn field(
    name: &'static str,
    label: &'static str,
    unit: &'static str,
    kind: FieldKind,
    help: &'static str,
) -> Field {
    Field { name, label, help, unit, advanced: true, kind }
}

const fn basic(field: Field) -> Field {
    Field { advanced: false, ..field }
}

/// The largest seed: JavaScript's largest exact integer, so that page and terminal agree on every seed.
pub const MAX_SEED: u64 = (1 << 53) - 1;

/// All knobs in the order in which a form shows them.
pub const FIELDS: &[Field] = &[
    basic(field(
        "epochs",
        "Epochs",
        "passes",
        integer(1.0, 1000.0),
        "How often the model sees every training row. With few rows, more epochs help; when validation loss rises, fewer do.",
    )),
    basic(field(
        "batch_size",
        "Batch size",
        "rows",
        integer(1.0, 1024.0),
        "Rows per step. Larger is steadier and uses more memory.",
    )),
    basic(field(
        "learning_rate",
        "Learning rate",
        "",
        number(0.0, 1.0),
        "How far each step moves the weights. 2e-5 to 5e-5 is usual; small encoders and little data bear 1e-4 to 2e-4.",
    )),
    basic(field(
        "max_length",
        "Maximum length",
        "tokens",
        FieldKind::Integer { min: 3.0, max: 8192.0, optional: true },
        "Longer texts are cut here. Empty means 128, or what the data needs if that is shorter. Time grows with it.",
    )),
    field(
        "warmup_ratio",
        "Warm-up share",
        "of all steps",
        number(0.0, 1.0),
        "The learning rate rises from zero over this share of the run, which protects the pretrained weights at the start.",
    ),
    field(
        "schedule",
        "Schedule",
        "",
        FieldKind::Choice {
            choices: &[
                ("linear", "Linear, down to zero"),
                ("cosine", "Cosine, down to zero"),
                ("constant", "Constant"),
            ],
        },
        "How the learning rate moves after warm-up.",
    ),
    field(
        "weight_decay",
        "Weight decay",
        "",
        number(0.0, 1.0),
        "Pulls weights towards zero a little at each step. Biases and LayerNorm weights are left alone.",
    ),
    field(
        "max_grad_norm",
        "Gradient clipping",
        "global norm",
        number(0.0, 1000.0),
        "Larger gradients are scaled down to this norm, all parameters together. 0 turns clipping off.",
    ),
    field(
        "dropout",
        "Dropout",
        "of activations",
        number(0.0, 0.9),
        "Share of activations left out at random while training, so that the model does not lean on single ones.",
    ),
    field(
        "label_smoothing",
        "Label smoothing",
        "",
        number(0.0, 0.9),
        "Share of each target spread over all classes. 0.1 helps when some labels are wrong.",
    ),
    field(
        "class_weights",
        "Class weights",
        "",
        FieldKind::Choice { choices: &[("none", "None"), ("balanced", "Balanced: rare classes count more")] },
        "Balanced helps when classes differ much in size and the rare ones matter.",
    ),
    field(
        "accumulation",
        "Gradient accumulation",
        "batches",
        integer(1.0, 256.0),
        "Batches added up before the weights move: a larger effective batch in the same memory.",
    ),
    field(
        "patience",
        "Early stopping",
        "epochs",
        integer(0.0, 1000.0),
        "Ends the run after this many epochs without improvement on the chosen metric. 0 never does.",
    ),
    field(
        "metric",
        "Metric to watch",
        "",
        FieldKind::Choice {
            choices: &[("main", "The task's main score"), ("macro_f1", "Macro-F1"), ("loss", "Validation loss")],
        },
        "Decides which epoch is the best, and when to stop early. The main score is accuracy for classes, F1 for several \
         labels, entities and answers. Macro-F1 counts rare classes as much as common ones.",
    ),
    field(
        "keep_best",
        "Keep the best epoch",
        "",
        FieldKind::Switch,
        "At the end, go back to the weights of the epoch that did best on the validation rows.",
    ),
    field(
        "seed",
        "Seed",
        "",
        integer(0.0, MAX_SEED as f64),
        "The same seed, data and settings give the same run. Change it to see how much luck is in a result.",
    ),
];
