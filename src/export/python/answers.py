"""The answers that the outputs over the windows of contexts come to, and how near they are to the right ones, as in SQuAD."""

import math
import re
import string
from collections import Counter

LONGEST = 30  # tokens of an answer
CANDIDATES = 20  # likeliest first and last tokens that are paired with one another


def f1(rows: list, outputs: list, may_lack: bool) -> float:
    """Mean F1 over the words of the answers. `outputs` are those for first and for last tokens of each row; where contexts may
    lack an answer, none is given that is less likely than none."""
    best: dict[int, tuple[float, str]] = {}
    none: dict[int, float] = {}
    for row, out in zip(rows, outputs):
        best[row.origin] = max(best.get(row.origin, (-math.inf, "")), within(row, *out), key=lambda answer: answer[0])
        none[row.origin] = min(none.get(row.origin, math.inf), out[0][0] + out[1][0])
    scores = []
    for origin, example in {row.origin: row.example for row in rows}.items():
        score, text = best[origin]
        right = [example.pair[start:end] for start, end in example.answers]
        scores.append(nearness("" if may_lack and score <= none[origin] else text, right))
    return sum(scores) / max(len(scores), 1)


def within(row, starts: list[float], ends: list[float]) -> tuple[float, str]:
    """The best answer in one window: its outputs' sum and its text."""
    best = (-math.inf, "")
    for first in likeliest(starts, row.context):
        for last in likeliest(ends, row.context):
            if first <= last < first + LONGEST and starts[first] + ends[last] > best[0]:
                text = row.example.pair[row.context[first][0] : row.context[last][1]]
                best = (starts[first] + ends[last], text)
    return best


def likeliest(values: list[float], places) -> list[int]:
    return sorted(sorted(places, key=lambda place: (-values[place], place))[:CANDIDATES])


def nearness(answer: str, right: list[str]) -> float:
    """F1 over words with the nearest of the right answers; where there is none, nothing is right."""
    right = [text for text in map(normalised, right) if text] or [""]
    return max(common(normalised(answer).split(), text.split()) for text in right)


def common(answer: list[str], right: list[str]) -> float:
    if not answer or not right:
        return float(answer == right)
    return 2 * (Counter(answer) & Counter(right)).total() / (len(answer) + len(right))


def normalised(text: str) -> str:
    text = "".join(letter for letter in text.lower() if letter not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())
