"""Accuracy of each way of fine-tuning that the program has, with few examples per class."""

import argparse
import csv
import json
import subprocess
import tempfile
import time
from pathlib import Path

from draws import draw, read

# Epochs of full fine-tuning at 2e-4 by examples per class, each enough for some 190 steps; half of that after a head.
EPOCHS = {8: 20, 16: 20, 32: 10, 64: 6}
# Pairs of each sort per row; with more rows fewer make as many steps.
PAIRS = {8: 10, 16: 10, 32: 10, 64: 5}


def ways(count: int) -> dict[str, list[str]]:
    """Options by the name of the way."""
    strength = ["--inverse-regularization", "10"]
    epochs = EPOCHS[count]
    return {
        "usual": ["--method", "full", "--epochs", "3", "--learning-rate", "5e-5"],
        "full": ["--method", "full", "--epochs", str(epochs), "--learning-rate", "2e-4"],
        "frozen": ["--method", "frozen", *strength],
        "contrastive": ["--method", "contrastive", "--epochs", "1", "--learning-rate", "2e-5"]
        + ["--pairs-per-row", str(PAIRS[count]), *strength],
        "probe": ["--method", "probe", "--epochs", str(max(epochs // 2, 2)), "--learning-rate", "1e-4", *strength],
        "picked": ["--auto"],
    }


def tabtune(options, *words: str) -> str:
    return subprocess.run([options.tabtune, *words], check=True, capture_output=True, text=True).stdout


def accuracy(options, work: Path, chosen: list[str]) -> float:
    model = str(work / "model")
    train = ["train", "--model", str(options.model), "--data", str(work / "few.csv"), "--out", model]
    tabtune(options, *train, "--max-length", "64", "--validation-share", "0", *chosen)
    found = tabtune(options, "eval", "--model", model, "--data", str(options.test), "--json")
    return json.loads(found.strip().splitlines()[-1])["accuracy"]


def run(options) -> None:
    """One JSON object per size, seed and way."""
    texts, labels = read(options.train, "text", "label")
    for count in options.per_class:
        for seed in options.seeds:
            for way, chosen in ways(count).items():
                if options.ways and way not in options.ways:
                    continue
                begun = time.perf_counter()
                with tempfile.TemporaryDirectory() as work:
                    with (Path(work) / "few.csv").open("w", encoding="utf-8", newline="") as file:
                        writer = csv.writer(file)
                        writer.writerow(["text", "label"])
                        writer.writerows((texts[row], labels[row]) for row in draw(labels, count, seed))
                    found = accuracy(options, Path(work), chosen)
                seconds = round(time.perf_counter() - begun, 1)
                line = {"way": way, "per_class": count, "seed": seed, "accuracy": found, "seconds": seconds}
                print(json.dumps(line), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("tabtune", type=Path, help="the program, built with --release")
    parser.add_argument("train", type=Path, help="CSV to learn from, with the columns text and label")
    parser.add_argument("--test", type=Path, required=True, help="CSV to measure on")
    parser.add_argument("--model", type=Path, required=True, help="encoder folder")
    parser.add_argument("--per-class", type=int, nargs="+", default=sorted(EPOCHS), choices=sorted(EPOCHS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--ways", nargs="+", choices=sorted(ways(8)), help="only these; all if not given")
    run(parser.parse_args())


if __name__ == "__main__":
    main()
