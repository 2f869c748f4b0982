"""Makes linear.json: optima of scikit-learn's linear heads on random encoded texts."""

from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge

import writing

ROWS, HIDDEN, CLASSES = 60, 6, 4
TIGHT = {"tol": 1e-12, "max_iter": 100_000}


def data(seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    features = random.normal(size=(ROWS, HIDDEN))
    features = (features / np.linalg.norm(features, axis=1, keepdims=True)).astype(np.float32)
    return features, features @ random.normal(size=(HIDDEN, CLASSES)) * 3 + random.normal(size=(ROWS, CLASSES))


def head(weight: np.ndarray, bias: np.ndarray) -> dict:
    """weight [K, H] of scikit-learn as [H, K]."""
    return {
        "weight": writing.rounded(np.atleast_2d(weight).T.flatten().tolist()),
        "bias": writing.rounded(np.atleast_1d(bias).tolist()),
    }


def cases() -> list[dict]:
    made = []
    for seed, c in enumerate([0.1, 1.0, 10.0]):
        features, scores = data(seed)
        classes, labels = scores.argmax(1), (scores > 0.5).astype(int)
        x = features.astype(np.float64)
        base = {"c": c, "features": [float(value) for value in features.flatten()]}
        for weighted in (None, "balanced"):
            fit = LogisticRegression(C=c, class_weight=weighted, **TIGHT).fit(x, classes)
            case = {"kind": "classes", "balanced": weighted is not None, "truths": classes.tolist()}
            made.append({**base, **case, **head(fit.coef_, fit.intercept_)})
        fits = [LogisticRegression(C=c, **TIGHT).fit(x, labels[:, label]) for label in range(CLASSES)]
        weight, bias = np.vstack([fit.coef_ for fit in fits]), np.concatenate([fit.intercept_ for fit in fits])
        made.append({**base, "kind": "labels", "truths": labels.flatten().tolist(), **head(weight, bias)})
        # Of any unit, and far from zero.
        for scale, shift in ((1.0, 0.0), (1e-6, 0.0), (1e6, 3e6)):
            numbers = (scores[:, 0] * scale + shift).astype(np.float32)
            fit = Ridge(alpha=1 / c).fit(x, numbers.astype(np.float64))
            truths = [float(value) for value in numbers]
            case = {"kind": "numbers", "scale": scale, "truths": truths}
            made.append({**base, **case, **head(fit.coef_ / scale, (fit.intercept_ - shift) / scale), "shift": shift})
        # Two classes, for which there is one vector; in the second case a third one is known that no row has.
        two = scores[:, :2].argmax(1)
        for weighted, known in ((None, [0, 1]), ("balanced", [0, 2])):
            fit = LogisticRegression(C=c, class_weight=weighted, **TIGHT).fit(x, two)
            truths = [known[place] for place in two]
            case = {"kind": "two", "balanced": weighted is not None, "known": known, "truths": truths}
            made.append({**base, **case, **head(fit.coef_, fit.intercept_)})
    return made


def write(fixtures: Path) -> None:
    writing.facts(fixtures / "linear.json", {"hidden": HIDDEN, "classes": CLASSES, "cases": cases()})
