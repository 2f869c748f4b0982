"""How fixtures are put on disk: tensors as safetensors in F32 and I32, facts as compact JSON."""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file


def tensors(path: Path, named: dict[str, torch.Tensor]) -> None:
    """Whole numbers become I32, all others F32; a scalar becomes a tensor of shape [1]."""
    ready = {}
    for name, tensor in named.items():
        tensor = tensor.detach()
        kind = torch.float32 if tensor.is_floating_point() else torch.int32
        ready[name] = tensor.reshape(tensor.shape or (1,)).to(kind).contiguous().clone()
    save_file(ready, path, metadata={"format": "pt"})
    path.chmod(0o644)


def facts(path: Path, value: dict) -> None:
    """JSON in ASCII, one case per line, so that a change in one case shows as one line."""
    lines = []
    for key, entry in value.items():
        if isinstance(entry, list) and entry and isinstance(entry[0], dict):
            body = ",\n".join(json.dumps(case, separators=(",", ":")) for case in entry)
            lines.append(f"{json.dumps(key)}: [\n{body}\n]")
        else:
            lines.append(f"{json.dumps(key)}: {json.dumps(entry, separators=(',', ':'))}")
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def rounded(value, digits: int = 10):
    """A number, or a nested list of numbers, with so many significant digits."""
    if isinstance(value, list):
        return [rounded(entry, digits) for entry in value]
    return float(f"{float(value):.{digits}g}")
