"""The tiny random models of every encoder family and every head, as save_pretrained of transformers writes them."""

import shutil
import zlib
from dataclasses import dataclass
from pathlib import Path

import torch
import transformers

VOCABULARY, POSITIONS, HIDDEN, INNER = 48, 40, 12, 20
SIZE = {
    "vocab_size": VOCABULARY,
    "hidden_size": HIDDEN,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": INNER,
    "max_position_embeddings": POSITIONS,
}
HEADS = {
    "sequence": transformers.AutoModelForSequenceClassification,
    "tokens": transformers.AutoModelForTokenClassification,
    "answers": transformers.AutoModelForQuestionAnswering,
    "language": transformers.AutoModelForMaskedLM,
    "sequence-multi": transformers.AutoModelForSequenceClassification,
    "sequence-regression": transformers.AutoModelForSequenceClassification,
}
COMMON_HEADS = ("sequence", "tokens", "answers", "language")
LABELS = {
    "sequence": ["apple", "pear", "quince"],
    "sequence-multi": ["red", "sweet", "ripe"],
    "sequence-regression": ["LABEL_0"],
    "tokens": ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"],
}
PROBLEMS = {
    "sequence": "single_label_classification",
    "sequence-multi": "multi_label_classification",
    "sequence-regression": "regression",
}


@dataclass(frozen=True)
class Ids:
    """The special tokens of a vocabulary; a text's own tokens lie in `first..last`, both inclusive."""

    pad: int
    cls: int
    sep: int
    mask: int
    first: int
    last: int


# Where the published vocabularies of each family put them, shrunk: first, or mask last, or all last.
BERT_IDS = Ids(pad=0, cls=1, sep=2, mask=3, first=5, last=47)
ALBERT_IDS = Ids(pad=0, cls=2, sep=3, mask=4, first=5, last=47)
ROBERTA_IDS = Ids(pad=1, cls=0, sep=2, mask=47, first=4, last=46)
DEBERTA_IDS = Ids(pad=0, cls=1, sep=2, mask=47, first=4, last=46)
MODERN_IDS = Ids(pad=46, cls=44, sep=45, mask=47, first=2, last=43)


@dataclass(frozen=True)
class Family:
    """One architecture with its settings; `types` says whether it tells two segments apart."""

    kind: str
    settings: dict
    ids: Ids
    types: bool = False
    heads: tuple[str, ...] = COMMON_HEADS


DEBERTA_V3 = {
    "relative_attention": True,
    "position_buckets": 8,
    "max_relative_positions": -1,
    "norm_rel_ebd": "layer_norm",
    "share_att_key": True,
    "pos_att_type": ["p2c", "c2p"],
    "position_biased_input": False,
    "type_vocab_size": 0,
}
DEBERTA_PLAIN = {
    **DEBERTA_V3,
    "norm_rel_ebd": "none",
    "share_att_key": False,
    "pos_att_type": ["c2p"],
    "position_biased_input": True,
    "type_vocab_size": 2,
}
DISTIL = {
    "vocab_size": VOCABULARY,
    "dim": HIDDEN,
    "n_layers": 2,
    "n_heads": 2,
    "hidden_dim": INNER,
    "max_position_embeddings": POSITIONS,
}
# Two positions go to the padding's number, from which RoBERTa and MPNet count on.
SHIFTED = {**SIZE, "max_position_embeddings": POSITIONS + 2, "pad_token_id": 1, "layer_norm_eps": 1e-5}
MODERN = {
    **SIZE,
    "num_hidden_layers": 3,
    "global_attn_every_n_layers": 2,
    "local_attention": 6,
    "pad_token_id": MODERN_IDS.pad,
    "cls_token_id": MODERN_IDS.cls,
    "bos_token_id": MODERN_IDS.cls,
    "sep_token_id": MODERN_IDS.sep,
    "eos_token_id": MODERN_IDS.sep,
}
FAMILIES = {
    "bert": Family("bert", SIZE, BERT_IDS, types=True, heads=tuple(HEADS)),
    "distilbert": Family("distilbert", DISTIL, BERT_IDS),
    "roberta": Family("roberta", {**SHIFTED, "type_vocab_size": 1}, ROBERTA_IDS),
    "electra": Family("electra", {**SIZE, "embedding_size": 8}, BERT_IDS, types=True),
    "mpnet": Family("mpnet", SHIFTED, ROBERTA_IDS),
    "albert": Family("albert", {**SIZE, "embedding_size": 8, "num_hidden_layers": 3}, ALBERT_IDS, types=True),
    "deberta-v2": Family("deberta-v2", {**SIZE, **DEBERTA_V3}, DEBERTA_IDS),
    "deberta-plain": Family("deberta-v2", {**SIZE, **DEBERTA_PLAIN}, DEBERTA_IDS),
    "modernbert": Family("modernbert", {**MODERN, "classifier_pooling": "mean"}, MODERN_IDS),
    "modernbert-cls": Family("modernbert", {**MODERN, "classifier_pooling": "cls"}, MODERN_IDS, heads=("sequence",)),
}


def generator(*names: str) -> torch.Generator:
    """A stream of its own for each fixture, so that a new one leaves the others as they are."""
    return torch.Generator().manual_seed(zlib.crc32("/".join(names).encode()))


def config(family: Family, head: str) -> transformers.PreTrainedConfig:
    more = {}
    if head in LABELS:
        names = LABELS[head]
        more = {"id2label": dict(enumerate(names)), "label2id": {name: index for index, name in enumerate(names)}}
    if head in PROBLEMS:
        more["problem_type"] = PROBLEMS[head]
    return transformers.AutoConfig.for_model(family.kind, **family.settings, **more)


def randomise(model: torch.nn.Module, random: torch.Generator) -> None:
    """Weights wide enough that every formula shows in the numbers, the padding's embedding included."""
    norms = {id(layer.weight) for layer in model.modules() if isinstance(layer, torch.nn.LayerNorm)}
    for name, parameter in sorted(model.named_parameters()):
        normal = torch.randn(parameter.shape, generator=random)
        if id(parameter) in norms:
            parameter.data = 1 + 0.2 * normal
        elif name.endswith("bias"):
            parameter.data = 0.1 * normal
        else:
            parameter.data = 0.25 * normal


def write_model(folder: Path, name: str, head: str) -> None:
    """config.json and model.safetensors of one family with one head."""
    model = HEADS[head].from_config(config(FAMILIES[name], head))
    randomise(model, generator(name, head, "weights"))
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)  # The library writes it for the owner alone.


def load_model(folder: Path, head: str, **more) -> torch.nn.Module:
    """The model of a folder, in float32 and without dropout; more are settings of from_pretrained."""
    model, info = HEADS[head].from_pretrained(folder, dtype=torch.float32, output_loading_info=True, **more)
    assert not any(info.values()), (folder, info)
    return model.eval()
