"""What the validation rows say after an epoch, and which figure decides which epoch is kept."""

import math
from collections import Counter

import torch
import torch.nn.functional as F

import tasks


def watched(plan: dict, rows: list, found: list[tuple]) -> tuple[float, float, str]:
    """The figure that is watched and the one among equals, larger is better, and all figures in words."""
    task, recipe = plan["task"], plan["recipe"]
    loss = sum(one[2] for one in found) / max(sum(one[3] for one in found), 1e-12)
    outputs = [one[1] for one in found]
    figures = {
        "classification": classes,
        "multi_label": labels,
        "regression": numbers,
        "tokens": tags,
        "embedding": vectors,
    }.get(task, lambda *_: {})(rows, outputs, plan)
    words = ", ".join(f"{name} {value:.4f}" for name, value in figures.items())
    if task == "embedding":
        return next(iter(figures.values())), -loss, words
    if task == "language":
        words = f"perplexity {math.exp(loss):.4f}"
    main = next(iter(figures.values()), -loss)
    value = {"loss": -loss, "macro_f1": figures.get("macro_f1", main), "main": main}[recipe["metric"]]
    return value, -loss, f"loss {loss:.4f}" + (f", {words}" if words else "")


def f1(right: int, predicted: int, true: int) -> float:
    return 2 * right / (predicted + true) if predicted + true else 0.0


def classes(rows, outputs, plan) -> dict[str, float]:
    pairs = [(row.target, out.index(max(out))) for row, out in zip(rows, outputs)]
    return {"accuracy": sum(a == b for a, b in pairs) / len(pairs), "macro_f1": macro(pairs)}


def macro(pairs: list[tuple[int, int]]) -> float:
    right = Counter(a for a, b in pairs if a == b)
    true, predicted = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    known = set(true) | set(predicted)
    return sum(f1(right[one], predicted[one], true[one]) for one in known) / max(len(known), 1)


def labels(rows, outputs, plan) -> dict[str, float]:
    """At the threshold that does best on these very rows, as in Tabtune."""
    shares = torch.tensor(outputs).sigmoid()
    truth = torch.tensor([row.target for row in rows]) > 0.5
    best = max(f1(int((said & truth).sum()), int(said.sum()), int(truth.sum())) for said in at_thresholds(shares))
    return {"micro_f1": best}


def at_thresholds(shares: torch.Tensor):
    marks = shares.flatten().unique()
    if len(marks) > 1000:
        marks = marks[torch.linspace(0, len(marks) - 1, 1000).long()]
    return (shares >= mark for mark in marks)


def numbers(rows, outputs, plan) -> dict[str, float]:
    truth, said = [row.target for row in rows], [out[0] for out in outputs]
    middle = sum(truth) / len(truth)
    variance = sum((one - middle) ** 2 for one in truth)
    errors = sum((one - other) ** 2 for one, other in zip(truth, said))
    return {"r2": 1 - errors / variance if variance else -math.inf}


def spearman(one: list[float], other: list[float]) -> float:
    from scipy.stats import spearmanr

    value = float(spearmanr(one, other).statistic)
    return value if math.isfinite(value) else -1.0


def tags(rows, outputs, plan) -> dict[str, float]:
    names = plan["labels"]
    texts: dict[int, list[tuple[int, int]]] = {}
    for row, out in zip(rows, outputs):
        known = [(tag, logits.index(max(logits))) for tag, logits in zip(row.target, out) if tag >= 0]
        texts.setdefault(row.origin, []).extend(known)
    right = [[names[tag] for tag, _ in known] for known in texts.values()]
    said = [[names[tag] for _, tag in known] for known in texts.values()]
    if not any(name.startswith(("B-", "I-")) for name in names):
        pairs = [(names.index(a), names.index(b)) for x, y in zip(right, said) for a, b in zip(x, y)]
        return {"accuracy": sum(a == b for a, b in pairs) / max(len(pairs), 1), "macro_f1": macro(pairs)}
    from seqeval.metrics import f1_score

    right, said = (entities(side, names) for side in (right, said))
    return {
        "f1": float(f1_score(right, said, zero_division=0)),
        "macro_f1": float(f1_score(right, said, average="macro", zero_division=0)),
    }


def entities(rows: list[list[str]], names: list[str]) -> list[list[str]]:
    """The tags as seqeval's measures take them: of L- and U- in BILOU it knows only as E- and S-."""
    if any(name.startswith(("E-", "S-")) for name in names):
        return rows
    known = {"L-": "E-", "U-": "S-"}
    return [[known.get(tag[:2], tag[:2]) + tag[2:] for tag in row] for row in rows]


def vectors(rows, outputs, plan) -> dict[str, float]:
    first, second = (F.normalize(torch.tensor(side), dim=-1) for side in zip(*outputs[:1500]))
    if rows[0].target is not None:
        return {"spearman": spearman([row.target for row in rows[:1500]], (first * second).sum(-1).tolist())}
    similar, rows = (first @ second.T).tolist(), rows[:1500]
    belongs, texts = tasks.belonging(rows), [tasks.ids(row.partners[0]) for row in rows]
    different = {text: at for at, text in reversed(list(enumerate(texts)))}.items()
    right = 0
    for at, row in enumerate(rows):
        others = (similar[at][other] for text, other in different if text not in belongs[tasks.ids(row.tokens)])
        right += max(others, default=-2.0) < similar[at][at]
    return {"accuracy": right / len(rows)}
