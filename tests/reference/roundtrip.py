"""Loads a folder that Tabtune exported with transformers and compares answers with `tabtune predict --json`."""

import argparse
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # A missing file is to be an error, not a download.

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, logging

FILES = ("config.json", "tokenizer.json", "model.safetensors")
KEYS = ("missing_keys", "unexpected_keys", "mismatched_keys", "error_msgs")


def fail(sentence: str) -> None:
    sys.exit(f"round trip failed: {sentence}")


def load(folder: Path):
    """Model and tokenizer, with not one key too few, too many or of another shape."""
    for file in FILES:
        if not (folder / file).is_file():
            fail(f"{folder} has no {file}")
    model, info = AutoModelForSequenceClassification.from_pretrained(
        folder, output_loading_info=True, ignore_mismatched_sizes=True
    )
    for key in KEYS:
        if info.get(key):
            fail(f"{key.replace('_', ' ')}: {sorted(map(str, info[key]))}")
    return model.float().eval(), AutoTokenizer.from_pretrained(folder)


def check_config(folder: Path, model) -> None:
    """Class, problem and labels both ways, read from the file itself: transformers would fill gaps silently."""
    raw = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if raw.get("architectures") != [type(model).__name__]:
        fail(f"architectures is {raw.get('architectures')}, not {[type(model).__name__]}")
    if raw.get("problem_type") != "single_label_classification":
        fail(f"problem_type is {raw.get('problem_type')!r}")
    forwards, backwards = raw.get("id2label") or {}, raw.get("label2id") or {}
    if sorted(map(int, forwards)) != list(range(model.config.num_labels)):
        fail(f"id2label has the keys {sorted(forwards)} for {model.config.num_labels} labels")
    if backwards != {label: int(index) for index, label in forwards.items()}:
        fail(f"label2id {backwards} is not id2label {forwards} turned round")


def read(path: Path) -> list[dict]:
    """Lines of `{"text", "label", "scores"}`; anything else on the way names its line."""
    answers = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            answer = json.loads(line)
            answer["text"], answer["label"], answer["scores"].items()
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            fail(f"{path} line {number} is not an answer of tabtune predict: {error!r}")
        answers.append(answer)
    if not answers:
        fail(f"{path} holds no answers")
    return answers


def compare(model, tokenizer, answers: list[dict], max_length: int, tolerance: float) -> float:
    """The largest difference between two probabilities; stops at the first text that differs by more than tolerated.

    Where an answer carries `logits` as a list, they are compared, too.
    """
    worst = 0.0
    labels = [model.config.id2label[index] for index in range(model.config.num_labels)]
    for answer in answers:
        text = answer["text"]
        batch = tokenizer(text, truncation=True, max_length=max_length, return_tensors="pt")
        with torch.no_grad():
            logits = model(**batch).logits[0]
        if set(answer["scores"]) != set(labels) or answer["label"] not in labels:
            fail(f"{text!r}: scores for {sorted(answer['scores'])}, the model has {sorted(labels)}")
        probabilities = torch.softmax(logits, dim=-1)
        pairs = [(answer["scores"][label], float(p)) for label, p in zip(labels, probabilities)]
        pairs += zip(answer.get("logits", []), logits.tolist())
        difference = max(abs(ours - theirs) for ours, theirs in pairs)
        # Written as `not <=` so that a NaN fails.
        if not difference <= tolerance:
            fail(
                f"{text!r}: differs by {difference:.2e}; transformers says {dict(zip(labels, probabilities.tolist()))}"
            )
        best = float(probabilities.max())
        if best - answer["scores"][answer["label"]] > 2 * tolerance:
            fail(f"{text!r}: label {answer['label']!r} is not the most probable one")
        worst = max(worst, difference)
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="exported folder (unzip the bundle first)")
    parser.add_argument("predictions", type=Path, nargs="?", help="output of `tabtune predict --json` on some texts")
    parser.add_argument(
        "--max-length", type=int, help="tokens (default: the tokenizer's model_max_length, or the positions)"
    )
    parser.add_argument("--tolerance", type=float, default=1e-4)
    options = parser.parse_args()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    model, tokenizer = load(options.folder)
    check_config(options.folder, model)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    print(f"{options.folder}: loads without a missing or unexpected key; {parameters:,} parameters")
    print(f"labels: {list(model.config.id2label.values())}")
    if options.predictions:
        limit = options.max_length or min(tokenizer.model_max_length, model.config.max_position_embeddings)
        answers = read(options.predictions)
        worst = compare(model, tokenizer, answers, limit, options.tolerance)
        print(f"{len(answers)} texts: largest difference {worst:.2e} (allowed {options.tolerance:.0e})")


if __name__ == "__main__":
    main()
