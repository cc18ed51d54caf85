"""Compares our tokenizers with the reference implementations.

    compare.py [--strings N] [--only REGEX] [--seed N] [--java COMMAND]

Makes N strings (200,000) for each vocabulary whose name or kind matches REGEX, encodes and decodes
them with the reference and with ours, and prints how many differ, with the first difference.

Exit status: 0 no difference, 1 a difference or a failed step.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE))

from file_vocabularies import VOCABULARIES as FILE_VOCABULARIES  # noqa: E402
from texts import TextMaker  # noqa: E402
from vocabularies import VOCABULARIES, Encoded, Reference, Vocabulary  # noqa: E402

sys.path.append(str(HERE.parents[1] / "mlc-native" / "scripts"))

from mlc_home import StepFailed  # noqa: E402

LIBRARIES = HERE.parents[0] / "target" / "lib" / "*"
JAVA = f"java -cp {LIBRARIES} org.mlcengine.benchmarks.tokenizers.TokenizeLines"
CHUNK = 10_000


@dataclass(frozen=True)
class Difference:
    """A text, or ids, on which the two differ."""

    what: str
    given: Any
    theirs: Any
    ours: Any


def well_formed(text: str) -> str:
    """Returns the text with U+FFFD for each surrogate without its partner."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def ask(java: Sequence[str], folder: Path, requests: Sequence[dict[str, Any]]) -> list[Any]:
    """Returns our answers, one for each request."""
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    run = subprocess.run(
        [*java, str(folder)], input=lines.encode(), stdout=subprocess.PIPE, check=False
    )
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    if run.returncode != 0 or len(answers) != len(requests):
        raise StepFailed(
            f"Expected {len(requests)} answers from '{shlex.join(java)}', found {len(answers)} and "
            f"the status {run.returncode}. Look above for its reason."
        )
    return answers


def check(
    request: dict[str, Any], encoded: Encoded, answer: dict[str, Any]
) -> Iterator[Difference]:
    """Compares what was made of a text."""
    text = request["text"]
    ids = answer["ids"]
    expected = {"ids": encoded.ids, "as_text": encoded.as_text, "around": encoded.around}
    for name, theirs in expected.items():
        ours = answer.get(name, ids)
        if theirs is not None and theirs != ours:
            yield Difference(f"encoding ({name})", text, theirs, ours)


def check_decoding(
    reference: Reference, requests: Sequence[dict[str, Any]], answers: Sequence[dict[str, Any]]
) -> Iterator[Difference]:
    """Compares what was made of ids."""
    encoded = [answer["ids"] for answer in answers]
    others = [request["decode"] for request in requests]
    for name, ids, bare in (
        ("decoded", encoded, False),
        ("bare", encoded, True),
        ("other", others, False),
        ("streamed", others, False),
        ("other_bare", others, True),
    ):
        texts = reference.decode(ids, bare)
        for given, theirs, answer in zip(ids, texts or [], answers, strict=texts is not None):
            if theirs != answer[name]:
                yield Difference(f"decoding ({name})", given, theirs, answer[name])


def compare(
    vocabulary: Vocabulary, strings: int, seed: int, java: Sequence[str]
) -> tuple[int, Difference | None]:
    """Returns the number of differences, and the first one."""
    folder = vocabulary.fetch()
    reference = vocabulary.reference(folder)
    texts = TextMaker(seed, reference.spellings())
    rnd = random.Random(seed)
    differences = 0
    first = None
    for begin in range(0, strings, CHUNK):
        requests = [
            {
                "text": texts.make(),
                "decode": [
                    rnd.randrange(reference.size() if rnd.random() < 0.5 else 300)
                    for _ in range(rnd.randint(0, 20))
                ],
            }
            for _ in range(min(CHUNK, strings - begin))
        ]
        answers = ask(java, folder, requests)
        theirs = reference.encode([well_formed(request["text"]) for request in requests])
        found = [
            difference
            for request, encoded, answer in zip(requests, theirs, answers, strict=True)
            for difference in check(request, encoded, answer)
        ]
        found += check_decoding(reference, requests, answers)
        differences += len(found)
        first = first or (found[0] if found else None)
    return differences, first


def shorten(value: Any) -> str:
    """Returns a value in at most some lines."""
    text = ascii(value)
    return text if len(text) <= 1500 else text[:1500] + "..."


def main() -> int:
    """Runs the command line."""
    parser = argparse.ArgumentParser(description="Compares tokenizers.")
    parser.add_argument("--strings", type=int, default=200_000)
    parser.add_argument("--only", type=re.compile, default=re.compile(""))
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--java", type=shlex.split, default=shlex.split(JAVA))
    arguments = parser.parse_args()
    total = 0
    print(f"seed {arguments.seed}")
    print(f"{'vocabulary':<20} {'kind':<24} {'strings':>9} {'differences':>12}")
    for vocabulary in [*VOCABULARIES, *FILE_VOCABULARIES]:
        if not arguments.only.search(f"{vocabulary.name} {vocabulary.kind}"):
            continue
        try:
            count, first = compare(vocabulary, arguments.strings, arguments.seed, arguments.java)
        except StepFailed as failure:
            print(f"{vocabulary.name}: {failure}", file=sys.stderr)
            return 1
        total += count
        print(
            f"{vocabulary.name:<20} {vocabulary.kind:<24} {arguments.strings:>9,} {count:>12,}",
            flush=True,
        )
        if first is not None:
            print(f"    {first.what} of {shorten(first.given)}")
            print(f"    reference: {shorten(first.theirs)}\n    ours:      {shorten(first.ours)}")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
