"""Makes intervals.json: Wilson's intervals with statsmodels, bootstrap intervals of other scores with numpy."""

import json
import warnings
from pathlib import Path

import numpy
from seqeval import metrics as entities
from seqeval.metrics.sequence_labeling import get_entities
from sklearn.metrics import accuracy_score, f1_score
from statsmodels.stats.proportion import proportion_confint

import writing

SHARES = [(0, 1), (1, 1), (0, 10), (10, 10), (3, 7), (37, 50), (766, 1000), (99_999, 100_000)]
TABLES = [
    [[40, 3, 2], [5, 30, 1], [4, 4, 11]],
    [[88, 2], [4, 6]],
    [[7, 1, 0, 0], [0, 5, 2, 0], [1, 0, 9, 0], [0, 0, 1, 0]],
]
RESAMPLES = 40_000
QUESTIONS = 150


def bootstrap(table: list[list[int]]) -> dict:
    """Rows drawn with replacement, one by one, and the percentiles of their macro-F1."""
    cells = [(t, p) for t, row in enumerate(table) for p, count in enumerate(row) for _ in range(count)]
    rows = numpy.array(cells)
    random = numpy.random.default_rng(0)
    scores = numpy.empty(RESAMPLES)
    for sample in range(RESAMPLES):
        drawn = rows[random.integers(len(rows), size=len(rows))]
        scores[sample] = macro_f1(drawn[:, 0], drawn[:, 1], len(table))
    return {"table": table, **percentiles(scores)}


def percentiles(scores: numpy.ndarray) -> dict:
    low, high = numpy.quantile(scores, [0.025, 0.975])
    found = {"low": low, "high": high, "deviation": scores.std()}
    return {name: writing.rounded(value, 6) for name, value in found.items()}


def macro_f1(truth: numpy.ndarray, prediction: numpy.ndarray, classes: int) -> float:
    """As f1_score(average="macro"), which is a thousand times slower; the first case of each table compares them."""
    right = numpy.bincount(truth[truth == prediction], minlength=classes)
    both = numpy.bincount(truth, minlength=classes) + numpy.bincount(prediction, minlength=classes)
    return float((2 * right[both > 0] / both[both > 0]).mean())


def quotient(part: numpy.ndarray, whole: numpy.ndarray) -> numpy.ndarray:
    return numpy.divide(part, whole, out=numpy.zeros(numpy.shape(whole)), where=whole > 0)


class Rows:
    """Right, predicted and true counts [N, K] of the rows, and their scores with each row taken so many times [S, N]."""

    def __init__(self, right, predicted, support) -> None:
        self.parts = [numpy.array(part, dtype=float) for part in (right, predicted, support)]
        right, predicted, support = (part.sum(axis=1) for part in self.parts)
        # A row that has no label, and is given none, is right.
        self.samples = numpy.where(predicted + support > 0, quotient(2 * right, predicted + support), 1.0)

    def scores(self, taken: numpy.ndarray) -> dict[str, numpy.ndarray]:
        right, predicted, support = (taken @ part for part in self.parts)
        occurs = predicted + support > 0
        f1 = quotient(2 * right, predicted + support)
        all_right, all_predicted, all_support = (part.sum(axis=1) for part in (right, predicted, support))
        return {
            "micro": quotient(2 * all_right, all_predicted + all_support),
            "precision": quotient(all_right, all_predicted),
            "recall": quotient(all_right, all_support),
            "macro_of_all": f1.mean(axis=1),
            "macro_of_met": quotient(f1.sum(axis=1), occurs.sum(axis=1)),
            "samples": taken @ self.samples / len(self.samples),
        }

    def intervals(self, named: dict[str, str], whole: dict[str, float]) -> dict:
        """Of the scores by our names and those in `whole`, what the library says of all rows, each once."""
        once = self.scores(numpy.ones((1, len(self.samples))))
        for name, expected in whole.items():
            assert abs(once[named[name]][0] - expected) < 1e-12, name
        assert set(named) == set(whole)
        drawn = self.scores(draws(len(self.samples)))
        return {name: percentiles(drawn[ours]) for name, ours in named.items()}


def draws(rows: int) -> numpy.ndarray:
    """How often each row is among as many that are drawn with replacement, for every sample."""
    return numpy.random.default_rng(1).multinomial(rows, [1 / rows] * rows, size=RESAMPLES)


def labels(rows: int, classes: int, seed: int) -> dict:
    """Rows with any number of labels, none among them; the last label neither occurs nor is given."""
    random = numpy.random.default_rng(seed)
    truth = random.random((rows, classes)) < numpy.linspace(0.5, 0.1, classes)
    given = truth ^ (random.random((rows, classes)) < 0.15)
    truth[:, -1] = given[:, -1] = False
    average = lambda kind: f1_score(truth, given, average=kind, zero_division=int(kind == "samples"))
    counts = Rows(truth & given, given, truth)
    listed = lambda table: [numpy.flatnonzero(row).tolist() for row in table]
    return {
        "classes": classes,
        "truth": listed(truth),
        "given": listed(given),
        "scores": counts.intervals(
            {"micro_f1": "micro", "macro_f1": "macro_of_all", "samples_f1": "samples"},
            {f"{kind}_f1": average(kind) for kind in ("micro", "macro", "samples")},
        ),
    }


def texts(pool: list[str], rows: int, seed: int) -> tuple[list[list[str]], list[list[str]]]:
    """Tags of texts, and others of which a text has many wrong or few."""
    random = numpy.random.default_rng(seed)
    truth = [random.choice(pool, int(random.integers(1, 9))).tolist() for _ in range(rows)]
    prediction = []
    for tags in truth:
        wrong = random.choice([0.02, 0.5])
        prediction.append([str(random.choice(pool)) if random.random() < wrong else tag for tag in tags])
    return truth, prediction


def of_words(truth: list[list[str]], prediction: list[list[str]], pool: list[str]) -> Rows:
    pairs = [list(zip(*text)) for text in zip(truth, prediction)]
    count = lambda holds: [[sum(holds(tag, *pair) for pair in text) for tag in pool] for text in pairs]
    return Rows(
        count(lambda tag, true, found: true == found == tag),
        count(lambda tag, _, found: found == tag),
        count(lambda tag, true, _: true == tag),
    )


def flat(texts: list[list[str]]) -> list[str]:
    return [tag for tags in texts for tag in tags]


def plain_tags() -> dict:
    pool = ["ADJ", "NOUN", "VERB"]
    truth, prediction = texts(pool, 60, 2)
    whole = {
        "accuracy": accuracy_score(flat(truth), flat(prediction)),
        "macro_f1": f1_score(flat(truth), flat(prediction), average="macro"),
    }
    named = {"accuracy": "micro", "macro_f1": "macro_of_met"}
    scores = of_words(truth, prediction, pool).intervals(named, whole)
    return {"tags": pool, "truth": truth, "prediction": prediction, "scores": scores}


def tags_of_entities() -> dict:
    pool = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
    truth, prediction = texts(pool, 60, 3)
    found = [(set(get_entities(a)), set(get_entities(b))) for a, b in zip(truth, prediction)]
    count = lambda part: [[sum(kind == of for of, *_ in part(*text)) for kind in ("LOC", "PER")] for text in found]
    counts = Rows(count(lambda a, b: a & b), count(lambda _, b: b), count(lambda a, _: a))
    named = {"f1": "micro", "precision": "precision", "recall": "recall", "macro_f1": "macro_of_met"}
    scores = counts.intervals(
        named,
        {
            "f1": entities.f1_score(truth, prediction),
            "precision": entities.precision_score(truth, prediction),
            "recall": entities.recall_score(truth, prediction),
            "macro_f1": entities.f1_score(truth, prediction, average="macro"),
        },
    )
    of_tags = of_words(truth, prediction, pool)
    scores |= of_tags.intervals({"accuracy": "micro"}, {"accuracy": entities.accuracy_score(truth, prediction)})
    return {"tags": pool, "truth": truth, "prediction": prediction, "scores": scores}


def answers(measured: Path) -> dict:
    """The F1 that SQuAD's measure gives to the first questions of metrics_answers.json."""
    cases = json.loads(measured.read_text(encoding="utf-8"))["cases"][:QUESTIONS]
    f1 = numpy.array([case["f1"] for case in cases])
    return {"questions": QUESTIONS, "scores": {"f1": percentiles(draws(QUESTIONS) @ f1 / QUESTIONS)}}


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
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = {
            "wilson": wilson,
            "bootstrap": [bootstrap(table) for table in TABLES],
            "labels": [labels(80, 4, 0), labels(40, 3, 1)],
            "tags": [plain_tags(), tags_of_entities()],
            "answers": answers(path.with_name("metrics_answers.json")),
        }
    writing.facts(path, made)
