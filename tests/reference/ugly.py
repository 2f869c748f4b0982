"""Makes the lists of ugly texts with the ids that transformers' tokenizer gives them, cut at several lengths."""

import os
from pathlib import Path

from tokenizers import Tokenizer
from transformers import AutoTokenizer

import writing

LENGTHS_TINY = [3, 8, 64]
LENGTHS_MINILM = [5, 32, 128]
LONG = " ".join(("a", "of", "it", "7", "is", "x", "to")[index % 7] for index in range(5000))

TEXTS = [
    # Nothing, and nothing to see.
    "",
    " ",
    "\t",
    "\n",
    "\r\n",
    "   \t \n  \r ",
    "\u00a0\u2003\u3000",
    "\u200b",
    "\ufeff",
    "\u00ad",
    "\u200d\u200c\u2060",
    # Control and format characters, inside and around words.
    "\x00",
    "nul\x00inside",
    "bell\x07 and esc\x1b[31mred\x1b[0m",
    "\x7f\x80\x9f",
    "tab\tnew\nline\rreturn\x0bvertical\x0cfeed",
    "soft\u00adhyphen",
    "zero\u200bwidth\u200bspace",
    "\ufeffbyte order mark",
    "line\u2028paragraph\u2029separator",
    "left\u202eright\u202c override",
    "next\x85line",
    # Accents: composed, decomposed, piled up, and letters that only look accented.
    "Café naïve résumé",
    "Cafe\u0301 nai\u0308ve re\u0301sume\u0301",
    "Z\u0351\u036b\u0343a\u0321\u034al\u0355\u0310g\u0323o\u0324",
    "ÀÉÎÕÜ àéîõü Åå Øø Łł Đđ",
    "Straße STRASSE ẞ",
    "İstanbul ISPARTA ısı iğne",
    "ﬁne ﬂow ﬀ",
    "ǅ ǈ Ǌ",
    "\u2126 \u212b \u212a",
    "Ἀχιλλεύς",
    # Scripts.
    "我愛日本語",
    "apple苹果pie日本",
    "ひらがな カタカナ ﾊﾝｶｸ",
    "한국어 텍스트",
    "\u1112\u1161\u11ab\u1100\u116e\u11a8 \u1100\u1161",
    "سلام عليكم، كيف الحال؟",
    "שָׁלוֹם עוֹלָם",
    "नमस्ते दुनिया",
    "สวัสดีชาวโลก",
    "Привет, мир! Ёлка и ёж",
    "𠀀𪜶 豈更",
    "㐀㊗①Ⅷ½",
    # Emoji: plain, with skin, joined, flags, keycaps.
    "😀😀 ❤️ 🍐pear",
    "👩‍👩‍👧‍👦 👩🏽‍🚀",
    "🇩🇪🇫🇷 1️⃣ #️⃣",
    # The edges of Unicode: private use, noncharacters, replacement, beside the surrogates, the last one.
    "\ue000 \uf8ff",
    "\ufffd\ufffe\uffff",
    "\ud7ff\ue000",
    "\U0010ffff \U0001fffe",
    "\U000e0041tag",
    # Punctuation and numbers.
    "!!!???...---___===",
    "don't can't o'clock ''quoted'' \"double\" `tick`",
    "a.b,c;d:e/f\\g|h",
    "$5.00 €3,50 50% #1 @home ^_^ ~ * + < = >",
    "“curly” ‘quotes’ «angle» „low” – — … ¿qué? ¡sí! § ¶ † ‡",
    "。！？、「」『』【】・",
    "1234567890 3.14159 1e-5 0x1F 2024-02-30 12:34:56",
    # Case and width.
    "MiXeD cAsE ALLCAPS camelCase snake_case kebab-case",
    "ＦＵＬＬ　ＷＩＤＴＨ １２３ ａｐｐｌｅ",
    "𝓯𝓪𝓷𝓬𝔂 𝗯𝗼𝗹𝗱 ⓒⓘⓡⓒⓛⓔ",
    # Words in pieces and words too long.
    "unhappiness juiciness freshest unknownable",
    "a" * 99,
    "a" * 100,
    "a" * 101,
    "apple" * 40,
    "é" * 100,
    "e\u0301" * 60,
    "http://example.org/a/very/long/path?with=query&and=more#fragment",
    "x " * 70,
    # What looks like a tokenizer's own words, and mark-up.
    "[CLS] apple [SEP] pear [MASK] [PAD] [UNK]",
    "[cls] [sep] [mask]",
    "[MASK]apple[MASK]",
    "[ MASK ] [MASK [SEP",
    "[unused1] ##ing ##s #",
    "<b>apple</b> &amp; <img src=x onerror=alert(1)> <!-- pear -->",
    '{"json": [1, null, "quince"]}',
    "<s></s> <|endoftext|> <pad>",
    "SELECT * FROM fruit; -- DROP",
    "=1+1\t'=cmd|' /C calc'!A0",
    # Plain sentences.
    "The quick brown fox jumps over the lazy dog.",
    "they said it was the best apple pie of the year, and the pear jam was great too",
    LONG,
]


def encode(folder: Path, text: str, max_length: int | None, tokenizers: tuple) -> dict:
    """One case; the tokenizer.json alone must say the same as the whole folder."""
    ours, plain = tokenizers
    encoded = ours(text, truncation=max_length is not None, max_length=max_length, padding=False)
    plain.no_padding()
    plain.no_truncation() if max_length is None else plain.enable_truncation(max_length)
    assert plain.encode(text).ids == encoded["input_ids"], (
        f"{folder}: tokenizer.json says something else on {text[:40]!r}"
    )
    return {
        "text": text,
        "max_length": max_length,
        "ids": encoded["input_ids"],
        "type_ids": encoded["token_type_ids"],
    }


def write(path: Path, folder: Path, lengths: list[int]) -> None:
    """Every text whole, and also cut at each length that is too short for it; the 5,000 words only at the largest."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    tokenizers = (AutoTokenizer.from_pretrained(folder), Tokenizer.from_file(str(folder / "tokenizer.json")))
    cases = []
    for text in TEXTS:
        whole = encode(folder, text, None, tokenizers)
        cases.append(whole)
        for length in lengths:
            if len(whole["ids"]) > length and (text is not LONG or length == max(lengths)):
                cases.append(encode(folder, text, length, tokenizers))
    writing.facts(path, {"cases": cases})
