"""Fine-tunes with transformers by Tabtune's default recipe: the other side of the README's comparison."""

import argparse
import json
import math
import time
from pathlib import Path

import torch
from sklearn.metrics import accuracy_score, f1_score
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    get_linear_schedule_with_warmup,
    logging,
    set_seed,
)

import encoder
from draws import read
import recipe


def evaluate(model, ids: list[list[int]], targets: list[int], batch_size: int) -> dict:
    """Accuracy and macro-F1 over rows sorted by length, which wastes the least on padding."""
    model.eval()
    order = sorted(range(len(ids)), key=lambda row: len(ids[row]))
    guesses = [0] * len(ids)
    with torch.no_grad():
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            logits = model(**recipe.pad([ids[row] for row in rows])).logits
            for row, guess in zip(rows, logits.argmax(dim=-1).tolist()):
                guesses[row] = guess
    return {"accuracy": accuracy_score(targets, guesses), "macro_f1": f1_score(targets, guesses, average="macro")}


def train_epoch(model, optimizer, schedule, ids: list[list[int]], targets: list[int], options) -> float:
    """One pass in a fresh order; mean loss over the batches."""
    model.train()
    order = torch.randperm(len(ids)).tolist()
    total, steps = 0.0, 0
    for start in range(0, len(order), options.batch_size):
        rows = order[start : start + options.batch_size]
        logits = model(**recipe.pad([ids[row] for row in rows])).logits
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor([targets[row] for row in rows]))
        loss.backward()
        recipe.update(model, optimizer, options.max_grad_norm)
        schedule.step()
        total, steps = total + float(loss.detach()), steps + 1
    return total / steps


def run(folder: Path, options) -> None:
    """Prints one JSON object per epoch."""
    set_seed(options.seed)
    texts, names = read(options.train, options.text, options.label)
    test_texts, test_names = read(options.test, options.text, options.label)
    labels = sorted(set(names))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=len(labels), dtype=torch.float32)

    def encode(texts: list[str]) -> list[list[int]]:
        return tokenizer(texts, truncation=True, max_length=options.max_length, padding=False)["input_ids"]

    ids, test_ids = encode(texts), encode(test_texts)
    targets, test_targets = [labels.index(name) for name in names], [labels.index(name) for name in test_names]
    steps = options.epochs * math.ceil(len(ids) / options.batch_size)
    optimizer = recipe.adamw(model, options.learning_rate, options.weight_decay)
    schedule = get_linear_schedule_with_warmup(optimizer, math.ceil(options.warmup_ratio * steps), steps)
    spent = 0.0
    for epoch in range(1, options.epochs + 1):
        begun = time.perf_counter()
        loss = train_epoch(model, optimizer, schedule, ids, targets, options)
        spent += time.perf_counter() - begun
        scores = evaluate(model, test_ids, test_targets, 4 * options.batch_size)
        line = {"epoch": epoch, "train_loss": loss, **scores, "train_seconds": spent}
        print(json.dumps({key: round(value, 4) for key, value in line.items()}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("train", type=Path, help="CSV to learn from")
    parser.add_argument("--test", type=Path, required=True, help="CSV to measure on")
    parser.add_argument("--model", type=Path, help="encoder folder or wheel; all-MiniLM-L6-v2 if not given")
    parser.add_argument("--text", default="text", help="column of the texts")
    parser.add_argument("--label", default="label", help="column of the labels")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--learning-rate", type=float, default=5e-5)
    parser.add_argument("--warmup-ratio", type=float, default=0.1)
    parser.add_argument("--weight-decay", type=float, default=0.01)
    parser.add_argument("--max-grad-norm", type=float, default=1.0)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    if options.model is not None and options.model.is_dir():
        run(options.model, options)
    else:
        with encoder.folder(options.model) as folder:
            run(folder, options)


if __name__ == "__main__":
    main()
