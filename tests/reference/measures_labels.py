"""Makes metrics_multi_label.json with scikit-learn, and with torch the loss of labels that stand on their own."""

import warnings
from pathlib import Path

import numpy
import torch
from sklearn import metrics
from sklearn.exceptions import UndefinedMetricWarning

import writing


def exact(value) -> float | list:
    return writing.rounded(value.tolist() if hasattr(value, "tolist") else value, 14)


def micro_f1(truth: numpy.ndarray, scores: numpy.ndarray, threshold: float) -> float:
    """Micro-averaging takes every row with every label as a question of its own, answered yes or no."""
    return metrics.f1_score(truth.ravel(), (scores >= threshold).astype(int).ravel(), zero_division=0)


def best_threshold(truth: numpy.ndarray, scores: numpy.ndarray) -> float:
    """Every cut tried by scikit-learn; of the best the nearest to 0.5, then the lower one."""
    if not truth.any():
        return 0.5
    levels = [0.0, *numpy.unique(scores).tolist()]
    cuts = [(low + high) / 2 for low, high in zip(levels, levels[1:])]
    reached = [micro_f1(truth, scores, cut) for cut in cuts]
    return min((abs(cut - 0.5), cut) for cut, f1 in zip(cuts, reached) if f1 == max(reached))[1]


def case(truth: numpy.ndarray, scores: numpy.ndarray, threshold: float) -> dict:
    if truth.shape[1] == 1:  # scikit-learn takes one column for two classes; a second, empty one changes no sum.
        wide = numpy.hstack([truth, numpy.zeros_like(truth)])
        given = numpy.hstack([scores >= threshold, numpy.zeros(scores.shape, bool)]).astype(int)
    else:
        wide, given = truth, (scores >= threshold).astype(int)
    named = dict(labels=list(range(truth.shape[1])), zero_division=0)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(wide, given, average=None, **named)
    areas = [
        exact(metrics.average_precision_score(truth[:, label], scores[:, label])) if truth[:, label].any() else None
        for label in range(truth.shape[1])
    ]
    defined = [area for area in areas if area is not None]
    return {
        "probabilities": scores.tolist(),
        "truth": [numpy.flatnonzero(row).tolist() for row in truth],
        "threshold": threshold,
        "precision": exact(precision),
        "recall": exact(recall),
        "f1": exact(f1),
        "support": support.tolist(),
        "micro_f1": exact(metrics.f1_score(wide, given, average="micro", **named)),
        "macro_f1": exact(metrics.f1_score(wide, given, average="macro", **named)),
        "samples_f1": exact(metrics.f1_score(wide, given, average="samples", **(named | {"zero_division": 1}))),
        "subset_accuracy": exact(metrics.accuracy_score(wide, given)),
        "average_precision": areas,
        "macro_average_precision": exact(numpy.mean(defined)) if defined else None,
        "best_threshold": exact(best_threshold(truth, scores)),
    }


def cases(random: numpy.random.Generator) -> list[dict]:
    """Random tables; scores on coarse grids of binary fractions bring ties of scores and of thresholds."""
    made = []
    for number in range(240):
        rows, labels = int(random.integers(1, 11)), int(random.integers(1, 6))
        density = (0.0, 0.1, 0.3, 0.5, 0.9, 1.0)[number % 6]
        truth = (random.random((rows, labels)) < density).astype(int)
        grid = (4, 8, 16, 10**6)[number % 4]
        lean = 0.5 * truth + 0.5 * random.random((rows, labels)) if number % 3 else random.random((rows, labels))
        scores = numpy.round(lean * grid) / grid
        threshold = (0.5, 0.25, 0.75, 0.0, 1.0)[number % 5]
        made.append(case(truth, scores, threshold))
    return made


def logits(random: numpy.random.Generator) -> list[dict]:
    made = []
    for scale in (0.1, 1, 5, 30, 200):
        for labels in (1, 3, 8):
            row = random.normal(0, scale, labels).astype(numpy.float32)
            truth = numpy.flatnonzero(random.random(labels) < 0.5).tolist()
            wide = torch.tensor(row).double()
            target = torch.zeros(labels, dtype=torch.float64)
            target[truth] = 1
            made.append({
                "logits": writing.rounded(row.tolist(), 9),
                "truth": truth,
                "probabilities": exact(wide.sigmoid()),
                "loss": exact(torch.nn.functional.binary_cross_entropy_with_logits(wide, target)),
            })
    return made


def write(path: Path) -> None:
    random = numpy.random.Generator(numpy.random.PCG64(31))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        writing.facts(path, {"cases": cases(random), "logits": logits(random)})
