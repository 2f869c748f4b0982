"""Makes parity.safetensors: hidden states, logits, losses and every gradient of the tiny classifier."""

from pathlib import Path

import torch

import recipe
import tiny
import writing

CLASS_WEIGHTS = [0.5, 1.0, 2.0]
SMOOTHING = 0.1
# torch.nn.CrossEntropyLoss: with class weights the mean divides by the sum of the targets' weights.
LOSSES = {
    "smooth": {"label_smoothing": SMOOTHING},
    "weighted": {"weight": CLASS_WEIGHTS},
    "both": {"label_smoothing": SMOOTHING, "weight": CLASS_WEIGHTS},
}


def batches(vocabulary: int) -> dict[str, tuple[dict, torch.Tensor]]:
    random = torch.Generator().manual_seed(22)
    padded = [3, 20, 7, 12, 16]
    types = [10, 10, 7, 10]
    typed = recipe.random_rows(random, types, vocabulary)
    halves = [[0] * (length // 2) + [1] * (length - length // 2) for length in types]
    return {
        "unpadded": (recipe.pad(recipe.random_rows(random, [12] * 4, vocabulary)), torch.tensor([0, 1, 2, 1])),
        "padded": (recipe.pad(recipe.random_rows(random, padded, vocabulary)), torch.tensor([2, 0, 1, 0, 0])),
        "types": (recipe.pad(typed, halves), torch.tensor([1, 2, 0, 2])),
    }


def forward(model, batch: dict, targets: torch.Tensor, **loss) -> tuple[dict, torch.Tensor]:
    """Every intermediate result, with gradients left in the model; the gradient of the logits beside them."""
    model.zero_grad()
    inner = model.bert(**batch, output_hidden_states=True)
    logits = model.classifier(model.dropout(inner.pooler_output))
    logits.retain_grad()
    if "weight" in loss:
        loss["weight"] = torch.tensor(loss["weight"], dtype=logits.dtype)
    value = torch.nn.CrossEntropyLoss(**loss)(logits, targets)
    value.backward()
    results = {f"hidden.{layer}": hidden for layer, hidden in enumerate(inner.hidden_states)}
    return {**results, "pooled": inner.pooler_output, "logits": logits, "loss": value}, logits.grad


def check(model, batch: dict, targets: torch.Tensor, results: dict) -> None:
    """The pieces above are what BertForSequenceClassification itself computes."""
    whole = model(**batch, labels=targets)
    assert torch.equal(whole.logits, results["logits"]) and torch.equal(whole.loss, results["loss"])


def write(fixtures: Path) -> None:
    model = tiny.load_classifier(fixtures)
    named, norms = {}, {}
    for name, (batch, targets) in batches(model.config.vocab_size).items():
        results, _ = forward(model, batch, targets)
        for key, tensor in zip(("ids", "mask", "types"), recipe.inputs(batch)):
            named[f"{name}.{key}"] = tensor
        named[f"{name}.targets"] = targets
        named |= {f"{name}.{key}": tensor for key, tensor in results.items()}
        named |= {f"{name}.grad.{key}": parameter.grad for key, parameter in model.named_parameters()}
        norms[name] = {key: writing.rounded(parameter.grad.norm(), 4) for key, parameter in model.named_parameters()}
        check(model, batch, targets, results)
        if name != "padded":
            continue
        for variant, loss in LOSSES.items():
            results, gradient = forward(model, batch, targets, **loss)
            named[f"padded.{variant}.loss"] = results["loss"]
            named[f"padded.{variant}.grad_logits"] = gradient
            named[f"padded.{variant}.grad.classifier.weight"] = model.classifier.weight.grad
    writing.tensors(fixtures / "parity.safetensors", named)
    writing.facts(
        fixtures / "parity.json",
        {
            "model": "tiny-classifier",
            "batches": list(norms),
            "layers": model.config.num_hidden_layers,
            "label_smoothing": SMOOTHING,
            "class_weights": CLASS_WEIGHTS,
            "parameters": [name for name, _ in model.named_parameters()],
            "zero_gradients": [key for key in norms["padded"] if key.endswith("attention.self.key.bias")],
            "gradient_norms": norms,
        },
    )
