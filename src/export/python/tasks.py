"""What each task makes of an example, and what it minimises: the sum over rows that is divided by the step's mass."""

import random
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F

from data import Example

# What cosines are multiplied by before they are compared.
SCALE = 20.0


@dataclass
class Row:
    """Tokens of an example, or of a window of one, and what is right for them."""

    tokens: dict[str, list[int]]
    target: object = None
    partners: list[dict[str, list[int]]] = field(default_factory=list)
    #: Which example it is of, by its place and itself.
    origin: int = 0
    example: Example | None = None
    #: Of a window: where each token of the context stands in it.
    context: dict[int, tuple[int, int]] = field(default_factory=dict)

    def length(self) -> int:
        return max(len(one["input_ids"]) for one in [self.tokens, *self.partners])


def rows(examples: list[Example], tokenizer, plan: dict) -> list[Row]:
    made = [(at, row) for at, one in enumerate(examples) for row in of_example(one, tokenizer, plan)]
    for at, row in made:
        row.origin, row.example = at, examples[at]
    return [row for _, row in made]


def of_example(one: Example, tokenizer, plan: dict) -> list[Row]:
    task, longest = plan["task"], plan["max_length"]
    if task == "answers":
        return windows(one, tokenizer, plan)
    if task == "tokens":
        return word_windows(one, tokenizer, plan)
    cut = {"truncation": True, "max_length": longest}
    if task == "embedding":
        partners = [tokenizer(text, **cut) for text in (one.pair, one.negative) if text is not None]
        return [Row(kept(tokenizer(one.text, **cut)), cosine(one.score, plan), [kept(tokens) for tokens in partners])]
    tokens = tokenizer(one.text, one.pair, **cut)
    target = {
        "classification": lambda: one.label,
        "multi_label": lambda: [float(label in one.labels) for label in range(len(plan["labels"]))],
        "regression": lambda: one.score,
        "language": lambda: None,
    }[task]()
    return [Row(kept(tokens), target)]


def cosine(score: float | None, plan: dict) -> float | None:
    """What the vectors of a pair with this score are to have."""
    if score is None or plan["data"]["cosines"] is None:
        return score
    least, most = plan["data"]["cosines"]
    return (score - least) / (most - least)


def kept(tokens, place: int | None = None) -> dict[str, list[int]]:
    names = [name for name in ("input_ids", "attention_mask", "token_type_ids") if name in tokens]
    return {name: list(tokens[name] if place is None else tokens[name][place]) for name in names}


def word_windows(one: Example, tokenizer, plan: dict) -> list[Row]:
    """A row for each window of a text; a word counts in that which shows most of what is around it."""
    longest = plan["max_length"]
    tokens = tokenizer(
        one.text,
        truncation=True,
        max_length=longest,
        stride=longest // 4,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    firsts = [begins(one, tokens, place) for place in range(len(tokens["input_ids"]))]
    best: dict[int, tuple[int, int]] = {}
    for window, words in enumerate(firsts):
        for at, word in words:
            around = min(at, len(tokens["input_ids"][window]) - 1 - at)
            if word not in best or best[word][0] < around:
                best[word] = (around, window)
    found = []
    for window, words in enumerate(firsts):
        targets = [-100] * len(tokens["input_ids"][window])
        for at, word in words:
            if best[word][1] == window:
                targets[at] = one.words[word][2]
        if len(firsts) == 1 or any(target >= 0 for target in targets):
            found.append(Row(kept(tokens, window), targets))
    return found


def begins(one: Example, tokens, window: int) -> list[tuple[int, int]]:
    """The tokens of a window that begin a word, with the word's place."""
    found, last = [], None
    for at, ((start, end), text) in enumerate(zip(tokens["offset_mapping"][window], tokens.sequence_ids(window))):
        place = next((at for at, word in enumerate(one.words) if word[1] > start), None) if text == 0 else None
        if place is None or not (
            one.words[place][0] < end or one.words[place][0] <= start or one.words[place][0] == end
        ):
            continue
        if place != last:
            found.append((at, place))
        last = place
    return found


def windows(one: Example, tokenizer, plan: dict) -> list[Row]:
    """A row for each window of a context, as run_qa.py of transformers makes them."""
    around = tokenizer.num_special_tokens_to_add(pair=True) - tokenizer.num_special_tokens_to_add(pair=False)
    room = plan["max_length"] - len(tokenizer(one.text)["input_ids"]) - max(around, 0)
    tokens = tokenizer(
        one.text,
        one.pair,
        truncation="only_second",
        max_length=plan["max_length"],
        stride=room // 3,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    found = []
    for place, offsets in enumerate(tokens["offset_mapping"]):
        context = {at: offsets[at] for at, text in enumerate(tokens.sequence_ids(place)) if text == 1}
        target = span(one, list(context.values()), list(context))
        found.append(Row(kept(tokens, place), target, context=context))
    return found


def span(one: Example, offsets: list[tuple[int, int]], places: list[int]) -> tuple[int, int]:
    """First and last token of the answer, if the window holds all of it; else the first token twice."""
    if not one.answers or not offsets:
        return 0, 0
    start, end = one.answers[0]
    if offsets[0][0] > start or offsets[-1][1] < end:
        return 0, 0
    first = max(at for at, (begin, _) in enumerate(offsets) if begin <= start)
    last = min(at for at, (_, stop) in enumerate(offsets) if stop >= end)
    return places[first], places[max(first, last)]


def ids(tokens: dict[str, list[int]]) -> tuple[int, ...]:
    return tuple(tokens["input_ids"])


def belonging(rows: list[Row]) -> dict[tuple[int, ...], set[tuple[int, ...]]]:
    """For each first text what belongs to it: itself and the second text of every row that begins with it."""
    found: dict = {}
    for row in rows:
        found.setdefault(ids(row.tokens), {ids(row.tokens)}).add(ids(row.partners[0]))
    return found


def left_out(rows: list[Row]) -> torch.Tensor:
    """Where a text of the batch belongs to a first text, too, and so is none that it is to be told from."""
    belongs, texts = belonging(rows), [ids(text) for column in zip(*[row.partners for row in rows]) for text in column]
    return torch.tensor(
        [[at != own and text in belongs[ids(row.tokens)] for at, text in enumerate(texts)] for own, row in enumerate(rows)]
    )


class Masking:
    """Hides words as DataCollatorForLanguageModeling does, but at least one of each text; the same on every process."""

    def __init__(self, tokenizer, seed: int):
        self.random, self.mask, self.vocabulary = random.Random(seed), tokenizer.mask_token_id, len(tokenizer)
        self.special = set(tokenizer.all_special_ids)

    def hide(self, row: Row) -> Row:
        ids, targets = list(row.tokens["input_ids"]), [-100] * len(row.tokens["input_ids"])
        places = [at for at, token in enumerate(ids) if token not in self.special]
        hidden = [at for at in places if self.random.random() < 0.15] or [self.random.choice(places)]
        for at in hidden:
            targets[at] = ids[at]
            draw = self.random.random()
            if draw < 0.8:
                ids[at] = self.mask
            elif draw < 0.9:
                ids[at] = self.random.randrange(self.vocabulary)
        return Row({**row.tokens, "input_ids": ids}, targets)


def padded(texts: list[dict[str, list[int]]], length: int, tokenizer) -> dict[str, torch.Tensor]:
    fill = {"input_ids": tokenizer.pad_token_id or 0, "attention_mask": 0, "token_type_ids": 0}
    return {
        name: torch.tensor([one[name] + [fill[name]] * (length - len(one[name])) for one in texts]) for name in texts[0]
    }


class Units:
    """Numbers are learnt as deviations from their mean, in standard deviations; the model says them as the data has them."""

    def __init__(self, plan: dict):
        units = plan["units"] or {"mean": 0.0, "deviation": 1.0, "layer": None}
        self.mean, self.deviation, self.layer = units["mean"], units["deviation"], units["layer"]

    def score(self, score: float) -> float:
        return (score - self.mean) / self.deviation

    def said(self, output: float) -> float:
        """What an output means in the unit of the data."""
        return output * self.deviation + self.mean

    def loss(self, loss: float) -> float:
        """A mean squared error, or a sum of them, in the unit of the data."""
        return loss * self.deviation**2

    @torch.no_grad()
    def rescale(self, model: torch.nn.Module, by: float, plus: float) -> None:
        for name, parameter in model.named_parameters():
            layer, _, kind = hub(name).rpartition(".")
            if self.layer is not None and layer == self.layer:
                parameter.mul_(by).add_(plus if kind == "bias" else 0.0)

    def inward(self, model: torch.nn.Module) -> None:
        self.rescale(model, 1 / self.deviation, -self.mean / self.deviation)

    def outward(self, model: torch.nn.Module) -> None:
        self.rescale(model, self.deviation, self.mean)


def hub(name: str) -> str:
    """A parameter's name without what PEFT puts into it."""
    return name.replace(".modules_to_save.default", "").replace(".base_layer", "")


class Objective:
    """Losses as sums over rows, and the mass that the sum over a whole step is divided by."""

    def __init__(self, plan: dict, plain: bool = False):
        """Plain is without smoothing and class weights, as validation is measured."""
        self.task, self.smoothing = plan["task"], 0.0 if plain else plan["recipe"]["label_smoothing"]
        weights = torch.tensor(plan["class_weights"])
        self.weights = torch.ones_like(weights) if plain else weights
        self.contrast, self.units = plan["contrast"], Units(plan)

    def mass(self, rows: list[Row]) -> float:
        if self.task == "classification":
            return float(sum(self.weights[row.target] for row in rows))
        if self.task == "tokens":
            return float(sum(self.weights[tag] for row in rows for tag in row.target if tag >= 0))
        if self.task == "multi_label":
            return float(sum(len(row.target) for row in rows))
        if self.task == "language":
            return float(sum(word >= 0 for row in rows for word in row.target))
        return float(len(rows))

    def loss(self, output, rows: list[Row], real: torch.Tensor) -> torch.Tensor:
        """Sum over the rows that are real; others only fill a process up."""
        device = real.device
        if self.task == "classification":
            targets = torch.tensor([row.target for row in rows], device=device)
            return (self.entropy(output.logits, targets) * real).sum()
        if self.task in ("tokens", "language"):
            length = output.logits.shape[1]
            targets = torch.tensor([row.target + [-100] * (length - len(row.target)) for row in rows], device=device)
            targets = torch.where(real[:, None] > 0, targets, -100).flatten()
            logits = output.logits.flatten(0, 1)
            if self.task == "language":
                return F.cross_entropy(logits, targets, ignore_index=-100, reduction="sum")
            return self.entropy(logits[targets >= 0], targets[targets >= 0]).sum()
        if self.task == "answers":
            ends = torch.tensor([row.target for row in rows], device=device)
            both = [output.start_logits, output.end_logits]
            each = [F.cross_entropy(logits, ends[:, at], reduction="none") for at, logits in enumerate(both)]
            return (0.5 * (each[0] + each[1]) * real).sum()
        targets = [row.target if self.task == "multi_label" else self.units.score(row.target) for row in rows]
        targets = torch.tensor(targets, device=device, dtype=torch.float32)
        if self.task == "multi_label":
            each = F.binary_cross_entropy_with_logits(output.logits, targets, reduction="none").sum(-1)
        else:
            each = (output.logits[:, 0] - targets) ** 2
        return (each * real).sum()

    def entropy(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Per row: the cross-entropy with smoothed targets, each class with its weight."""
        weights, classes = self.weights.to(logits.device), logits.shape[-1]
        soft = F.one_hot(targets, classes) * (1 - self.smoothing) + self.smoothing / classes
        return -(soft * weights * logits.log_softmax(-1)).sum(-1)

    def compared(self, vectors: list[torch.Tensor], scores: torch.Tensor | None, rows: list[Row]) -> torch.Tensor:
        """Mean over the examples of a whole batch, of vectors of first, close and far texts."""
        if self.contrast == "cosine":
            return F.mse_loss(F.cosine_similarity(vectors[0], vectors[1]), scores)
        if self.contrast == "triplet":
            near, far = ((vectors[0] - other).norm(dim=-1) for other in vectors[1:3])
            return F.relu(near - far + 5.0).mean()
        units = [F.normalize(one, dim=-1) for one in vectors]
        similar = units[0] @ torch.cat(units[1:]).T * SCALE
        similar = similar.masked_fill(left_out(rows).to(similar.device), -1e9)
        return F.cross_entropy(similar, torch.arange(len(similar), device=similar.device))
