"""Tables, and the few rows of each class that every program draws alike."""

import csv
from pathlib import Path

# How far the rows of one seed lie from those of the next, within each class.
STRIDE = 50


def read(path: Path, text: str, label: str) -> tuple[list[str], list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = [(row[text], row[label]) for row in csv.DictReader(file)]
    return [row[0] for row in rows], [row[1] for row in rows]


def draw(labels: list[str], count: int, seed: int) -> list[int]:
    """`count` rows of each class, from its row 50·seed on, in the file's order; so any program can draw the same."""
    rows = []
    for label in sorted(set(labels)):
        own = [row for row, name in enumerate(labels) if name == label]
        rows += [own[(STRIDE * seed + index) % len(own)] for index in range(count)]
    return rows
