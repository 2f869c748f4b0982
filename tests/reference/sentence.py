"""Makes sentence/: what sentence-transformers saves beside an encoder, the vectors it gives, names of bare encoders."""

import shutil
import tempfile
from pathlib import Path

import torch
import transformers
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense, Normalize, Transformer
from sentence_transformers.sentence_transformer.modules import Pooling

import families
import writing

WIDTH, MAX_LENGTH, DIGITS = 32, 12, 9
TEXTS = (
    "the apple was very good",
    "we like sweet pie and honey with the jam of that tree, and it is not hard to say why it is so",
    "it",
    "",
)


def dense(name: str, outputs: int, activation: torch.nn.Module) -> Dense:
    layer = Dense(WIDTH, outputs, activation_function=activation)
    families.randomise(layer, families.generator("sentence", name))
    return layer


def variants() -> dict[str, list]:
    """The modules after the encoder, by the folder's name."""
    return {
        "mean": [Pooling(WIDTH)],
        "cls-normalised": [Pooling(WIDTH, pooling_mode="cls"), Normalize()],
        "linear": [Pooling(WIDTH), Normalize(), dense("linear", 3, torch.nn.Identity())],
        "projected": [Pooling(WIDTH), dense("projected", 5, torch.nn.Tanh()), Normalize()],
    }


def write_variant(folder: Path, encoder: Path, modules: list) -> list:
    """The folder without encoder, tokenizer, card and versions; returns the vectors of the texts."""
    model = SentenceTransformer(modules=[Transformer(str(encoder), max_seq_length=MAX_LENGTH), *modules], device="cpu")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        model.save(scratch, create_model_card=False)
        saved = Path(scratch)
        for name in ("modules.json", "sentence_bert_config.json"):
            shutil.copyfile(saved / name, folder / name)
        for module in sorted(path for path in saved.iterdir() if path.is_dir()):
            (folder / module.name).mkdir()
            for file in sorted(module.iterdir()):
                shutil.copyfile(file, folder / module.name / file.name)
    vectors = model.encode(list(TEXTS), convert_to_tensor=True)
    return writing.rounded(vectors.tolist(), DIGITS)


def bare(name: str) -> dict:
    """Class and tensors of a family's encoder alone."""
    model = transformers.AutoModel.from_config(families.config(families.FAMILIES[name], "bare"))
    return {"family": name, "class": type(model).__name__, "tensors": sorted(model.state_dict())}


def write(out: Path, encoder: Path) -> None:
    folder = out / "sentence"
    cases = [
        {"name": name, "vectors": write_variant(folder / name, encoder, modules)}
        for name, modules in variants().items()
    ]
    encoders = [bare(name) for name in families.FAMILIES]
    facts = {"texts": list(TEXTS), "max_length": MAX_LENGTH, "cases": cases, "encoders": encoders}
    writing.facts(folder / "vectors.json", facts)
