"""Makes contrastive.json: losses of sentence-transformers over random embeddings, and their gradients."""

from pathlib import Path

import torch
from sentence_transformers.sentence_transformer import losses

import writing
from families import generator

ROWS, WIDTH = 5, 6
DIGITS = 12
SYMMETRIC = {"directions": ("query_to_doc", "doc_to_query"), "partition_mode": "per_direction"}
# Name, class, its settings, embeddings per example. The classes never ask for the model here.
CASES = (
    ("ranking pairs", losses.MultipleNegativesRankingLoss, {}, 2),
    ("ranking triplets", losses.MultipleNegativesRankingLoss, {}, 3),
    ("ranking two negatives", losses.MultipleNegativesRankingLoss, {}, 4),
    ("ranking pairs scale 5", losses.MultipleNegativesRankingLoss, {"scale": 5.0}, 2),
    ("ranking pairs symmetric", losses.MultipleNegativesRankingLoss, SYMMETRIC, 2),
    ("cosine similarity", losses.CosineSimilarityLoss, {}, 2),
    ("triplet", losses.TripletLoss, {}, 3),
)
# Eighths: the library rounds them to float32, which leaves these as they are.
SCORES = [0.0, 1.0, 0.25, 0.875, 0.5]


def columns(name: str, count: int) -> list[torch.Tensor]:
    """Anchors, texts near them, and then texts that are far from some and near to others."""
    random = generator("contrastive", name)

    def normal(width: float) -> torch.Tensor:
        # Few digits, so that what the file says is what was computed with.
        return (width * torch.randn(ROWS, WIDTH, generator=random, dtype=torch.float64)).round(decimals=3)

    anchors = normal(2.0)
    near = [anchors + normal(3.0) for _ in range(min(count, 2) - 1)]
    far = [(anchors * torch.tensor([[0.5], [-2.0], [0.9], [-1.0], [0.0]]) + normal(2.5)) for _ in range(count - 2)]
    return [column.round(decimals=4).requires_grad_() for column in (anchors, *near, *far)]


def case(name: str, kind: type, settings: dict, count: int) -> dict:
    texts = columns(name, count)
    scores = SCORES if kind is losses.CosineSimilarityLoss else None
    labels = torch.tensor(scores, dtype=torch.float64) if scores else None
    loss = kind(model=None, **settings).compute_loss_from_embeddings(texts, labels)
    loss.backward()
    return {
        "name": name,
        "class": kind.__name__,
        "embeddings": [writing.rounded(column.tolist(), DIGITS) for column in texts],
        "scores": scores,
        "loss": writing.rounded(loss.detach(), DIGITS),
        "gradients": [writing.rounded(column.grad.tolist(), DIGITS) for column in texts],
    }


def write(path: Path) -> None:
    writing.facts(path, {"scale": 20.0, "margin": 5.0, "cases": [case(*entry) for entry in CASES]})
