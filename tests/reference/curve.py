"""Makes curve.safetensors: ten AdamW steps of the tiny classifier, and three steps that accumulate two batches each."""

from pathlib import Path

import torch
from transformers import get_linear_schedule_with_warmup

import recipe
import tiny
import writing

STEPS, WARMUP, PEAK = 10, 2, 1e-3
MICRO = [4, 3]
# The two large tables would fill a third of the file; the ten steps show them.
LEFT_OUT = {f"bert.embeddings.{table}_embeddings.weight" for table in ("word", "position")}
KEYS = ("ids", "mask", "types")


def batch(random: torch.Generator, rows: int, vocabulary: int, balanced: bool = False) -> tuple[dict, torch.Tensor]:
    """Rows of 3 to 24 tokens, padded, with random targets and the types of a sentence pair in some.

    Balanced targets make a smaller gradient than random ones: some steps are clipped, others not.
    """
    lengths = torch.randint(3, 25, (rows,), generator=random).tolist()
    targets = torch.randint(0, len(tiny.LABELS), (rows,), generator=random)
    if balanced:
        targets = torch.arange(rows) % len(tiny.LABELS)
    types = []
    for row, length in enumerate(lengths):
        first = length if row % 3 else length // 2
        types.append([0] * first + [1] * (length - first))
    return recipe.pad(recipe.random_rows(random, lengths, vocabulary), types), targets


def run(model, plan: list[list[tuple[dict, torch.Tensor]]]) -> list[dict]:
    """One update per entry of the plan, over all batches in it: each row counts the same, whichever holds it."""
    optimizer = recipe.adamw(model, PEAK)
    schedule = get_linear_schedule_with_warmup(optimizer, WARMUP, STEPS)
    facts = []
    for batches in plan:
        rows = sum(len(targets) for _, targets in batches)
        losses = []
        for inputs, targets in batches:
            loss = torch.nn.functional.cross_entropy(model(**inputs).logits, targets, reduction="sum") / rows
            loss.backward()
            losses.append(float(loss.detach()))
        rate = schedule.get_last_lr()[0]
        norm = recipe.update(model, optimizer)
        schedule.step()
        facts.append({"loss": sum(losses), "grad_norm": norm, "lr": rate})
    return facts


def together(rows: list[tuple[dict, torch.Tensor]]) -> list[tuple[dict, torch.Tensor]]:
    """The same rows as one batch."""
    ids, types = [], []
    for inputs, _ in rows:
        for row, mask, kind in zip(*(inputs[key] for key in ("input_ids", "attention_mask", "token_type_ids"))):
            length = int(mask.sum())
            ids.append(row[:length].tolist())
            types.append(kind[:length].tolist())
    return [(recipe.pad(ids, types), torch.cat([targets for _, targets in rows]))]


def put(named: dict, prefix: str, inputs: dict, targets: torch.Tensor) -> None:
    named |= {f"{prefix}.{key}": tensor for key, tensor in zip(KEYS, recipe.inputs(inputs))}
    named[f"{prefix}.targets"] = targets


def finals(model) -> dict[str, torch.Tensor]:
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


def agree(left: dict, right: dict) -> None:
    for name, tensor in left.items():
        assert torch.allclose(tensor, right[name], rtol=0, atol=1e-9), name


def write(fixtures: Path) -> None:
    random = torch.Generator().manual_seed(23)
    named: dict[str, torch.Tensor] = {}

    model = tiny.load_classifier(fixtures)
    plan = [[batch(random, 8, model.config.vocab_size, balanced=step % 2 == 1)] for step in range(STEPS)]
    steps = run(model, plan)
    assert min(fact["grad_norm"] for fact in steps) < 1 < max(fact["grad_norm"] for fact in steps)
    for step, ((inputs, targets),) in enumerate(plan):
        put(named, f"step.{step}", inputs, targets)
    named |= {
        f"step.{step}.{key}": torch.tensor(value) for step, fact in enumerate(steps) for key, value in fact.items()
    }
    named |= {f"final.{name}": tensor for name, tensor in finals(model).items()}

    model = tiny.load_classifier(fixtures)
    plan = [[batch(random, rows, model.config.vocab_size) for rows in MICRO] for _ in range(3)]
    accumulated = run(model, plan)
    whole = tiny.load_classifier(fixtures)
    for left, right in zip(accumulated, run(whole, [together(batches) for batches in plan])):
        assert all(abs(left[key] - right[key]) < 1e-12 for key in left), (left, right)
    agree(finals(model), finals(whole))
    for step, batches in enumerate(plan):
        for micro, (inputs, targets) in enumerate(batches):
            put(named, f"accumulation.step.{step}.micro.{micro}", inputs, targets)
        named |= {f"accumulation.step.{step}.{key}": torch.tensor(value) for key, value in accumulated[step].items()}
    for name, tensor in finals(model).items():
        if name not in LEFT_OUT:
            named[f"accumulation.final.{name}"] = tensor

    writing.tensors(fixtures / "curve.safetensors", named)
    optimizer = {"betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.01, "max_grad_norm": 1.0}
    writing.facts(
        fixtures / "curve.json",
        {
            "model": "tiny-classifier",
            "optimizer": optimizer,
            "schedule": {"kind": "linear", "peak": PEAK, "warmup": WARMUP, "total": STEPS},
            "steps": [{key: writing.rounded(value) for key, value in fact.items()} for fact in steps],
            "accumulation": [{key: writing.rounded(value) for key, value in fact.items()} for fact in accumulated],
        },
    )
