"""Makes metrics_regression.json with scikit-learn and scipy, and metrics_ranking.json with scikit-learn."""

import warnings
from pathlib import Path

import numpy
from scipy import stats
from sklearn import metrics

import writing
from measures_labels import exact


def numbers(truth: numpy.ndarray, prediction: numpy.ndarray) -> dict:
    """All figures of one case; null where scipy or scikit-learn have none (or, for R², choose 0 or 1 by custom)."""
    one = len(truth) < 2
    varied = not one and len(set(truth.tolist())) > 1
    both = varied and len(set(prediction.tolist())) > 1
    return {
        "truth": truth.tolist(),
        "prediction": prediction.tolist(),
        "mse": exact(metrics.mean_squared_error(truth, prediction)),
        "rmse": exact(metrics.root_mean_squared_error(truth, prediction)),
        "mae": exact(metrics.mean_absolute_error(truth, prediction)),
        "r2": exact(metrics.r2_score(truth, prediction)) if varied else None,
        "pearson": exact(stats.pearsonr(truth, prediction).statistic) if both else None,
        "spearman": exact(stats.spearmanr(truth, prediction).statistic) if both else None,
        "ranks": stats.rankdata(prediction).tolist(),
    }


def number_cases(random: numpy.random.Generator) -> list[dict]:
    made = []
    for number in range(240):
        rows = int(random.integers(1, 16))
        scale = (1, 5, 1e-6, 1e6, 1e150)[number % 5]
        truth = random.normal(0.3, 1, rows)
        share = random.uniform(-1, 1)
        prediction = share * truth + (1 - abs(share)) * random.normal(0, 1, rows)
        if number % 3 == 0:  # Ties, as in ratings.
            truth, prediction = numpy.round(truth), numpy.round(prediction * 2) / 2
        if number % 8 == 0:
            truth = numpy.full(rows, truth[0])
        if number % 12 == 1:
            prediction = numpy.full(rows, prediction[0])
        if number % 20 == 2:
            prediction = truth.copy()
        short = [numpy.array(writing.rounded((side * scale).tolist(), 6)) + 0.0 for side in (truth, prediction)]
        made.append(numbers(*short))
    return made


def ranking(similarities: numpy.ndarray) -> dict:
    """Ties count against the right candidate, as in scikit-learn's label ranking average precision, which is the mean
    reciprocal rank where one label is right."""
    queries, candidates = similarities.shape
    ranks = [int(stats.rankdata(-row, method="max")[place]) for place, row in enumerate(similarities)]
    right = numpy.eye(queries, candidates, dtype=int)
    reciprocal = metrics.label_ranking_average_precision_score(right, similarities)
    tied = any(numpy.count_nonzero(row == row[place]) > 1 for place, row in enumerate(similarities))
    found = {}
    for k in (1, 2, 3, 10):
        found[k] = exact(numpy.mean([rank <= k for rank in ranks]))
        if not tied and 2 < candidates and k < candidates:
            labels = dict(k=k, labels=list(range(candidates)))
            assert found[k] == exact(metrics.top_k_accuracy_score(list(range(queries)), similarities, **labels))
    return {
        "similarities": similarities.tolist(),
        "ranks": ranks,
        "accuracy_at": [[k, share] for k, share in found.items()],
        "mean_reciprocal_rank": exact(reciprocal),
    }


def ranking_cases(random: numpy.random.Generator) -> list[dict]:
    made = []
    for number in range(120):
        queries = int(random.integers(1, 8))
        candidates = max(queries + int(random.integers(0, 5)), 2)
        grid = (2, 8, 10**4)[number % 3]
        similarities = random.uniform(-1, 1, (queries, candidates)) + 0.6 * numpy.eye(queries, candidates)
        made.append(ranking(numpy.round(similarities * grid) / grid + 0.0))
    made.append(ranking(numpy.zeros((3, 3))))
    return made


def vectors(random: numpy.random.Generator) -> list[dict]:
    made = []
    for number in range(60):
        pair = random.normal(0, (1, 1e-3, 1e4)[number % 3], (2, int(random.integers(1, 12)))).astype(numpy.float32)
        if number % 15 == 0:
            pair[1] = 0
        if number % 15 == 1:
            pair[1] = -2 * pair[0]
        cosine = metrics.pairwise.cosine_similarity(pair.astype(numpy.float64))[0, 1]
        made.append({"a": writing.rounded(pair[0].tolist(), 9), "b": writing.rounded(pair[1].tolist(), 9),
                     "cosine": exact(cosine)})
    return made


def write(fixtures: Path) -> None:
    random = numpy.random.Generator(numpy.random.PCG64(32))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Correlations of two rows have no p-value; nobody asks for one.
        writing.facts(fixtures / "metrics_regression.json", {"cases": number_cases(random)})
        writing.facts(
            fixtures / "metrics_ranking.json", {"cases": ranking_cases(random), "cosines": vectors(random)}
        )
