"""Makes the tiny random BERT, the tiny classifier, their tokenizer, and the same weights in other spellings."""

import json
import shutil
import string
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification, BertModel

import writing

LABELS = ["apple", "pear", "quince"]
MAX_LENGTH = 64
SPECIAL = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
WORDS = """the of and to in is it was for on that with as are this be not have from by an at he she they we all one
there would when which their said do will how up out like time people year good now only think after even
new want day most us great bad very much love hate best worst film story book music red green sweet sour
ripe juicy fruit apple pear quince tree jam pie crisp soft hard fresh tart honey cafe naive resume uber
strasse""".split()
PIECES = """##ed ##ing ##er ##est ##ly ##able ##ness ##ment ##tion ##ful ##less ##al ##en ##es ##ous ##th
un re pre over""".split()
SYMBOLS = "。 ！ « „ ” ’ – — … € £ ° ™ ¿ √ → 😀 🍐 👩 ❤".split()
# ß, ø, æ, ł and ı keep their form when accents are stripped; é and ü do not.
LETTERS = list("ßøæłıαβωаеностій中文日本語人愛שלוםאسلامनमด가")


def vocabulary() -> list[str]:
    """[PAD] first and the other special tokens after some unused ones, as in the vocabularies that Google trained."""
    tokens = ["[PAD]"] + [f"[unused{index}]" for index in range(5)] + ["[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = list(string.ascii_lowercase + string.digits)
    tokens += list(string.punctuation) + letters + [f"##{letter}" for letter in letters]
    tokens += LETTERS + [f"##{letter}" for letter in "ßøıαβωаеностלוםسلام가"] + SYMBOLS
    tokens += WORDS + PIECES
    return list(dict.fromkeys(tokens))


def write_tokenizer(folder: Path) -> None:
    """tokenizer.json as transformers converts it from BERT's vocabulary, and the files beside it."""
    vocab = {token: index for index, token in enumerate(vocabulary())}
    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.add_special_tokens(list(SPECIAL.values()))
    tokenizer.normalizer = normalizers.BertNormalizer(
        clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[(token, vocab[token]) for token in ("[CLS]", "[SEP]")],
    )
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    (folder / "vocab.txt").write_text("".join(f"{token}\n" for token in vocab), encoding="utf-8")
    named = {f"{name}_token": token for name, token in SPECIAL.items()}
    config = {
        **named,
        "do_lower_case": True,
        "strip_accents": None,
        "tokenize_chinese_chars": True,
        "model_max_length": MAX_LENGTH,
        "tokenizer_class": "BertTokenizer",
    }
    for file, value in (("special_tokens_map.json", named), ("tokenizer_config.json", config)):
        (folder / file).write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def config(**more) -> BertConfig:
    return BertConfig(
        vocab_size=len(vocabulary()),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=MAX_LENGTH,
        type_vocab_size=2,
        layer_norm_eps=1e-12,
        **more,
    )


def randomise(model: torch.nn.Module, seed: int) -> None:
    """Weights wide enough that every formula shows in the numbers; freshly made biases and LayerNorms would hide some.

    The classifier's are small, so that the gradient's norm lies around 1, where clipping begins.
    """
    random = torch.Generator().manual_seed(seed)
    for name, parameter in sorted(model.named_parameters()):
        normal = torch.randn(parameter.shape, generator=random)
        if "LayerNorm.weight" in name:
            parameter.data = 1 + 0.2 * normal
        elif name.endswith("bias"):
            parameter.data = 0.1 * normal
        else:
            parameter.data = (0.06 if "classifier" in name else 0.2) * normal


def load_classifier(fixtures: Path) -> BertForSequenceClassification:
    """The tiny classifier in float64, without dropout, in training mode.

    Float64 makes the reference free of rounding, so that it is the same on every machine and a comparison
    in float32 measures the compared side alone.
    """
    model = BertForSequenceClassification.from_pretrained(
        fixtures / "tiny-classifier",
        dtype=torch.float32,
        attn_implementation="eager",
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        classifier_dropout=0.0,
    )
    return model.double().train()


def save(model, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    write_tokenizer(folder)


def write_variants(folder: Path, bare: dict[str, torch.Tensor]) -> None:
    """The encoder of tiny-bert as older and smaller checkpoints spell it."""
    folder.mkdir(exist_ok=True)
    positions = {"embeddings.position_ids": torch.arange(MAX_LENGTH).unsqueeze(0)}
    old = {}
    for name, tensor in {**bare, **positions}.items():
        name = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
        old[f"bert.{name}"] = tensor
    save_file(old, folder / "gamma_beta.safetensors", metadata={"format": "pt"})
    for file, kind in (("f16", torch.float16), ("bf16", torch.bfloat16)):
        small = {name: tensor.to(kind) for name, tensor in bare.items()}
        save_file(small, folder / f"{file}.safetensors", metadata={"format": "pt"})


TEXTS = [
    "The pear is ripe and juicy.",
    "a tart apple pie with honey",
    "Quince jam: hard fruit, soft story!",
    "",
    "Café naïve — ÜBER-fresh… 😀",
    "我愛日本語",
    "worst film of the year, and the music was not good",
    "best best best best best best best best best best best best best best best best best best best best best best "
    "best best best best best best best best best best best best best best best best best best best best best best "
    "best best best best best best best best best best best best best best best best best best best best best best",
    "x",
    "unknownable 12345 $%& [SEP] again",
    "سلام שלום αβγ",
    "they said it was sweet, but she would not have it",
]


def predictions(fixtures: Path) -> dict:
    """What the tiny classifier says to each text alone, cut at MAX_LENGTH tokens."""
    tokenizer = AutoTokenizer.from_pretrained(fixtures / "tiny-classifier")
    model = load_classifier(fixtures).eval()
    cases = []
    for text in TEXTS:
        batch = tokenizer(text, truncation=True, max_length=MAX_LENGTH, return_tensors="pt")
        with torch.no_grad():
            logits = model(**batch).logits[0]
        probabilities = torch.softmax(logits, dim=-1)
        label = model.config.id2label[int(logits.argmax())]
        cases.append(
            {
                "text": text,
                "label": label,
                "logits": writing.rounded(logits.tolist()),
                "probabilities": writing.rounded(probabilities.tolist()),
            }
        )
    return {"labels": LABELS, "max_length": MAX_LENGTH, "cases": cases}


def write(fixtures: Path) -> None:
    """tiny-bert holds the very encoder of tiny-classifier, without the `bert.` prefix."""
    labels = {"id2label": dict(enumerate(LABELS)), "label2id": {label: index for index, label in enumerate(LABELS)}}
    classifier = BertForSequenceClassification(config(problem_type="single_label_classification", **labels))
    randomise(classifier, seed=33)
    save(classifier, fixtures / "tiny-classifier")
    bare = BertModel(config())
    bare.load_state_dict(classifier.bert.state_dict())
    save(bare, fixtures / "tiny-bert")
    write_variants(fixtures / "variants", load_file(fixtures / "tiny-bert" / "model.safetensors"))
    for file in fixtures.glob("*/*.safetensors"):
        file.chmod(0o644)  # The library writes them for the owner alone.
    writing.facts(fixtures / "tiny-classifier" / "predictions.json", predictions(fixtures))
