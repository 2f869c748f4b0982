"""Makes groups.safetensors: AdamW steps of the tiny classifier with a learning rate for each depth."""

from pathlib import Path

import torch

import curve
import recipe
import tiny
import writing

STEPS, RATE, FACTOR, DECAY = 4, 1e-3, 0.6, 0.01
# Of this table only the first rows are used; the others show nothing that the table of words does not.
LEFT_OUT = {"bert.embeddings.position_embeddings.weight"}


def below_head(name: str, layers: int) -> int:
    """Layers from the head down; the pooling layer learns as the head does."""
    if name.startswith("bert.embeddings."):
        return layers + 1
    if name.startswith("bert.encoder.layer."):
        return layers - int(name.split(".")[3])
    return 0


def adamw(model: torch.nn.Module) -> torch.optim.AdamW:
    """One group per depth, with weight decay and without."""
    groups: dict[tuple, list] = {}
    for name, parameter in model.named_parameters():
        decays = not (name.endswith("bias") or "LayerNorm" in name)
        groups.setdefault((below_head(name, model.config.num_hidden_layers), decays), []).append(parameter)
    listed = [
        {"params": parameters, "lr": RATE * FACTOR**depth, "weight_decay": DECAY if decays else 0.0}
        for (depth, decays), parameters in groups.items()
    ]
    assert len(listed) == 2 * (model.config.num_hidden_layers + 2)
    return torch.optim.AdamW(listed, betas=(0.9, 0.999), eps=1e-8)


def write(fixtures: Path) -> None:
    random = torch.Generator().manual_seed(29)
    model = tiny.load_classifier(fixtures)
    optimizer = adamw(model)
    named: dict[str, torch.Tensor] = {}
    for step in range(STEPS):
        inputs, targets = curve.batch(random, 6, model.config.vocab_size)
        loss = torch.nn.functional.cross_entropy(model(**inputs).logits, targets)
        loss.backward()
        curve.put(named, f"step.{step}", inputs, targets)
        named[f"step.{step}.loss"] = loss
        recipe.update(model, optimizer)
    named |= {f"final.{name}": tensor for name, tensor in curve.finals(model).items() if name not in LEFT_OUT}
    writing.tensors(fixtures / "groups.safetensors", named)
    writing.facts(
        fixtures / "groups.json",
        {"rate": RATE, "factor": FACTOR, "weight_decay": DECAY, "max_grad_norm": 1.0, "steps": STEPS},
    )
