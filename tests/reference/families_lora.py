"""Makes families/*/lora: adapters as PEFT saves them on the tiny classifiers, and what they compute and learn."""

import json
import shutil
from pathlib import Path

import torch
from peft import LoraConfig, TaskType, get_peft_model
from safetensors import safe_open

import families
import families_batches
import families_parity
import writing
from families import FAMILIES

HEAD, BATCH = "sequence", "padded"
RANK, ALPHA = 4, 8
# The modules to adapt, None for PEFT's own choice; and what to train whole beside `classifier` and `score`, which PEFT
# adds itself: where the pooling layer is no part of the published encoder, the adapter has to carry it.
ADAPTERS = {
    "bert": (None, None),
    "roberta": (None, None),
    "deberta-v2": (None, ["pooler"]),
    "modernbert": (["Wqkv"], ["head"]),
}


def adapter(name: str, base: torch.nn.Module) -> torch.nn.Module:
    """The base with random A and B, and a random head other than the base's."""
    targets, whole = ADAPTERS[name]
    config = LoraConfig(
        task_type=TaskType.SEQ_CLS,
        r=RANK,
        lora_alpha=ALPHA,
        lora_dropout=0.0,
        target_modules=targets,
        modules_to_save=whole,
    )
    model = get_peft_model(base, config).eval()
    model.active_peft_config.base_model_name_or_path = f"../{HEAD}"
    random = families.generator(name, "lora", "weights")
    for _, parameter in sorted(trained(model).items()):
        parameter.data = 0.25 * torch.randn(parameter.shape, generator=random)
    return model


def trained(model: torch.nn.Module) -> dict[str, torch.nn.Parameter]:
    """The trainable parameters by the names that they have in adapter_model.safetensors."""
    return {
        name.replace(".modules_to_save.default", "").replace(".default", ""): parameter
        for name, parameter in model.named_parameters()
        if parameter.requires_grad
    }


def save(model: torch.nn.Module, folder: Path) -> None:
    """As PEFT saves it, but for the order of its sets, which changes from run to run, and the model card."""
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder, save_embedding_layers=False)
    (folder / "README.md").unlink()
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    for key in ("target_modules", "modules_to_save"):
        config[key] = sorted(config[key])
    path.write_text(json.dumps(config, indent=2, sort_keys=True), encoding="utf-8")
    (folder / "adapter_model.safetensors").chmod(0o644)
    with safe_open(folder / "adapter_model.safetensors", "pt") as file:
        assert set(file.keys()) == set(trained(model))


def write_adapter(root: Path, name: str) -> None:
    family, folder = FAMILIES[name], root / name / "lora"
    model = adapter(name, families.load_model(root / name / HEAD, HEAD, attn_implementation="eager"))
    save(model, folder)
    model = model.double()
    parts = trained(model)
    batch = families_batches.make(families.generator(name, HEAD, BATCH), BATCH, family, HEAD)
    taken = families_parity.inputs(family, batch, HEAD, torch.float64)
    with families_parity.doubled(family.kind):
        out = model(**taken)
        out.loss.backward()
        grads = {f"{BATCH}.grad.{key}": parts[key].grad for key in sorted(parts)}
        with torch.no_grad():
            merged = model.merge_and_unload()(**taken).logits
    assert torch.allclose(merged, out.logits, rtol=0.0, atol=1e-12)
    results = {"logits": out.logits, "loss": out.loss, "merged_logits": merged}
    named = {f"{BATCH}.{key}": tensor for key, tensor in {**batch, **results}.items()}
    writing.tensors(folder / "parity.safetensors", {**named, **grads})


def write(fixtures: Path) -> None:
    """Needs the classifiers that families_parity makes."""
    for name in ADAPTERS:
        write_adapter(fixtures / "families", name)
