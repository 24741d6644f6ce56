"""What a language model is asked for: all there is in a text, or the entities of given labels."""

import re
from typing import Dict, List, Mapping

_LINE_END = re.compile(r"[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
Messages = List[Dict[str, str]]
SEPARATOR = "<>"
NOTHING = "none"  # what it is to answer where nothing is

_OPEN = """\
You read a paragraph of a scientific text and write down everything that it speaks of.

Find as many entities, concepts and ideas as you can: methods, data, quantities, tools, materials, \
organisms, people, places, tasks, properties, and whatever else is there. Invent the type of each \
yourself, as precise as the text allows, in one to four words.

Write one line for each, and nothing else:
entity <> type <> description

entity: the very words of the text, copied without any change.
type: what the entity is an example of.
description: one short sentence that says what this type means.

If there is nothing, write: none"""

_CLOSED = """\
You read a paragraph of a scientific text and mark the entities of these types, and of no other:

{labels}

Write one line for each, and nothing else:
entity <> type

entity: the very words of the text, copied without any change, and no more of them than name it.
type: one of {names}.

If there is nothing, write: none"""


def open_prompt(text: str) -> Messages:
    """All that is there, with types of the model's own invention.

    SOURCE: arXiv 2402.15343, section 3; the words are ours.
    """
    return _messages(_OPEN, text)


def closed_prompt(text: str, meanings: Mapping[str, str]) -> Messages:
    """meanings (Mapping[str, str]): What each label means."""
    labels = "\n".join(f"- {label}: {meaning}" for label, meaning in meanings.items())
    return _messages(_CLOSED.format(labels=labels, names=", ".join(meanings)), text)


def _messages(instructions: str, text: str) -> Messages:
    # An answer's lines end where the text's would: what it copies would be cut in two.
    asked = _LINE_END.sub(" ", text)
    return [{"role": "system", "content": instructions}, {"role": "user", "content": asked}]
