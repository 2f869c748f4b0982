"""Accuracy with few examples per class: TF-IDF, a frozen encoder, and an encoder trained on pairs as SetFit does."""

import argparse
import json
import time
from pathlib import Path

import torch
from sentence_transformers.sentence_transformer.losses import CosineSimilarityLoss
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from transformers import AutoModel, AutoTokenizer, get_linear_schedule_with_warmup, logging

import encoder
import recipe
from draws import draw, read

MAX_LENGTH = 64
# SetFit's defaults (Tunstall et al. 2022, arXiv 2209.11055): pairs per example of each sort, rows of pairs, rate.
ROUNDS, PAIRS_AT_ONCE, RATE = 20, 16, 2e-5


class Body:
    """A sentence encoder: mean over the real tokens, then length 1."""

    def __init__(self, folder: Path):
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModel.from_pretrained(folder, dtype=torch.float32, add_pooling_layer=False)

    def embed(self, texts: list[str]) -> torch.Tensor:
        ids = self.tokenizer(texts, truncation=True, max_length=MAX_LENGTH, padding=False)["input_ids"]
        batch = recipe.pad(ids)
        hidden = self.model(**batch).last_hidden_state
        mask = batch["attention_mask"].unsqueeze(-1)
        mean = (hidden * mask).sum(dim=1) / mask.sum(dim=1)
        return torch.nn.functional.normalize(mean, dim=-1)

    @torch.no_grad()
    def features(self, texts: list[str]):
        """All embeddings `[N, H]`, read shortest first, which wastes the least on padding."""
        self.model.eval()
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        blocks = [order[start : start + 64] for start in range(0, len(order), 64)]
        found = torch.cat([self.embed([texts[row] for row in block]) for block in blocks])
        return found[torch.tensor(order).argsort()].numpy()


def draw_pairs(labels: list[str], rounds: int, random: torch.Generator) -> list[tuple[int, int, float]]:
    """For each example, so many times, one of its own class (1) and one of another (0), in random order."""
    pairs = []

    def pick(rows: list[int]) -> int:
        return rows[int(torch.randint(len(rows), (), generator=random))]

    for row, label in enumerate(labels):
        same = [other for other, name in enumerate(labels) if name == label and other != row]
        others = [other for other, name in enumerate(labels) if name != label]
        for _ in range(rounds):
            pairs += [(row, pick(same), 1.0), (row, pick(others), 0.0)]
    return [pairs[index] for index in torch.randperm(len(pairs), generator=random).tolist()]


def train_pairs(body: Body, texts: list[str], labels: list[str], budget: int, seed: int) -> int:
    """One pass over the pairs, at most `budget` of them, towards cosine 1 or 0; the number of pairs."""
    torch.manual_seed(seed)
    pairs = draw_pairs(labels, ROUNDS, torch.Generator().manual_seed(seed))[:budget]
    steps = -(-len(pairs) // PAIRS_AT_ONCE)
    optimizer = recipe.adamw(body.model, RATE)
    schedule = get_linear_schedule_with_warmup(optimizer, -(-steps // 10), steps)
    criterion = CosineSimilarityLoss(model=None)
    body.model.train()
    for start in range(0, len(pairs), PAIRS_AT_ONCE):
        left, right, scores = zip(*pairs[start : start + PAIRS_AT_ONCE])
        both = body.embed([texts[row] for row in left + right])
        loss = criterion.compute_loss_from_embeddings(list(both.chunk(2)), torch.tensor(scores))
        loss.backward()
        recipe.update(body.model, optimizer)
        schedule.step()
    return len(pairs)


def judge(train, labels: list[str], test, wanted: list[str], strength: float) -> dict:
    model = LogisticRegression(C=strength, max_iter=2000).fit(train, labels)
    guesses = model.predict(test)
    accuracy = sum(guess == label for guess, label in zip(guesses, wanted)) / len(wanted)
    return {"accuracy": accuracy, "macro_f1": f1_score(wanted, guesses, average="macro")}


def tell(method: str, count: int, seed: int, scores: dict, begun: float) -> None:
    line = {"method": method, "per_class": count, "seed": seed, **scores, "seconds": time.perf_counter() - begun}
    print(json.dumps({key: round(v, 4) if isinstance(v, float) else v for key, v in line.items()}), flush=True)


def run(folder: Path, options) -> None:
    """One JSON object per method, size and seed."""
    texts, labels = read(options.train, options.text, options.label)
    test, wanted = read(options.test, options.text, options.label)
    grids = {
        "tfidf words 1-2": TfidfVectorizer(ngram_range=(1, 2)),
        "tfidf characters 2-5": TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5)),
    }
    frozen = Body(folder)
    features, test_features = frozen.features(texts), frozen.features(test)
    for count in options.per_class:
        for seed in range(options.seeds):
            rows = draw(labels, count, seed)
            few, names = [texts[row] for row in rows], [labels[row] for row in rows]
            for method, grid in grids.items():
                begun = time.perf_counter()
                train = grid.fit_transform(few)
                tell(method, count, seed, judge(train, names, grid.transform(test), wanted, 10.0), begun)
            begun = time.perf_counter()
            tell("frozen", count, seed, judge(features[rows], names, test_features, wanted, 10.0), begun)
            if not options.pairs or count > options.pairs_up_to:
                continue
            begun = time.perf_counter()
            body = Body(folder)
            pairs = train_pairs(body, few, names, options.pairs, seed)
            train, tested = body.features(few), body.features(test)
            for strength in (1.0, 10.0):
                scores = {"pairs": pairs, **judge(train, names, tested, wanted, strength)}
                tell(f"pairs C={strength:g}", count, seed, scores, begun)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("train", type=Path, help="CSV to learn from")
    parser.add_argument("--test", type=Path, required=True, help="CSV to measure on")
    parser.add_argument("--model", type=Path, help="encoder folder or wheel; all-MiniLM-L6-v2 if not given")
    parser.add_argument("--text", default="text", help="column of the texts")
    parser.add_argument("--label", default="label", help="column of the labels")
    parser.add_argument("--per-class", type=int, nargs="+", default=[8, 16, 32, 64])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=2560, help="pairs to train on at most; 0 leaves that method out")
    parser.add_argument("--pairs-up-to", type=int, default=64, help="examples per class up to which pairs are trained")
    options = parser.parse_args()
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    with encoder.folder(options.model) as folder:
        run(folder, options)


if __name__ == "__main__":
    main()
