"""Makes families/: hidden states, logits, losses and every gradient of each encoder family with each head."""

from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import torch
from safetensors import safe_open
from transformers.models.bert import modeling_bert
from transformers.models.deberta_v2 import modeling_deberta_v2
from transformers.models.modernbert import modeling_modernbert
from transformers.models.mpnet import modeling_mpnet

import families
import families_batches
import writing
from families import FAMILIES, POSITIONS, Family

# Zero in exact arithmetic, as the gradient of a key's bias, is far below this in float64; no real gradient is.
NOTHING = 1e-12
# What float32 may differ from float64: shows that the reference is the formula that people run.
ROUNDING = 5e-5


@contextmanager
def doubled(kind: str):
    """ModernBERT rotates and takes its softmax in float32, whatever the model is in; here it stays in float64.

    BERT's eager attention is the same but for that softmax.
    """
    if kind != "modernbert":
        yield
        return
    with (
        mock.patch.object(modeling_modernbert, "eager_attention_forward", modeling_bert.eager_attention_forward),
        mock.patch.object(torch.Tensor, "float", torch.Tensor.double),
    ):
        yield


def inputs(family: Family, batch: dict[str, torch.Tensor], head: str, dtype: torch.dtype) -> dict:
    """What the class of transformers takes, targets included."""
    taken = {"input_ids": batch["ids"], "attention_mask": batch["mask"]}
    if family.types or family.settings.get("type_vocab_size"):
        taken["token_type_ids"] = batch["types"]
    targets = batch["targets"].to(dtype) if batch["targets"].is_floating_point() else batch["targets"]
    if head == "answers":
        return {**taken, "start_positions": targets[:, 0], "end_positions": targets[:, 1]}
    return {**taken, "labels": targets}


def forward(model, taken: dict, head: str) -> dict[str, torch.Tensor]:
    """Last hidden states of the encoder, logits and loss; start and end logits are stacked as `[B, T, 2]`."""
    kept = {}
    hook = model.base_model.register_forward_hook(lambda module, given, out: kept.update(hidden=out[0]))
    out = model(**taken)
    hook.remove()
    logits = torch.stack((out.start_logits, out.end_logits), dim=-1) if head == "answers" else out.logits
    return {"hidden": kept["hidden"], "logits": logits, "loss": out.loss}


def masked_answers(logits: torch.Tensor, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Loss of answers, and its gradient, with padding left out of the softmax; transformers leaves it in."""
    logits = logits.detach().requires_grad_()
    spans = logits.masked_fill(batch["mask"].unsqueeze(-1) == 0, -torch.inf)
    losses = [torch.nn.functional.cross_entropy(spans[:, :, end], batch["targets"][:, end]) for end in (0, 1)]
    loss = sum(losses) / 2
    loss.backward()
    return {"masked.loss": loss, "masked.grad_logits": logits.grad}


def batches(family: Family, head: str) -> list[str]:
    """Segments matter to the embeddings alone, and the losses to the logits: not every head needs every batch."""
    if head in ("sequence-multi", "sequence-regression"):
        return ["padded"]
    typed = ["types"] if family.types and head in ("sequence", "answers") else []
    return ["unpadded", "padded", *typed]


def with_gradients(batch: str, head: str) -> bool:
    """The unpadded batch's say nothing more than the padded's, but where padding takes part in the loss."""
    return batch != "unpadded" or head in ("sequence", "answers")


def gradients(model, loss: torch.Tensor, names: list[str]) -> dict[str, torch.Tensor]:
    """The gradient of every parameter of the file that has one; tied weights have one name there, so they come once."""
    model.zero_grad()
    loss.backward()
    every = model.state_dict(keep_vars=True)
    return {name: every[name].grad for name in names if every[name].grad is not None}


def check_single(folder: Path, head: str, taken: dict, results: dict) -> None:
    """The same model in float32, as users run it, gives the same numbers up to rounding."""
    single = forward(families.load_model(folder, head, attn_implementation="eager"), taken, head)
    real = taken["attention_mask"].bool()
    for key in ("hidden", "logits", "loss"):
        ours, theirs = results[key], single[key]
        if ours.shape[:2] == real.shape:
            ours, theirs = ours[real], theirs[real]
        difference = float((ours - theirs).detach().abs().max())
        assert difference < ROUNDING, (folder, key, difference)


def write_head(folder: Path, name: str, head: str) -> None:
    """One folder: the model, parity.safetensors and parity.json."""
    family = FAMILIES[name]
    families.write_model(folder, name, head)
    with safe_open(folder / "model.safetensors", "pt") as file:
        parameters = file.offset_keys()
    model = families.load_model(folder, head, attn_implementation="eager").double()
    assert {id(p) for p in model.parameters()} == {id(model.state_dict(keep_vars=True)[key]) for key in parameters}
    named, largest = {}, {}
    for key in batches(family, head):
        batch = families_batches.make(families.generator(name, head, key), key, family, head)
        with doubled(family.kind):
            results = forward(model, inputs(family, batch, head, torch.float64), head)
        check_single(folder, head, inputs(family, batch, head, torch.float32), results)
        found = gradients(model, results["loss"], parameters) if with_gradients(key, head) else {}
        for parameter, gradient in found.items():
            largest[parameter] = max(largest.get(parameter, 0.0), float(gradient.abs().max()))
        if head == "answers" and key == "padded":
            results |= masked_answers(results["logits"], batch)
        named |= {f"{key}.{part}": tensor for part, tensor in {**batch, **results}.items()}
        named |= {f"{key}.grad.{parameter}": gradient for parameter, gradient in found.items()}
    writing.tensors(folder / "parity.safetensors", named)
    writing.facts(
        folder / "parity.json",
        {
            "class": type(model).__name__,
            "problem_type": families.PROBLEMS.get(head),
            "batches": batches(family, head),
            "with_gradients": [key for key in batches(family, head) if with_gradients(key, head)],
            "parameters": parameters,
            "no_gradient": [key for key in parameters if key not in largest],
            "zero_gradients": [key for key in parameters if largest.get(key, 1.0) < NOTHING],
        },
    )


def write_distances(path: Path) -> None:
    """Which row of its table each family takes for a distance: DeBERTa for query − key, MPNet for key − query."""
    longest = 511
    rows = torch.zeros(1, longest + 1, 1)
    settings = {"deberta_8_40": (8, POSITIONS), "deberta_256_512": (256, 512)}
    buckets = {
        # The first column: queries 0, 1, … against key 0; a negative distance has the negative bucket.
        key: modeling_deberta_v2.build_relative_position(rows[:, : 2 * most], rows[:, : 2 * most], size, most)[0, :, 0]
        for key, (size, most) in settings.items()
    }
    distances = torch.arange(-longest, longest + 1)
    buckets["mpnet_from_minus_511"] = modeling_mpnet.MPNetEncoder.relative_position_bucket(distances)
    writing.facts(path, {key: numbers.tolist() for key, numbers in buckets.items()})


def write(fixtures: Path) -> None:
    for name, family in FAMILIES.items():
        for head in family.heads:
            write_head(fixtures / "families" / name / head, name, head)
    write_distances(fixtures / "families" / "relative_positions.json")
