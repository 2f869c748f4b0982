"""Makes minilm.json: the real encoder's first outputs and five training steps on 80 sentences from a template."""

from pathlib import Path

import torch
from transformers import AutoTokenizer, BertForSequenceClassification

import recipe
import writing

LABELS, BATCH, STEPS, RATE, MAX_LENGTH = 8, 16, 5, 5e-5, 64
THEMES = [
    (
        "server",
        "restarts the mail queue",
        "backs up the disks",
        "locks the accounts",
        "logs who came in",
        "warns the admin",
    ),
    (
        "compiler",
        "folds constants",
        "links the objects",
        "finds a missing header",
        "prints a stack trace",
        "builds in parallel",
    ),
    (
        "knight",
        "fights the dragon",
        "loses all three lives",
        "jumps over the pit",
        "opens level nine",
        "beats the high score",
    ),
    ("painter", "blends two colours", "crops the photo", "draws a curve", "exports the layers", "sharpens the edges"),
    ("router", "drops the packet", "asks for an address", "closes the port", "encrypts the tunnel", "counts the bytes"),
    (
        "telescope",
        "follows a comet",
        "measures the red shift",
        "maps the galaxy",
        "cools its sensor",
        "fits the spectrum",
    ),
    (
        "violin",
        "plays a slow waltz",
        "goes out of tune",
        "repeats the chorus",
        "holds the last note",
        "enters in bar twelve",
    ),
    (
        "editor",
        "wraps the long lines",
        "checks the spelling",
        "sorts the paragraphs",
        "converts the encoding",
        "shows the word count",
    ),
]
FRAMES = [
    "The {0} {1}.",
    "Every night, a {0} {1} and {2}.",
    "{0}",
    "Why does the old {0}, which nobody had touched since March, suddenly stop when it {1}, although it {2} as before?",
    "A naïve {0} ({3} of {4}) {2} — or so they say!",
]


def sentences() -> list[str]:
    """Sentence n has theme n % 8 and frame (n // 8) % 5; the theme's phrases move on with n // 8."""
    made = []
    for index in range(80):
        name, *phrases = THEMES[index % 8]
        turn = index // 8
        first, second = phrases[turn % 5], phrases[(turn + 2) % 5]
        made.append(FRAMES[turn % 5].format(name, first, second, turn + 1, 3 * index))
    return made


def load(folder: Path) -> BertForSequenceClassification:
    """The encoder under a known classifier, without dropout: weight 0.02·sin(0, 1, 2, …) row by row, bias 0."""
    model = BertForSequenceClassification.from_pretrained(
        folder,
        num_labels=LABELS,
        dtype=torch.float32,
        attn_implementation="eager",
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    with torch.no_grad():
        weight = model.classifier.weight
        weight.copy_(0.02 * torch.sin(torch.arange(weight.numel(), dtype=torch.float32)).reshape(weight.shape))
        model.classifier.bias.zero_()
    return model.train()


def encode(tokenizer, texts: list[str]) -> dict[str, torch.Tensor]:
    """A batch padded to its longest text."""
    return recipe.pad(tokenizer(texts, truncation=True, max_length=MAX_LENGTH, padding=False)["input_ids"])


def probe(model, tokenizer, texts: list[str]) -> list[dict]:
    """What the untrained model says to each text alone."""
    cases = []
    for text in texts:
        batch = encode(tokenizer, [text])
        with torch.no_grad():
            inner = model.bert(**batch)
            logits = model.classifier(inner.pooler_output)
        cases.append(
            {
                "text": text,
                "ids": batch["input_ids"][0].tolist(),
                "hidden_cls": writing.rounded(inner.last_hidden_state[0, 0, :8].tolist(), 9),
                "pooled": writing.rounded(inner.pooler_output[0, :8].tolist(), 9),
                "logits": writing.rounded(logits[0].tolist(), 9),
            }
        )
    return cases


def train(model, tokenizer, texts: list[str], labels: list[int]) -> list[dict]:
    """Five steps over the texts in order, at a constant learning rate."""
    optimizer = recipe.adamw(model, RATE)
    facts = []
    for start in range(0, STEPS * BATCH, BATCH):
        batch = encode(tokenizer, texts[start : start + BATCH])
        logits = model(**batch).logits
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor(labels[start : start + BATCH]))
        loss.backward()
        norm = recipe.update(model, optimizer)
        facts.append({"loss": writing.rounded(loss.detach(), 9), "grad_norm": writing.rounded(norm, 9)})
    return facts


def write(path: Path, folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = load(folder)
    texts = sentences()
    labels = [index % LABELS for index in range(len(texts))]
    probes = probe(model, tokenizer, texts[:3] + ["Crème brûlée 🍮 für 3€, 日本!"])
    writing.facts(
        path,
        {
            "classifier": "weight[k][h] = 0.02 * sin(384 * k + h), bias 0",
            "labels": LABELS,
            "batch_size": BATCH,
            "learning_rate": RATE,
            "max_length": MAX_LENGTH,
            "weight_decay": 0.01,
            "max_grad_norm": 1.0,
            "examples": [{"text": text, "label": label} for text, label in zip(texts, labels)],
            "probes": probes,
            "steps": train(model, tokenizer, texts, labels),
        },
    )
