"""The parts of the training recipe that fixtures and fine-tuning share: batches, parameter groups, one step."""

import torch


def pad(rows: list[list[int]], types: list[list[int]] | None = None) -> dict[str, torch.Tensor]:
    """Rows of ids as one batch, padded on the right with 0 to the longest; types are 0 where not given."""
    longest = max(map(len, rows))
    types = types or [[0] * len(row) for row in rows]

    def fill(lists):
        return torch.tensor([list(row) + [0] * (longest - len(row)) for row in lists])

    return {
        "input_ids": fill(rows),
        "attention_mask": fill([[1] * len(row) for row in rows]),
        "token_type_ids": fill(types),
    }


def random_rows(random: torch.Generator, lengths: list[int], vocabulary: int) -> list[list[int]]:
    """Rows of random ids between [CLS] (7) and [SEP] (8) of the tiny vocabulary; no special tokens inside."""
    rows = []
    for length in lengths:
        inner = torch.randint(10, vocabulary, (length - 2,), generator=random).tolist()
        rows.append([7, *inner, 8])
    return rows


def adamw(model: torch.nn.Module, rate: float, decay: float = 0.01) -> torch.optim.AdamW:
    """AdamW with the groups of transformers' Trainer: no decay on biases and LayerNorm weights."""
    decayed, bare = [], []
    for name, parameter in model.named_parameters():
        (bare if name.endswith("bias") or "LayerNorm" in name else decayed).append(parameter)
    groups = [{"params": decayed, "weight_decay": decay}, {"params": bare, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.999), eps=1e-8)


def update(model: torch.nn.Module, optimizer: torch.optim.Optimizer, max_norm: float = 1.0) -> float:
    """Clips the gradients that are there by their global norm, steps, clears them; the norm before clipping."""
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    optimizer.zero_grad()
    return float(norm)


def inputs(batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Ids, mask and types, in the order in which fixtures name them."""
    return batch["input_ids"], batch["attention_mask"], batch["token_type_ids"]
