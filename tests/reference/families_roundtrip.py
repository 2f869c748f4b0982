"""Loads exported folders with the library that each is for, refuses a key too few or too many, prints the outputs."""

import argparse
import json
import os
import shutil
import tempfile
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # A missing file is to be an error, not a download.

import peft
import sentence_transformers
import torch
import transformers
from safetensors import safe_open

from roundtrip import KEYS, fail

CLASSES = {
    "ForSequenceClassification": transformers.AutoModelForSequenceClassification,
    "ForTokenClassification": transformers.AutoModelForTokenClassification,
    "ForQuestionAnswering": transformers.AutoModelForQuestionAnswering,
    "ForMaskedLM": transformers.AutoModelForMaskedLM,
    "Model": transformers.AutoModel,
}
ADAPTERS = {
    "SEQ_CLS": peft.AutoPeftModelForSequenceClassification,
    "TOKEN_CLS": peft.AutoPeftModelForTokenClassification,
    "QUESTION_ANS": peft.AutoPeftModelForQuestionAnswering,
    None: peft.AutoPeftModel,
}
PROBLEMS = ("single_label_classification", "multi_label_classification", "regression")
BEST = 10


def read(path: Path) -> dict:
    if not path.is_file():
        fail(f"{path.parent} has no {path.name}")
    return json.loads(path.read_text(encoding="utf-8"))


def check_labels(folder: Path, config: dict, name: str) -> None:
    """Labels both ways and the problem, from the file itself: transformers would fill gaps silently."""
    if not name.endswith(("ForSequenceClassification", "ForTokenClassification")):
        return
    forwards, backwards = config.get("id2label") or {}, config.get("label2id") or {}
    if sorted(map(int, forwards)) != list(range(len(forwards))) or not forwards:
        fail(f"{folder}: id2label has the keys {sorted(forwards)}")
    if backwards != {label: int(index) for index, label in forwards.items()}:
        fail(f"{folder}: label2id {backwards} is not id2label {forwards} turned round")
    if name.endswith("ForSequenceClassification") and config.get("problem_type") not in PROBLEMS:
        fail(f"{folder}: problem_type is {config.get('problem_type')!r}, not one of {PROBLEMS}")


def load_model(folder: Path) -> torch.nn.Module:
    """By the Auto class for the architecture in config.json, which has to give that very architecture."""
    config = read(folder / "config.json")
    name = (config.get("architectures") or [""])[0]
    auto = next((auto for suffix, auto in CLASSES.items() if name.endswith(suffix)), None)
    if auto is None:
        fail(f"{folder}: architectures is {config.get('architectures')}; known are names that end in {list(CLASSES)}")
    model, info = auto.from_pretrained(folder, output_loading_info=True, ignore_mismatched_sizes=True)
    for key in KEYS:
        if info.get(key):
            fail(f"{folder}: {key.replace('_', ' ')}: {sorted(map(str, info[key]))}")
    if type(model).__name__ != name:
        fail(f"{folder}: {auto.__name__} makes a {type(model).__name__}, config.json names {name}")
    check_labels(folder, config, name)
    return model.float().eval()


def load_adapter(folder: Path, base: Path | None) -> torch.nn.Module:
    """By the Auto class of PEFT for the task; `base` stands in for the name of the base model where given.

    A base that is an encoder alone gets as many labels as the adapter's head has rows.
    """
    task = read(folder / "adapter_config.json").get("task_type")
    if task not in ADAPTERS:
        fail(f"{folder}: task_type is {task!r}, not one of {list(ADAPTERS)}")
    with safe_open(folder / "adapter_model.safetensors", "pt") as file:
        saved = {key: file.get_tensor(key) for key in file.keys()}
    heads = ("classifier.weight", "classifier.out_proj.weight", "qa_outputs.weight")
    rows = [len(tensor) for key, tensor in saved.items() if key.endswith(heads)]
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(shutil.copytree(folder, Path(scratch) / "adapter"))
        if base is not None:
            config = read(copy / "adapter_config.json")
            config["base_model_name_or_path"] = str(base.resolve())
            (copy / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
        labels = {"num_labels": rows[0]} if rows else {}
        model = ADAPTERS[task].from_pretrained(copy, **labels)
    taken = peft.get_peft_model_state_dict(model, save_embedding_layers=False)
    for sort, keys in (("missing", set(taken) - set(saved)), ("unexpected", set(saved) - set(taken))):
        if keys:
            fail(f"{folder}: {sort} keys: {sorted(keys)}")
    if wrong := [key for key in saved if not torch.equal(saved[key], taken[key])]:
        fail(f"{folder}: loaded otherwise than saved: {wrong}")
    return model.float().eval()


def encode(tokenizer, text, limit: int):
    """A text, or a pair of two as `[first, second]`, cut to so many tokens."""
    pair = [text] if isinstance(text, str) else text
    return tokenizer(*pair, truncation=True, max_length=limit, return_tensors="pt")


def output(model, name: str, tokenizer, text, limit: int) -> dict:
    """Logits `[K]`, `[T, K]`, or `[T, 2]` for start and end; hidden states `[T, H]` where there is no head.

    A vocabulary's logits are too many to print: each mask has its best tokens, and the logarithm of the sum over all.
    """
    batch = encode(tokenizer, text, limit)
    with torch.no_grad():
        out = model(**batch)
    shown = {"text": text, "ids": batch["input_ids"][0].tolist()}
    if "start_logits" in out:
        return {**shown, "logits": torch.stack((out.start_logits[0], out.end_logits[0]), dim=-1).tolist()}
    if "logits" not in out:
        return {**shown, "hidden": out.last_hidden_state[0].tolist()}
    if not name.endswith("ForMaskedLM"):
        return {**shown, "logits": out.logits[0].tolist()}
    masks = []
    for place in (batch["input_ids"][0] == tokenizer.mask_token_id).nonzero().flatten().tolist():
        best = out.logits[0, place].topk(BEST)
        total = float(out.logits[0, place].logsumexp(dim=-1))
        masks.append({"place": place, "ids": best.indices.tolist(), "logits": best.values.tolist(), "logsumexp": total})
    return {**shown, "masks": masks}


def report(folder: Path, base: Path | None, texts: list, limit: int | None) -> dict:
    """What the folder is, and what it says to each text alone."""
    if (folder / "modules.json").is_file():
        load_model(folder)  # The library itself passes over missing keys.
        model = sentence_transformers.SentenceTransformer(str(folder), device="cpu")
        if limit:
            model.max_seq_length = limit
        outputs = [{"text": text, "embedding": model.encode(text).tolist()} for text in texts]
        name = "SentenceTransformer"
    else:
        adapted = (folder / "adapter_config.json").is_file()
        model = load_adapter(folder, base) if adapted else load_model(folder)
        name = type(model.get_base_model() if adapted else model).__name__
        outputs = []
        if texts:
            place = folder if (folder / "tokenizer.json").is_file() or base is None else base
            tokenizer = transformers.AutoTokenizer.from_pretrained(place)
            limit = limit or min(tokenizer.model_max_length, model.config.max_position_embeddings)
            outputs = [output(model, name, tokenizer, text, limit) for text in texts]
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return {"folder": str(folder), "class": name, "parameters": parameters, "outputs": outputs}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+", help="exported folders (unzip the bundles first)")
    parser.add_argument("--texts", type=Path, help="JSON: a list of texts, or of pairs as lists of two")
    parser.add_argument("--base", type=Path, help="base model of an adapter (default: the one that it names)")
    parser.add_argument("--max-length", type=int, help="tokens (default: the tokenizer's, or the positions)")
    options = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    texts = json.loads(options.texts.read_text(encoding="utf-8")) if options.texts else []
    reports = [report(folder, options.base, texts, options.max_length) for folder in options.folders]
    print(json.dumps(reports, indent=None if texts else 1))


if __name__ == "__main__":
    main()
