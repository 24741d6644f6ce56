"""Make pipelines without importing every component that is installed.

Before spaCy makes any pipeline, it imports all components of all installed packages; those of
spacy-transformers alone take seconds, in every process. Here only our own are, and those that a
pipeline names. And it gives a pipeline its language's 1,600 exceptions to tokenising before it
reads the pipeline's own, which is most of the time that a small one takes.
"""

from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterable, Iterator, Mapping, Set, Union

import spacy
from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.util import load_config, registry

OURS = frozenset({"sciner", "sciner_annotator", "sciner_span_resolver"})
STANDARD = {"@tokenizers": "spacy.Tokenizer.v1"}
EMPTY = {"@tokenizers": "spacy-sciner.empty_tokenizer.v1"}
_entries: Any = registry._entry_point_factories


@registry.tokenizers(EMPTY["@tokenizers"])
def make_empty_tokenizer() -> Callable[[Language], Tokenizer]:
    """One without rules: text is cut at white space."""
    return lambda nlp: Tokenizer(nlp.vocab)


def load(pipeline: Union[str, Path]) -> Language:
    """`spacy.load` of a folder."""
    folder = Path(pipeline)
    if not (folder / "config.cfg").is_file():
        return spacy.load(pipeline)  # a package's name, or its error
    config = load_config(folder / "config.cfg")
    with only(factories_of(config)):
        if config.get("nlp", {}).get("tokenizer") != STANDARD:
            return spacy.load(folder)
        nlp = spacy.load(folder, config={"nlp": {"tokenizer": EMPTY}})
        nlp.config["nlp"]["tokenizer"] = dict(STANDARD)
        return nlp


def blank(lang: str = "en", *, tokenizes: bool = False) -> Language:
    """`spacy.blank`. Another package's component that is added later has to be imported first.

    tokenizes (bool): With the language's rules; without, for documents that are words already.
    """
    config = {} if tokenizes else {"nlp": {"tokenizer": EMPTY}}
    with only(()):
        return spacy.blank(lang, config=config)


def factories_of(config: Mapping[str, Any]) -> Set[str]:
    """The components that a config names, and those of the pipelines that it takes some from."""
    found: Set[str] = set()
    for component in config.get("components", {}).values():
        if "factory" in component:
            found.add(component["factory"])
        source = Path(component.get("source", "")) / "config.cfg"
        if "source" in component and source.is_file():
            found |= factories_of(load_config(source))
    return found


@contextmanager
def only(names: Iterable[str]) -> Iterator[None]:
    """Of the components of installed packages only these are imported inside, and our own."""
    for name in sorted(OURS.union(names)):
        if not Language.has_factory(name):
            _entries.get_entry_point(name)
    before, _entries.entry_points = _entries.entry_points, False
    try:
        yield
    finally:
        _entries.entry_points = before
