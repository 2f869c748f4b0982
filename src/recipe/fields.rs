//! The table of a recipe's fields: words, units, ranges and the explanation beside each.

use super::{Field, FieldKind, Method};
use crate::task::Task;

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
    Field { name, label, help, unit, advanced: true, methods: &[], tasks: &[], kind }
}

const fn basic(field: Field) -> Field {
    Field { advanced: false, ..field }
}

const fn only(methods: &'static [Method], field: Field) -> Field {
    Field { methods, ..field }
}

/// Methods that move weights step by step.
const STEPS: &[Method] = &[Method::Full, Method::Lora, Method::Probe, Method::Contrastive];
/// Those of them that move towards the labels themselves, with a validation after each epoch.
const TOWARDS_LABELS: &[Method] = &[Method::Full, Method::Lora, Method::Probe];
/// Those that move all weights unless some are frozen.
const WHOLE: &[Method] = &[Method::Full, Method::Probe, Method::Contrastive];
/// Methods that fit a head to the vectors of texts.
const HEADS: &[Method] = &[Method::Frozen, Method::Probe, Method::Contrastive];

/// The largest seed: JavaScript's largest exact integer, so that page and terminal agree on every seed.
pub const MAX_SEED: u64 = (1 << 53) - 1;

/// All knobs in the order in which a form shows them.
pub const FIELDS: &[Field] = &[
    basic(field(
        "method",
        "Method",
        "",
        FieldKind::Choice {
            choices: &[
                ("full", "Full: all weights learn"),
                ("lora", "LoRA: small adapters learn"),
                ("frozen", "Frozen: only a head learns, in seconds"),
                ("probe", "Probe, then full: the head first, then all"),
                ("contrastive", "Contrastive: pairs of rows, then the head"),
            ],
        },
        "Full reaches most with some hundred rows. LoRA needs less memory and gives a small adapter file, too. Frozen \
             encodes each text once and takes seconds. Probe goes on from there and is best with few rows. Contrastive draws \
             texts of one label together first, as SetFit does.",
    )),
    only(
        STEPS,
        basic(field(
            "epochs",
            "Epochs",
            "passes",
            integer(1.0, 1000.0),
            "How often the model sees every training row. With few rows, more epochs help; when validation loss rises, fewer do.",
        )),
    ),
    only(
        STEPS,
        basic(field(
            "batch_size",
            "Batch size",
            "rows",
            integer(1.0, 1024.0),
            "Rows per step. Larger is steadier and uses more memory.",
        )),
    ),
    only(
        STEPS,
        basic(field(
            "learning_rate",
            "Learning rate",
            "",
            number(0.0, 1.0),
            "How far each step moves the weights. 2e-5 to 5e-5 is usual; small encoders and little data bear 1e-4 to 2e-4, \
             and LoRA wants 1e-3 to 2e-3.",
        )),
    ),
    basic(field(
        "max_length",
        "Maximum length",
        "tokens",
        FieldKind::Integer { min: 3.0, max: 8192.0, optional: true },
        "Longer texts are cut here, in training and by the trained model; texts whose words have labels and contexts of questions are \
         read in windows of so many. Empty means 128, of questions 384. Time grows with the length of the texts themselves.",
    )),
    only(
        STEPS,
        field(
            "warmup_ratio",
            "Warm-up share",
            "of all steps",
            number(0.0, 1.0),
            "The learning rate rises from zero over this share of the run, which protects the pretrained weights at the start.",
        ),
    ),
    only(
        STEPS,
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
    ),
    only(
        STEPS,
        field(
            "weight_decay",
            "Weight decay",
            "",
            number(0.0, 1.0),
            "Pulls weights towards zero a little at each step. Biases and LayerNorm weights are left alone.",
        ),
    ),
    only(
        STEPS,
        field(
            "max_grad_norm",
            "Gradient clipping",
            "global norm",
            number(0.0, 1000.0),
            "Larger gradients are scaled down to this norm, all parameters together. 0 turns clipping off.",
        ),
    ),
    only(
        STEPS,
        field(
            "dropout",
            "Dropout",
            "of activations",
            number(0.0, 0.9),
            "Share of activations left out at random while training, so that the model does not lean on single ones.",
        ),
    ),
    only(
        TOWARDS_LABELS,
        field(
            "label_smoothing",
            "Label smoothing",
            "",
            number(0.0, 0.9),
            "Share of each target spread over all classes. 0.1 helps when some labels are wrong.",
        ),
    ),
    field(
        "class_weights",
        "Class weights",
        "",
        FieldKind::Choice { choices: &[("none", "None"), ("balanced", "Balanced: rare classes count more")] },
        "Balanced helps when classes differ much in size and the rare ones matter.",
    ),
    only(
        STEPS,
        field(
            "accumulation",
            "Gradient accumulation",
            "batches",
            integer(1.0, 256.0),
            "Batches added up before the weights move: a larger effective batch in the same memory.",
        ),
    ),
    only(
        STEPS,
        field(
            "gradient_checkpointing",
            "Gradient checkpointing",
            "",
            FieldKind::Switch,
            "Keeps little of the forward pass and computes it again: the same result in far less memory, and about a third \
             slower. For long texts or large batches that do not fit otherwise.",
        ),
    ),
    only(
        STEPS,
        field(
            "half_precision",
            "Half precision",
            "",
            FieldKind::Switch,
            "Multiplies 16-bit numbers on GPUs that can, which many do faster; weights and all sums that matter stay in 32 bits. \
             The loss may differ a little; the CPU and other GPUs compute as ever.",
        ),
    ),
    only(
        TOWARDS_LABELS,
        field(
            "patience",
            "Early stopping",
            "epochs",
            integer(0.0, 1000.0),
            "Ends the run after this many epochs without improvement on the chosen metric. 0 never does.",
        ),
    ),
    only(
        TOWARDS_LABELS,
        field(
            "metric",
            "Metric to watch",
            "",
            FieldKind::Choice {
                choices: &[("main", "The task's main score"), ("macro_f1", "Macro-F1"), ("loss", "Validation loss")],
            },
            "Decides which epoch is the best, and when to stop early. The main score is accuracy for classes, F1 for several \
         labels, entities and answers, R² for numbers; among equals the lower loss is better. Macro-F1 counts rare classes as much as common ones.",
        ),
    ),
    only(
        TOWARDS_LABELS,
        field(
            "keep_best",
            "Keep the best epoch",
            "",
            FieldKind::Switch,
            "At the end, go back to the weights of the epoch that did best on the validation rows.",
        ),
    ),
    // A head on encoded texts has one best fit, whatever it begins with.
    only(
        STEPS,
        field(
            "seed",
            "Seed",
            "",
            integer(0.0, MAX_SEED as f64),
            "The same seed, data and settings give the same run. Change it to see how much luck is in a result.",
        ),
    ),
    only(
        &[Method::Lora],
        basic(field(
            "lora_rank",
            "Adapter rank",
            "",
            integer(1.0, 256.0),
            "Width of the adapters. 8 is usual; more can learn more and needs more memory.",
        )),
    ),
    only(
        &[Method::Lora],
        field(
            "lora_alpha",
            "Adapter scale",
            "",
            number(0.01, 1024.0),
            "What adapters learn is multiplied by this over the rank. Twice the rank is usual.",
        ),
    ),
    only(
        &[Method::Lora],
        field(
            "lora_dropout",
            "Adapter dropout",
            "of inputs",
            number(0.0, 0.9),
            "Share of what goes into each adapter that is left out at random while training. 0.05 to 0.1 helps with few rows.",
        ),
    ),
    only(
        &[Method::Lora],
        field(
            "lora_targets",
            "Adapted layers",
            "",
            FieldKind::Choice { choices: &[("attention", "Queries and values"), ("all", "All layers of the encoder")] },
            "More adapted layers come closer to full training and cost more.",
        ),
    ),
    only(
        &[Method::Contrastive],
        basic(field(
            "pairs_per_row",
            "Pairs per row",
            "of each sort",
            integer(1.0, 100.0),
            "Each row meets so many rows of its own label and as many of others, in each epoch. 10, with 1 epoch at 2e-5, is a \
             good start; fewer are enough the more rows there are.",
        )),
    ),
    only(
        HEADS,
        basic(field(
            "inverse_regularization",
            "C, inverse regularisation",
            "",
            number(0.0001, 10000.0),
            "How freely the head follows the training rows: the C of logistic regression. 1 for hundreds of rows per class, 10 for \
         a dozen.",
        )),
    ),
    only(
        HEADS,
        field(
            "text_vector",
            "Vector of a text",
            "",
            FieldKind::Choice {
                choices: &[
                    ("auto", "As the model has it"),
                    ("mean", "Mean over all tokens"),
                    ("first", "The first token, [CLS]"),
                ],
            },
            "What the head is fitted to. The mean is best for most encoders; some were trained for the first token.",
        ),
    ),
    only(
        WHOLE,
        field(
            "frozen_layers",
            "Frozen layers",
            "lowest layers",
            integer(0.0, 128.0),
            "These and the embeddings stay as they are, which saves time and memory. 0 freezes nothing.",
        ),
    ),
    only(
        WHOLE,
        field(
            "frozen_embeddings",
            "Frozen embeddings",
            "",
            FieldKind::Switch,
            "The table of words stays as it is, which saves its gradient and moments: half of a small encoder's memory.",
        ),
    ),
    only(
        STEPS,
        field(
            "layer_decay",
            "Layer-wise decay",
            "per layer",
            number(0.1, 1.0),
            "Lower layers learn more slowly: the rate is multiplied by this once per layer below the head. 1 turns it off; 0.9 \
         is usual.",
        ),
    ),
    only(
        &[Method::Full],
        field(
            "reinit_layers",
            "Layers drawn anew",
            "top layers",
            integer(0.0, 128.0),
            "The top layers know most about what the encoder was trained for before. Drawing one or two anew can help with \
         few rows.",
        ),
    ),
    Field {
        tasks: &[Task::Embedding],
        ..field(
            "contrastive_loss",
            "Contrastive loss",
            "",
            FieldKind::Choice {
                choices: &[
                    ("auto", "As the data allows"),
                    ("ranking", "Ranking: find the partner in the batch"),
                    ("cosine", "Cosine: match the score"),
                    ("triplet", "Triplet: nearer than the other text"),
                ],
            },
            "How texts that belong together are drawn together. Ranking learns most from pairs, and more with large batches.",
        )
    },
];
