"""Random batches for the tiny models of every family, and what each head is to learn from them."""

import torch

from families import LABELS, Family, Ids

IGNORED = -100
LENGTHS = {"unpadded": [12, 12, 12], "padded": [3, 14, 7, 10], "types": [10, 9, 7]}


def row(random: torch.Generator, length: int, ids: Ids) -> list[int]:
    inner = torch.randint(ids.first, ids.last + 1, (length - 2,), generator=random).tolist()
    return [ids.cls, *inner, ids.sep]


def fill(rows: list[list[int]], value: int) -> torch.Tensor:
    longest = max(map(len, rows))
    return torch.tensor([entries + [value] * (longest - len(entries)) for entries in rows])


def batch(random: torch.Generator, name: str, family: Family) -> dict[str, torch.Tensor]:
    """Ids, mask and types of one batch, padded on the right; the types are 0 but in the batch named for them."""
    lengths = LENGTHS[name]
    rows = [row(random, length, family.ids) for length in lengths]
    halves = [[0] * (length // 2) + [1] * (length - length // 2) for length in lengths]
    types = fill(halves, 0)
    return {
        "ids": fill(rows, family.ids.pad),
        "mask": fill([[1] * length for length in lengths], 0),
        "types": types if name == "types" else torch.zeros_like(types),
    }


def mask_words(random: torch.Generator, inputs: dict, ids: Ids) -> tuple[dict, torch.Tensor]:
    """BERT's masking: of the chosen tokens 80 % become the mask, 10 % a random token, 10 % stay."""
    targets = torch.full_like(inputs["ids"], IGNORED)
    changed = inputs["ids"].clone()
    for number, length in enumerate(inputs["mask"].sum(dim=1).tolist()):
        for place in range(1, length - 1):
            draw = float(torch.rand((), generator=random))
            # The first of a row is always chosen, so that no row is left out.
            if place > 1 and draw > 0.4:
                continue
            targets[number, place] = inputs["ids"][number, place]
            way = float(torch.rand((), generator=random))
            if way < 0.8:
                changed[number, place] = ids.mask
            elif way < 0.9:
                changed[number, place] = int(torch.randint(ids.first, ids.last + 1, (), generator=random))
    return {**inputs, "ids": changed}, targets


def tag_words(random: torch.Generator, inputs: dict) -> torch.Tensor:
    """A label for each token but special and padded ones and about a quarter, as if pieces that continue a word."""
    shape = inputs["ids"].shape
    targets = torch.randint(0, len(LABELS["tokens"]), shape, generator=random)
    continued = torch.rand(shape, generator=random) < 0.25
    continued[:, :2] = False
    special = torch.zeros(shape, dtype=torch.bool)
    special[:, 0] = True
    special[torch.arange(shape[0]), inputs["mask"].sum(dim=1) - 1] = True
    return targets.masked_fill(continued | special | (inputs["mask"] == 0), IGNORED)


def spans(random: torch.Generator, inputs: dict) -> torch.Tensor:
    """Start and end, `[B, 2]`, within the text; the first row has no answer, which is the span 0 to 0."""
    found = [[0, 0]]
    for length in inputs["mask"].sum(dim=1).tolist()[1:]:
        found.append(sorted(torch.randint(1, length - 1, (2,), generator=random).tolist()))
    return torch.tensor(found)


def make(random: torch.Generator, name: str, family: Family, head: str) -> dict[str, torch.Tensor]:
    """One batch with its targets."""
    inputs = batch(random, name, family)
    count = len(inputs["ids"])
    if head == "language":
        inputs, targets = mask_words(random, inputs, family.ids)
    elif head == "tokens":
        targets = tag_words(random, inputs)
    elif head == "answers":
        targets = spans(random, inputs)
    elif head == "sequence-multi":
        targets = torch.randint(0, 2, (count, len(LABELS[head])), generator=random).float()
    elif head == "sequence-regression":
        targets = 2 * torch.randn(count, generator=random)
    else:
        targets = torch.randint(0, len(LABELS[head]), (count,), generator=random)
    return {**inputs, "targets": targets}
