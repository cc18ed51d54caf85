"""The texts that both vector scripts of tokenizers share: made-up words, and what is awkward."""

from __future__ import annotations

import random

MADE_UP = (
    "the river runs under an old stone bridge where seven grey herons wait for fish while "
    "children count boats and sing about rain on the market square every morning it's they'll "
    "we're naïve café Straße über год река мост 日本語 橋の下 नदी पुल 강물 다리 שלום سلام 🚀 👩‍👩‍👧 "
    "def return import class public static final int x = y + 1; if (a != b) { c -= 2; } 0 1 2 42 "
    "1999 3.14"
)
WORDS = MADE_UP.split(" ")
SHORT = [
    "",
    " ",
    "   ",
    "\n",
    "\r\n\r\n  \t x",
    "the river runs under an old stone bridge",
]
CONTRACTIONS = "It's they'LL we'Re I'm 'tis 's 'ſ don'T y'all"
CHARACTERS = [
    "日本語のテキスト。中文，测试！한국어 \u1100\u1161\u11a8",
    "العربية ١٢٣٤ हिन्दी १२३ ไทย ๑๒๓ Ⅷ ² ½ ¼x",
    "👩‍👩‍👧‍👦 👍🏽 🇩🇪 ☺️ \U0001d400\U0001d7ce \U000e0100",
    "a\u200db\u00a0d\u2028e\u3000g\u1680h\u0085i\u180ej\ufeffk",
    "123 4567 89.01 1,234,567 1a2b 20261121",
    "\x00\x01\x1b[31m\x7f\x80\x9f\ufffd\uffff\U0010ffff",
    "    def f(x):\n        return x**2  # hi\n\n\n    \tend",
]
RUNS = [
    "a" * 300,
    " " * 100 + "x",
    "-" * 99 + "\n" * 9,
]
PLANES = [(0x20, 0x7F), (0, 0x370), (0x370, 0x1200), (0x1E00, 0x3200), (0x1F300, 0x1FB00)]


def random_texts(seed: int, count: int, mark: str) -> list[str]:
    """Returns texts of words, of odd white space and the mark, and of code points everywhere."""
    rnd = random.Random(seed)
    spaces = [" ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u3000", "'s", "'LL", " '", mark]
    texts = []
    for _ in range(count):
        parts = []
        for _ in range(rnd.randint(1, 12)):
            low, high = rnd.choice(PLANES)
            parts.append(rnd.choice([rnd.choice(WORDS), chr(rnd.randrange(low, high))]))
            parts.append(rnd.choice(["", " ", rnd.choice(spaces)]))
        texts.append("".join(parts))
    return texts
