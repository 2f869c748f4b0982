"""Texts with marked spans → their words with tags, cut as Tabtune cuts them."""

import regex

from tables import WRAPPERS, cell

# Keys of a span's first character, of the character after its last one, and of its label.
START = ("start", "start_offset", "start_char")
END = ("end", "end_offset", "end_char")
LABEL = ("label", "labels", "type", "entity", "entity_type", "tag")

# Scripts that put no spaces between words: each letter is a word. Thai, Lao, Myanmar, Khmer, Hiragana, Katakana, Han.
SPACELESS = r"\u0E00-\u0EFF\u1000-\u109F\u1780-\u17FF\u3040-\u30FF\u31F0-\u31FF\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\U00020000-\U000323AF"
# Marks that belong to the letter before them: accents, points, vowels, tones, joiners, variation selectors.
MARKS = (
    r"\u0300-\u036F\u0591-\u05C7\u064B-\u065F\u0E31\u0E34-\u0E3A\u0E47-\u0E4E\u0EB1\u0EB4-\u0EBC\u0EC8-\u0ECE\u102B-\u103E"
    r"\u17B4-\u17D3\u1AB0-\u1AFF\u1DC0-\u1DFF\u200C-\u200D\u20D0-\u20FF\uFE00-\uFE0F\uFE20-\uFE2F"
)
# Nukta and virama, in every block of the Indic scripts.
INDIC = "".join(rf"\u{block + sign:04X}" for block in range(0x0900, 0x0E00, 0x80) for sign in (0x3C, 0x4D))
LETTER = rf"[[\p{{Alphabetic}}\p{{N}}]--[{SPACELESS}]]"
MARK = f"[{MARKS}{INDIC}]"
# A run of letters and digits, or any other character that is no white space; with the marks behind it.
WORD = regex.compile(rf"{LETTER}(?:{LETTER}|{MARK})*|\P{{White_Space}}{MARK}*", regex.V1)


def of(value, is_list: bool) -> list | None:
    """The spans in a label's cell, if it holds some; an empty list is one of tags where the text is a list, of words."""
    if isinstance(value, dict):
        value = next((value[key] for key in WRAPPERS if key in value), value)
    if not isinstance(value, list) or (not value and is_list):
        return None
    return value if not value or any(isinstance(one, (list, dict)) for one in value) else None


def tagged(text: str, spans: list, labels: list[str]) -> list[tuple[int, int, int]]:
    """The words of a text: start, end, and B- or I- and the label of the span that each lies in, or O."""
    marked = sorted({span(one, text) for one in spans})
    words, before, next_one = [], None, 0
    for word in WORD.finditer(text):
        start, end = word.span()
        while next_one < len(marked) and marked[next_one][1] <= start:
            next_one += 1
        around = marked[next_one] if next_one < len(marked) and marked[next_one][0] < end else None
        tag = f"{'I' if around is before else 'B'}-{around[2]}" if around else "O"
        words.append((start, end, labels.index(tag)))
        before = around
    return words


def span(value, text: str) -> tuple[int, int, str]:
    """Start, end and label of a span, whose offsets may count the units of UTF-16 where it carries its own text."""
    if isinstance(value, list):
        (start, end, label), own = value[:3], None
    else:
        start, end, label = (value[next(key for key in keys if key in value)] for keys in (START, END, LABEL))
        own = value.get("text")
    if isinstance(label, list):
        (label,) = label
    if isinstance(own, str) and visible(text[start:end]) != visible(own):
        bytes16 = text.encode("utf-16-le")
        start, end = (len(bytes16[: 2 * unit].decode("utf-16-le", errors="ignore")) for unit in (start, end))
    return start, end, cell(label).strip()


def visible(text: str) -> str:
    """Without white space; Label Studio writes a line break in a span as \\n."""
    return regex.sub(r"\p{White_Space}+", "", text.replace("\\n", ""))
