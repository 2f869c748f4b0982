"""What the validation rows say after an epoch, and which figure decides which epoch is kept."""

import math
from collections import Counter

import torch
import torch.nn.functional as F

import answers
import tasks

# Examples whose texts are compared each with each.
MOST_COMPARED = 1500


def figures(plan: dict, rows: list, found: list[tuple], may_lack: bool) -> dict[str, float]:
    """The loss and the scores, that first which says most; −∞ where these rows do not define one."""
    task, loss = plan["task"], sum(one[2] for one in found) / max(sum(one[3] for one in found), 1e-12)
    if task == "language":
        return {"loss": loss, "perplexity": math.exp(loss)}
    of_task = {
        "classification": classes,
        "multi_label": labels,
        "regression": numbers,
        "tokens": tags,
        "answers": lambda rows, outputs, _: {"f1": answers.f1(rows, outputs, may_lack)},
        "embedding": vectors,
    }[task]
    return {"loss": loss} | of_task(rows, [one[1] for one in found], plan)


def watched(plan: dict, found: dict[str, float]) -> tuple[float, float]:
    """The figure that decides which epoch is kept, and the one that does among equals; larger is better."""
    metric, scores = plan["recipe"]["metric"], [name for name in found if name not in ("loss", "perplexity")]
    if metric == "loss" or not scores:
        return -found["loss"], -found["loss"]
    return found["macro_f1" if metric == "macro_f1" and "macro_f1" in found else scores[0]], -found["loss"]


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
    shares = [[share(output) for output in out] for out in outputs]
    truth = [[target > 0.5 for target in row.target] for row in rows]
    threshold = best_threshold([pair for both in zip(shares, truth) for pair in zip(*both)])
    counts = []
    for own, true in zip(zip(*shares), zip(*truth)):
        said = [one >= threshold for one in own]
        counts.append((sum(a and b for a, b in zip(said, true)), sum(said), sum(true)))
    all_labels = f1(*(sum(side) for side in zip(*counts)))
    return {"micro_f1": all_labels, "macro_f1": sum(f1(*one) for one in counts) / len(counts), "threshold": threshold}


def share(output: float) -> float:
    """The logistic function, written so that exp does not overflow."""
    return 1 / (1 + math.exp(-output)) if output >= 0 else math.exp(output) / (1 + math.exp(output))


def best_threshold(ranked: list[tuple[float, bool]]) -> float:
    """Halfway between the two neighbours where micro-F1 is highest; of equals the nearest to ½, then the lower one."""
    positives = sum(true for _, true in ranked)
    ranked = sorted(((own, true) for own, true in ranked if math.isfinite(own)), reverse=True)
    best, hits = (0.5, 0, 1), 0
    for taken, (own, true) in enumerate(ranked, 1):
        hits += true
        lower = ranked[taken][0] if taken < len(ranked) else 0.0
        if taken < len(ranked) and lower == own:
            continue
        middle = lower + (own - lower) / 2
        threshold = middle if middle > lower else own
        # F1 is 2 · hits / both; fractions are compared, since rounding would make ties of neighbours.
        both = taken + positives
        found, held = hits * best[2], best[1] * both
        if found > held or (found == held and hits and abs(threshold - 0.5) <= abs(best[0] - 0.5)):
            best = (threshold, hits, both)
    return best[0]


def numbers(rows, outputs, plan) -> dict[str, float]:
    units = tasks.Units(plan)
    truth, said = [row.target for row in rows], [units.said(out[0]) for out in outputs]
    middle = sum(truth) / len(truth)
    variance = sum((one - middle) ** 2 for one in truth)
    errors = sum((one - other) ** 2 for one, other in zip(truth, said))
    return {"r2": defined(1 - errors / variance if variance else math.nan)}


def defined(value: float) -> float:
    """Any score that is defined is better than one that is not."""
    return value if math.isfinite(value) else -math.inf


def spearman(one: list[float], other: list[float]) -> float:
    from scipy.stats import spearmanr

    return defined(float(spearmanr(one, other).statistic))


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
    """With a loss that is computed of all vectors together, whatever was in a batch with what."""
    first, second = (F.normalize(torch.tensor(side, dtype=torch.float64), dim=-1) for side in zip(*outputs))
    if rows[0].target is not None:
        given, cosines = [row.target for row in rows], (first * second).sum(-1).tolist()
        errors = sum((one - other) ** 2 for one, other in zip(given, cosines))
        return {"loss": errors / len(rows), "spearman": spearman(given, cosines)}
    similar, rows = (first[:MOST_COMPARED] @ second[:MOST_COMPARED].T).tolist(), rows[:MOST_COMPARED]
    belongs, texts = tasks.belonging(rows), [tasks.ids(row.partners[0]) for row in rows]
    different = {text: at for at, text in reversed(list(enumerate(texts)))}.items()
    right, loss = 0, 0.0
    for at, row in enumerate(rows):
        own, others = similar[at][at], belongs[tasks.ids(row.tokens)]
        others = [similar[at][other] for text, other in different if text not in others]
        right += max(others, default=-2.0) < own
        # The cross-entropy of cosines as they are scaled in training.
        loss += math.log(sum(math.exp(tasks.SCALE * (other - own)) for other in [own, *others]))
    return {"loss": loss / len(rows), "accuracy": right / len(rows)}
