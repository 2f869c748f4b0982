"""Makes metrics.json with scikit-learn, schedules.json with transformers, and the other tasks' metrics beside them."""

import warnings
from pathlib import Path

import numpy
import torch
from sklearn import metrics
from transformers import (
    get_constant_schedule_with_warmup,
    get_cosine_schedule_with_warmup,
    get_linear_schedule_with_warmup,
)

import measures_answers
import measures_entities
import measures_labels
import measures_numbers
import writing

SCHEDULES = {
    "linear": get_linear_schedule_with_warmup,
    "cosine": get_cosine_schedule_with_warmup,
    "constant": lambda optimizer, warmup, _: get_constant_schedule_with_warmup(optimizer, warmup),
}
SPANS = [(1, 0), (1, 1), (2, 1), (5, 0), (10, 2), (10, 10), (24, 3), (50, 5), (375, 38)]


def scores(classes: int, truth: list[int], prediction: list[int]) -> dict:
    """All figures of one case; averages take the classes that occur in truth or prediction, as in scikit-learn."""
    named = dict(labels=list(range(classes)), average=None, zero_division=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Classes that are predicted but never true: their recall is left out.
        balanced = metrics.balanced_accuracy_score(truth, prediction)
    return {
        "classes": classes,
        "truth": truth,
        "prediction": prediction,
        "accuracy": writing.rounded(metrics.accuracy_score(truth, prediction), 12),
        "macro_f1": writing.rounded(metrics.f1_score(truth, prediction, average="macro", zero_division=0), 12),
        "weighted_f1": writing.rounded(metrics.f1_score(truth, prediction, average="weighted", zero_division=0), 12),
        "balanced_accuracy": writing.rounded(balanced, 12),
        "precision": writing.rounded(metrics.precision_score(truth, prediction, **named).tolist(), 12),
        "recall": writing.rounded(metrics.recall_score(truth, prediction, **named).tolist(), 12),
        "f1": writing.rounded(metrics.f1_score(truth, prediction, **named).tolist(), 12),
        "confusion": metrics.confusion_matrix(truth, prediction, labels=list(range(classes))).tolist(),
    }


def with_logits(classes: int, truth: list[int], logits: numpy.ndarray) -> dict:
    """A case that begins at logits: the prediction is the first largest, the loss their mean cross-entropy."""
    logits = logits.astype(numpy.float32)
    loss = torch.nn.functional.cross_entropy(torch.tensor(logits).double(), torch.tensor(truth))
    return {
        **scores(classes, truth, logits.argmax(axis=1).tolist()),
        "logits": writing.rounded(logits.tolist(), 9),
        "loss": writing.rounded(loss, 12),
    }


def metric_cases() -> list[dict]:
    random = numpy.random.Generator(numpy.random.PCG64(24))
    cases = [
        scores(2, [0, 1], [0, 1]),
        scores(2, [0, 1], [1, 0]),
        scores(2, [0], [0]),
        scores(2, [1, 1, 1], [1, 1, 1]),
        scores(3, [0, 0, 1, 1], [2, 2, 2, 2]),
        scores(4, [0, 1, 0, 1], [0, 1, 1, 2]),
        scores(5, [4, 4, 4, 0], [4, 4, 0, 3]),
    ]
    for classes in range(2, 13):
        rows = int(random.integers(10, 60))
        present = random.permutation(classes)[: max(2, classes - classes // 4)]
        truth = random.choice(present, rows).tolist()
        right = random.random(rows) < random.uniform(0.2, 0.95)
        guesses = random.integers(0, classes, rows).tolist()
        cases.append(scores(classes, truth, [t if hit else g for t, hit, g in zip(truth, right, guesses)]))
    for classes, rows, scale in ((2, 12, 1), (3, 20, 3), (5, 15, 10), (8, 16, 0.1), (12, 10, 100)):
        truth = random.integers(0, classes, rows).tolist()
        cases.append(with_logits(classes, truth, random.normal(0, scale, (rows, classes))))
    ties = numpy.array([[1.0, 1.0, 0.0], [0.0, 0.0, 0.0], [-1.0, 2.0, 2.0], [1000.0, 0.0, -1000.0]])
    cases.append(with_logits(3, [1, 0, 2, 0], ties))
    return cases


def schedule_cases() -> list[dict]:
    """The learning rate in use at each step, the first being step 0."""
    cases = []
    for name, make in SCHEDULES.items():
        for index, (total, warmup) in enumerate(SPANS):
            peak = (5e-5, 1e-3, 0.2)[index % 3]
            optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=peak)
            schedule = make(optimizer, warmup, total)
            values = []
            for _ in range(total):
                values.append(writing.rounded(schedule.get_last_lr()[0], 12))
                optimizer.step()
                schedule.step()
            cases.append({"schedule": name, "total": total, "warmup": warmup, "peak": peak, "values": values})
    return cases


def write(fixtures: Path) -> None:
    writing.facts(fixtures / "metrics.json", {"cases": metric_cases()})
    writing.facts(fixtures / "schedules.json", {"cases": schedule_cases()})
    measures_labels.write(fixtures / "metrics_multi_label.json")
    measures_numbers.write(fixtures)
    measures_entities.write(fixtures / "metrics_entities.json")
    measures_answers.write(fixtures / "metrics_answers.json")
