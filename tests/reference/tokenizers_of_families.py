"""Makes a tiny tokenizer for every family of encoders, as transformers builds it, and what it says to ugly texts."""

import json
import os
import struct
import tempfile
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    AlbertTokenizer,
    AutoTokenizer,
    BertTokenizer,
    CamembertTokenizer,
    DebertaV2Tokenizer,
    MPNetTokenizer,
    PreTrainedTokenizerFast,
    RobertaTokenizer,
    XLMRobertaTokenizer,
)

import tiny
import ugly
import writing

# Sentences whose words agree between a text and its list of words: one space between them, nothing that joins.
TAGGED = [
    "The pear is ripe and juicy .",
    "unhappiness of Quinces , in the strasse",
    "Café naïve 😀 日本語 Ёлка ( jam )",
    "x",
    "they said : best-ever film_2 of 1999 !",
    "",
]
QUESTION = "which fruit is great?"
CONTEXT = (
    "The apple pie — with honey — is good; the pear jam is not.\n\nNobody asked about quinces… "
    "Größe 語 😀👩‍👩‍👧‍👦 unhappiness, juiciness  and   freshest fruit! Which one would they want? "
)
# max_length, stride; the last have one window alone.
WINDOWS = [(29, 0), (37, 5), (64, 16), (1000, 3)]
NAMED = {"unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
PAIR_CUTS = [None, "longest_first", "only_first", "only_second"]
PAIR_LENGTHS = [5, 12, 13, 20, 31]


def charsmap(rules: dict[str, str]) -> bytes:
    """Rules from characters to characters, compiled as SentencePiece does: a double array, then the replacements."""
    replacements, trie = bytearray(), {}
    for source, target in rules.items():
        node = trie
        for byte in source.encode():
            node = node.setdefault(byte, {})
        node[0] = len(replacements)
        replacements += target.encode() + b"\0"
    units, taken = {0: 0}, {0}

    def place(node: dict, at: int) -> None:
        base = next(base for base in range(1, 1 << 20) if all((at ^ base ^ label) not in taken for label in node))
        units[at] = units[at] & ~(((1 << 22) - 1) << 10) | base << 10 | (1 << 8 if 0 in node else 0)
        taken.update(at ^ base ^ label for label in node)
        for label, child in node.items():
            units[at ^ base ^ label] = child | 1 << 31 if label == 0 else label
        for label, child in node.items():
            if label != 0:
                place(child, at ^ base ^ label)

    place(trie, 0)
    table = b"".join(struct.pack("<I", units.get(at, 0)) for at in range(max(units) + 256))
    return struct.pack("<I", len(table)) + table + bytes(replacements)


CHARSMAP = charsmap(
    {"ﬁ": "fi", "ﬂ": "fl", "…": "...", "Ａ": "A", "é": "é", "①": "1", "\u3000": " ", "\u00a0": " ", "\t": " "}
    | {"\n": " ", "\r": " ", "\u200b": " ", "\u00ad": "", "㊗": "祝", "½": "1/2", "語": "語"}
)


def pieces(specials: list[str]) -> list[tuple[str, float]]:
    """A Unigram vocabulary: the special tokens, whole words, pieces and letters, the rarer the later."""
    words = [f"▁{word}" for word in tiny.WORDS + ["The", "x"]] + ["▁", "er", "est", "ing", "ed", "un", "ness", "s", "."]
    letters = list("abcdefghijklmnopqrstuvwxyz0123456789ABCLTS") + list("!?,;:-_'\"()[]#/&=<>éüß…日本語我愛ЁПрлкаж")
    listed = dict.fromkeys(words + letters)
    return [(token, 0.0) for token in specials] + [(token, -4 - rank / 32) for rank, token in enumerate(listed)]


def byte_pairs(specials: list[str], size: int) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """A byte-level BPE trained on the words; their order sets how often each one is seen."""
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=specials, initial_alphabet=sorted(alphabet), show_progress=False
    )
    text = [f"{word} " * (len(tiny.WORDS) - rank) for rank, word in enumerate(tiny.WORDS)]
    learner.train_from_iterator(text, trainer)
    model = json.loads(learner.to_str())["model"]
    return model["vocab"], [tuple(merge) for merge in model["merges"]]


def mpnet() -> MPNetTokenizer:
    """BERT's vocabulary after four tokens of fairseq's, as in microsoft/mpnet-base: `[PAD]` is an ordinary word."""
    tokens = ["<s>", "<pad>", "</s>", "<unk>", *tiny.vocabulary(), "<mask>"]
    return MPNetTokenizer(vocab={token: index for index, token in enumerate(tokens)})


def roberta(add_prefix_space: bool = False, trim_offsets: bool = True) -> RobertaTokenizer:
    vocab, merges = byte_pairs(["<s>", "<pad>", "</s>", "<unk>", "<mask>"], 340)
    mask = AddedToken("<mask>", lstrip=True, special=True)
    return RobertaTokenizer(
        vocab=vocab, merges=merges, mask_token=mask, add_prefix_space=add_prefix_space, trim_offsets=trim_offsets
    )


def modernbert() -> PreTrainedTokenizerFast:
    """Byte-level BPE with BERT's special tokens, and runs of spaces as added tokens."""
    specials = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]
    vocab, merges = byte_pairs(specials, 340)
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True, use_regex=True)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[(token, vocab[token]) for token in ("[CLS]", "[SEP]")],
    )
    tokenizer.add_special_tokens([AddedToken(token, lstrip=token == "[MASK]") for token in specials])
    tokenizer.add_tokens([AddedToken(" " * length, normalized=True) for length in (4, 3, 2)])
    names = {"unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "pad": "[PAD]", "mask": "[MASK]"}
    named = {f"{name}_token": token for name, token in names.items()}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **named)


def xlm_roberta() -> XLMRobertaTokenizer:
    """With the normalizer that converted files have: precompiled characters, then one space for several."""
    vocab = [*pieces(["<s>", "<pad>", "</s>", "<unk>"]), ("<mask>", 0.0)]
    mask = AddedToken("<mask>", lstrip=True, special=True)
    tokenizer = XLMRobertaTokenizer(vocab=vocab, mask_token=mask)
    tokenizer.backend_tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Precompiled(CHARSMAP), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    return tokenizer


def camembert() -> CamembertTokenizer:
    specials = ["<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED", "<s>", "</s>"]
    return CamembertTokenizer(vocab=[*pieces(specials), ("<mask>", 0.0)], _spm_precompiled_charsmap=CHARSMAP)


def albert() -> AlbertTokenizer:
    mask = AddedToken("[MASK]", lstrip=True, special=True)
    vocab = pieces(["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"])
    return AlbertTokenizer(vocab=vocab, mask_token=mask, _spm_precompiled_charsmap=CHARSMAP)


def deberta() -> DebertaV2Tokenizer:
    return DebertaV2Tokenizer(vocab=[*pieces(["[PAD]", "[CLS]", "[SEP]", "[UNK]"]), ("[MASK]", 0.0)], unk_id=3)


FAMILIES = {
    "mpnet": mpnet,
    "roberta": roberta,
    "roberta_untrimmed": lambda: roberta(add_prefix_space=True, trim_offsets=False),
    "modernbert": modernbert,
    "xlm_roberta": xlm_roberta,
    "camembert": camembert,
    "albert": albert,
    "deberta": deberta,
}


def row(encoded, index: int = 0) -> dict:
    """One encoding: `types` and `texts` have a letter per token; a dot is a token of neither text."""
    tokens = encoded.encodings[index]
    return {
        "ids": tokens.ids,
        "types": "".join(map(str, tokens.type_ids)),
        "texts": "".join("." if text is None else str(text) for text in tokens.sequence_ids),
        "offsets": [end for offset in tokens.offsets for end in offset],
    }


def singles(tokenizer) -> list[dict]:
    """Every text whole and, where it is longer, cut; the 5,000 words only cut."""
    cases = []
    for text in ugly.TEXTS:
        whole = tokenizer(text)
        if text is not ugly.LONG:
            cases.append({"text": text, "max_length": None, **row(whole)})
        if len(whole["input_ids"]) > 12:
            cut = tokenizer(text, truncation=True, max_length=12)
            cases.append({"text": text, "max_length": 12, **row(cut)})
    return cases


def pairs(tokenizer) -> list[dict]:
    """Every text with another one; without `ids` where the library finds that the cut text is too short to be cut."""
    cases = []
    texts = ugly.TEXTS[:-1]
    for index, first in enumerate(texts):
        second = texts[(7 * index + 3) % len(texts)]
        cut = PAIR_CUTS[index % len(PAIR_CUTS)]
        length = None if cut is None else PAIR_LENGTHS[index // 4 % len(PAIR_LENGTHS)]
        case = {"first": first, "second": second, "cut": cut, "max_length": length}
        try:
            # As lists: a second text without letters would otherwise count as none.
            encoded = tokenizer([first], [second], truncation=cut or False, max_length=length)
            cases.append({**case, **row(encoded)})
        except Exception as error:
            assert "too short" in str(error), error
            cases.append({**case, "ids": None})
    # Where both are cut, the longer one keeps one more token than the other if their number is odd.
    for first, second in [(" pear" * 30, " jam" * 40), (" pear" * 40, " jam" * 30), (" pear" * 30, " jam" * 30)]:
        for length in range(9, 15):
            encoded = tokenizer(first, second, truncation="longest_first", max_length=length)
            cases.append({"first": first, "second": second, "cut": "longest_first", "max_length": length, **row(encoded)})
    return cases


def windows(tokenizer) -> list[dict]:
    """Windows of a context beside its question, and alone. Without types where the model gets none: for later windows the
    library does not keep to its template there."""
    typed = "token_type_ids" in tokenizer.model_input_names
    cases = []
    for max_length, stride in WINDOWS:
        encoded = tokenizer(
            QUESTION,
            CONTEXT,
            truncation="only_second",
            max_length=max_length,
            stride=stride,
            return_overflowing_tokens=True,
        )
        alone = tokenizer(CONTEXT, truncation=True, max_length=max_length, stride=stride, return_overflowing_tokens=True)
        case = {"max_length": max_length, "stride": stride}
        for name, encoded in (("windows", encoded), ("alone", alone)):
            rows = [row(encoded, index) for index in range(len(encoded["input_ids"]))]
            case[name] = [{**each, "types": each["types"] if typed else None} for each in rows]
        cases.append(case)
    return cases


def words(tokenizer) -> list[dict]:
    """Sentences as lists of words, as run_ner.py hands them over: each token's word, -1 for special ones."""
    cases = []
    for sentence in TAGGED:
        listed = sentence.split()
        for max_length in (None, 8):
            encoded = tokenizer(
                listed, is_split_into_words=True, truncation=max_length is not None, max_length=max_length
            )
            places = [-1 if word is None else word for word in encoded.word_ids()]
            cases.append({"words": listed, "max_length": max_length, "ids": encoded["input_ids"], "places": places})
    return cases


def of_vocab(vocab: str | None, config: dict | None, tiny_vocab: str) -> dict:
    """What transformers makes of a folder that has only vocab.txt, with or without tokenizer_config.json."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "vocab.txt").write_bytes((vocab or tiny_vocab).encode())
        if config is None:
            tokenizer = BertTokenizer(str(folder / "vocab.txt"))
        else:
            (folder / "tokenizer_config.json").write_text(json.dumps(config))
            tokenizer = AutoTokenizer.from_pretrained(folder)
        tokenizer.backend_tokenizer.no_truncation()
        texts = ugly.TEXTS[:-1:3]
        return {
            "vocab": vocab,
            "config": config,
            "special": sorted(tokenizer.all_special_ids),
            "texts": texts,
            "ids": [tokenizer(text)["input_ids"] for text in texts],
            "file": json.loads(tokenizer.backend_tokenizer.to_str()),
        }


def vocabs(tiny_vocab: str) -> list[dict]:
    token = {"__type": "AddedToken", "lstrip": False, "normalized": False, "rstrip": False, "single_word": False}
    bert = {"tokenizer_class": "BertTokenizer"}
    fairseq = "<s>\n<pad>\n</s>\n<unk>\n" + tiny_vocab + "<mask>\n"
    messy = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\r\napple\r\npear \n\n\u3000\n\u2028x\na\rb\n##s\nlast\u00a0"
    mask = {**token, "content": "[MASK]", "lstrip": True, "special": True}
    saved = {str(6 + place): {**token, "content": name, "special": True} for place, name in enumerate(NAMED.values())}
    saved |= {"9": mask, "0": {**token, "content": "[PAD]", "special": True}}
    saved |= {"300": {**token, "content": "fruit salad"}, "3": {**token, "content": "[unused2]", "normalized": True}}
    return [
        of_vocab(*case, tiny_vocab)
        for case in (
            (None, None),
            (messy, None),
            (None, {**bert, "do_lower_case": False}),
            (None, {**bert, "do_lower_case": True, "strip_accents": False, "tokenize_chinese_chars": False}),
            (None, {"tokenizer_class": "DistilBertTokenizer", "strip_accents": True, "do_lower_case": False}),
            (None, {**bert, "mask_token": mask, "pad_token": {**token, "content": "[unused0]"}}),
            (None, {**bert, "additional_special_tokens": ["[unused1]", "<num>"]}),
            (None, {**bert, **NAMED, "pad_token": "[PAD]", "mask_token": "[MASK]", "added_tokens_decoder": saved}),
            (fairseq, {"tokenizer_class": "MPNetTokenizer"}),
        )
    ]


def write(folder: Path, bert: Path) -> None:
    """A folder per family with tokenizer.json, and its facts beside; BERT's is that of tiny-bert."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    folder.mkdir(exist_ok=True)
    made = {"bert": AutoTokenizer.from_pretrained(bert)} | {name: make() for name, make in FAMILIES.items()}
    for name, tokenizer in made.items():
        file = tokenizer.backend_tokenizer.to_str()
        if name != "bert":
            (folder / f"{name}.tokenizer.json").write_text(file + "\n", encoding="utf-8")
        facts = {
            "pad": tokenizer.pad_token_id,
            "mask": tokenizer.mask_token_id,
            "special": sorted(tokenizer.all_special_ids),
            "question": QUESTION,
            "context": CONTEXT,
            "singles": singles(tokenizer),
        }
        # The second RoBERTa differs from the first only in what one text shows.
        if name != "roberta_untrimmed":
            facts |= {"pairs": pairs(tokenizer), "windows": windows(tokenizer)}
        # Byte-level BPE of single words needs the space that stands before them.
        if name not in ("roberta", "modernbert"):
            facts["words"] = words(tokenizer)
        writing.facts(folder / f"{name}.json", facts)
    tiny_vocab = (bert / "vocab.txt").read_text(encoding="utf-8")
    writing.facts(folder / "vocab.json", {"cases": vocabs(tiny_vocab)})
