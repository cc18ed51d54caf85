"""The conversation templates that `--conv-template` can name."""

import copy
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from mlc_compiler.config.vocabulary import Vocabulary
from mlc_compiler.errors import OptionError
from mlc_compiler.progress import Progress


@cache
def _templates() -> Mapping[str, Mapping[str, Any]]:
    file = resources.files("mlc_compiler.config").joinpath("conv_templates.json")
    return json.loads(file.read_text(encoding="utf-8"))


def template_names() -> list[str]:
    """All names, in the registry's order."""
    return list(_templates())


def find_template(name: str) -> dict[str, Any]:
    """A copy of a template, as MLC writes it into mlc-chat-config.json."""
    if name not in _templates():
        raise OptionError(
            f"unknown conversation template {name!r}; expected one of {', '.join(_templates())}"
        )
    return copy.deepcopy(dict(_templates()[name]))


def fit_stops(
    template: Mapping[str, Any], vocabulary: Vocabulary, progress: Progress
) -> dict[str, Any]:
    """The template with stop ids that fit the model's vocabulary.

    A template's ids belong to the model it was made for. The id of a stop string that is an added
    token is added; an id of an ordinary token, which replies contain, is dropped.
    """
    name, known = template["name"], template["stop_token_ids"]
    kept = [index for index in known if index in vocabulary.added.values()]
    for index in known:
        if index not in kept:
            progress.message(
                f"template {name}: stop id {index} is not a special token of this model, dropped"
            )
    for text in template["stop_str"]:
        index = vocabulary.added.get(text)
        if index is not None and index not in kept:
            progress.message(f"template {name}: stop id {index} ({text}) added")
            kept.append(index)
    return {**template, "stop_token_ids": kept}
