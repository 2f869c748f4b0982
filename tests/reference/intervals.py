"""Makes intervals.json: Wilson's intervals with statsmodels, bootstrap intervals of macro-F1 with numpy."""

from pathlib import Path

import numpy
from sklearn.metrics import f1_score
from statsmodels.stats.proportion import proportion_confint

import writing

SHARES = [(0, 1), (1, 1), (0, 10), (10, 10), (3, 7), (37, 50), (766, 1000), (99_999, 100_000)]
TABLES = [
    [[40, 3, 2], [5, 30, 1], [4, 4, 11]],
    [[88, 2], [4, 6]],
    [[7, 1, 0, 0], [0, 5, 2, 0], [1, 0, 9, 0], [0, 0, 1, 0]],
]
RESAMPLES = 40_000


def bootstrap(table: list[list[int]]) -> dict:
    """Rows drawn with replacement, one by one, and the percentiles of their macro-F1."""
    cells = [(t, p) for t, row in enumerate(table) for p, count in enumerate(row) for _ in range(count)]
    rows = numpy.array(cells)
    random = numpy.random.default_rng(0)
    scores = numpy.empty(RESAMPLES)
    for sample in range(RESAMPLES):
        drawn = rows[random.integers(len(rows), size=len(rows))]
        scores[sample] = macro_f1(drawn[:, 0], drawn[:, 1], len(table))
    low, high = numpy.quantile(scores, [0.025, 0.975])
    return {"table": table, "low": float(low), "high": float(high), "deviation": float(scores.std())}


def macro_f1(truth: numpy.ndarray, prediction: numpy.ndarray, classes: int) -> float:
    """As f1_score(average="macro"), which is a thousand times slower; the first case of each table compares them."""
    right = numpy.bincount(truth[truth == prediction], minlength=classes)
    both = numpy.bincount(truth, minlength=classes) + numpy.bincount(prediction, minlength=classes)
    return float((2 * right[both > 0] / both[both > 0]).mean())


def write(path: Path) -> None:
    for table in TABLES:
        cells = [(t, p) for t, row in enumerate(table) for p, count in enumerate(row) for _ in range(count)]
        truth, prediction = (numpy.array(side) for side in zip(*cells))
        expected = f1_score(truth, prediction, average="macro", zero_division=0)
        assert abs(macro_f1(truth, prediction, len(table)) - expected) < 1e-12
    wilson = []
    for right, of in SHARES:
        low, high = proportion_confint(right, of, alpha=0.05, method="wilson")
        wilson.append({"right": right, "of": of, "low": float(low), "high": float(high)})
    boot = [{k: writing.rounded(v, 6) if isinstance(v, float) else v for k, v in bootstrap(t).items()} for t in TABLES]
    writing.facts(path, {"wilson": wilson, "bootstrap": boot})
