"""Reads the cards that `cargo test --test card` leaves, with huggingface_hub as the hub does, and says what they hold."""

import argparse
import ast
import re
from pathlib import Path

from huggingface_hub import ModelCard


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="tmp/cards of the target folder, or any folder of cards")
    cards = sorted(parser.parse_args().folder.glob("*.md"))
    assert cards, "no cards there"
    for path in cards:
        card = ModelCard.load(path)
        results = card.data.eval_results or []
        for code in re.findall(r"```python\n(.*?)```", card.text, re.DOTALL):
            ast.parse(code)
        print(path.stem, card.data.library_name, card.data.pipeline_tag, card.data.base_model, len(results), "scores")


if __name__ == "__main__":
    main()
