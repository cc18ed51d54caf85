"""Makes texts of every kind to compare tokenizers with."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

LAST_CODE_POINT = 0x10FFFF
SURROGATES = range(0xD800, 0xE000)
SPACES = [" ", "  ", "   ", "\n", "\r\n", "\t", "\n\n", "\u00a0", "\u3000", "\u2028", "\u200b"]
ENGLISH = (
    "the river runs under an old stone bridge where seven grey herons wait for fish while "
    "children count boats It's they'LL we've I'm don't you'd WE'RE o'clock e.g. U.S.A. "
    "Mr. Smith's -- (well) "
    '"quoted" naïve café résumé cooperation unbelievable antidisestablishmentarianism'
).split(" ")
OTHER_LANGUAGES = (
    "Straße über год река мост это Привет мир ελληνικά γλώσσα 日本語 橋の下 漢字かな交じり文 "
    "中文 测试 한국어 다리 강물 नदी पुल हिन्दी தமிழ் "
    "ไทย ภาษา עברית שלום العربية سلام ١٢٣ ქართული հայերեն አማርኛ "
    "İstanbul ıssız Æsir łódź ǅ ﬁne ﬀ ⅷ ½ ² ＡＢＣ ｶﾞ ㈱ "
    "\u1100\u1161\u11a8 e\u0301 o\u0308\u0323 \u1e9b\u0323"
).split(" ")
CODE = (
    "def return import class public static final int x = y + 1; if (a != b) { c -= 2; } // TODO "
    "#include <stdio.h> for(;;) a->b::c [0] {} => ... === !== && || ## @a $x %d \\n \\t \\u0041 "
    "0x1F f'{x}' `y` <div class='z'> </div> http://a.b/c?d=e&f#g user@example.com 3.14 1e-9 "
    "SELECT * FROM"
).split(" ")
EMOJI = (
    "🚀 👩‍👩‍👧‍👦 👍🏽 🇩🇪 🇩🇪🇫🇷 ☺️ ☺ ❤️‍🔥 🏴\U000e0067\U000e0062\U000e007f 1️⃣ 🫱🏻‍🫲🏿 𝒳 𝔘 𝟙 🀄"
).split(" ")
RUNS = [
    " ",
    "a",
    "A",
    "1",
    "-",
    "\n",
    "橋",
    "🚀",
    "\u0301",
    "ab",
    "1a",
    " a",
    "\t ",
    "ا",
    "▁",
    "'",
    "Ġ",
]
BLOCKS = [(0x20, 0x7F), (0, 0x250), (0x250, 0x600), (0x600, 0x1200), (0x1200, 0x2000)]
BLOCKS += [(0x2000, 0x3200), (0x3200, 0xA000), (0xA000, 0xD800), (0xE000, 0x10000)]
BLOCKS += [(0x10000, 0x11000), (0x11000, 0x20000), (0x1F000, 0x1FB00), (0x20000, 0x32000)]
BLOCKS += [(0xE0000, 0xE0200), (0, LAST_CODE_POINT)]


class TextMaker:
    """Makes texts; the same seed and spellings give the same texts."""

    def __init__(self, seed: int, spellings: Sequence[str]) -> None:
        """Takes the spellings of special tokens, whole and in parts of which texts are made."""
        self._random = random.Random(seed)
        self._spellings = list(spellings) or ["<s>"]
        self._code_point = 0
        self._kinds: list[Callable[[], str]] = [
            self._words,
            self._words,
            self._any_characters,
            self._mixture,
            self._mixture,
            self._long_run,
            self._digits,
            self._marks,
            self._controls,
            self._special_tokens,
            self._no_spaces,
            self._code_points,
        ]

    def make(self) -> str:
        """Returns the next text."""
        return self._random.choice(self._kinds)()

    def _join(self, words: Sequence[str], count: int) -> str:
        rnd = self._random
        parts = []
        for _ in range(count):
            parts.append(rnd.choice(words))
            parts.append(" " if rnd.random() < 0.8 else rnd.choice(["", *SPACES]))
        text = "".join(parts)
        return text if rnd.random() < 0.3 else text.strip(" ")

    def _words(self) -> str:
        words = self._random.choice([ENGLISH, OTHER_LANGUAGES, CODE, ENGLISH + OTHER_LANGUAGES])
        return self._join(words, self._random.randint(1, 30))

    def _character(self) -> str:
        rnd = self._random
        low, high = rnd.choice(BLOCKS)
        return chr(rnd.randrange(low, high))

    def _any_characters(self) -> str:
        return "".join(self._character() for _ in range(self._random.randint(1, 25)))

    def _mixture(self) -> str:
        rnd = self._random
        parts = []
        for _ in range(rnd.randint(1, 15)):
            pool = rnd.choice([ENGLISH, OTHER_LANGUAGES, CODE, EMOJI, SPACES, SPACES])
            part = rnd.choice(pool)
            if rnd.random() < 0.2:
                part = part[: rnd.randint(1, len(part))]
            parts.append(self._character() if rnd.random() < 0.15 else part)
        return "".join(parts)

    def _long_run(self) -> str:
        rnd = self._random
        count = rnd.choice([3, 10, 63, 64, 65, 100, 300])
        run = rnd.choice(RUNS) * count
        return rnd.choice(["", "x", " "]) + run + rnd.choice(["", "x", " x", rnd.choice(ENGLISH)])

    def _digits(self) -> str:
        rnd = self._random
        signs = "0123456789" * 3 + ".,- eE/:xabc٣२²½"
        return "".join(rnd.choice(signs) for _ in range(rnd.randint(1, 40)))

    def _marks(self) -> str:
        rnd = self._random
        marks = (
            "\u0300\u0301\u0308\u0323\u0334\u0345\u034f\u064b\u0651\u093c\u094d\u200d\ufe0f\u3099"
        )
        letters = "aeoEnü ɑкがकل한1"
        return "".join(
            rnd.choice(letters) + "".join(rnd.choice(marks) for _ in range(rnd.randint(0, 4)))
            for _ in range(rnd.randint(1, 15))
        )

    def _controls(self) -> str:
        rnd = self._random
        controls = [
            chr(c) for c in [*range(0x20), *range(0x7F, 0xA1), 0xAD, 0xFEFF, 0xFFFD, 0xFFFF]
        ]
        controls += [
            "\u200e",
            "\u202e",
            "\u2066",
            "\ue000",
            "\U000f0000",
            "\ud800",
            "\udfff",
            "\ud83d",
        ]
        return "".join(
            rnd.choice(controls) if rnd.random() < 0.5 else rnd.choice(["a", " ", "Word", "1"])
            for _ in range(rnd.randint(1, 20))
        )

    def _special_tokens(self) -> str:
        rnd = self._random
        parts = []
        for _ in range(rnd.randint(1, 8)):
            spelling = rnd.choice(self._spellings)
            cut = rnd.random()
            if cut < 0.25:
                spelling = spelling[: rnd.randint(1, len(spelling))]
            elif cut < 0.4:
                spelling = spelling[rnd.randrange(len(spelling)) :]
            parts.append(spelling)
            parts.append(rnd.choice(["", "", " ", "  ", "\n", "a", "é", rnd.choice(ENGLISH)]))
        return "".join(parts)

    def _no_spaces(self) -> str:
        rnd = self._random
        pool = rnd.choice([ENGLISH, OTHER_LANGUAGES, CODE])
        return "".join(rnd.choice(pool) for _ in range(rnd.randint(20, 100)))

    def _code_points(self) -> str:
        """The next code points of all, in two surroundings."""
        first = self._code_point
        self._code_point = (first + 16) % (LAST_CODE_POINT + 1)
        chars = [chr(c) for c in range(first, first + 16) if c not in SURROGATES]
        return "".join(f"a{c} {c}" for c in chars)
