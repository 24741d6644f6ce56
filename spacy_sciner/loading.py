"""Make pipelines without importing every component that is installed.

Before spaCy makes any pipeline, it imports all components of all installed packages; those of
spacy-transformers alone take seconds, in every process. Here only our own are, and those that a
pipeline names.
"""

from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterable, Iterator, Mapping, Set, Union

import spacy
from spacy.language import Language
from spacy.util import load_config, registry

OURS = frozenset({"sciner", "sciner_annotator", "sciner_span_resolver"})
_entries: Any = registry._entry_point_factories


def load(pipeline: Union[str, Path]) -> Language:
    """`spacy.load` of a folder."""
    if not (Path(pipeline) / "config.cfg").is_file():
        return spacy.load(pipeline)  # a package's name, or its error
    with only(factories_of(load_config(Path(pipeline) / "config.cfg"))):
        return spacy.load(pipeline)


def blank(lang: str = "en") -> Language:
    """`spacy.blank`. Another package's component that is added later has to be imported first."""
    with only(()):
        return spacy.blank(lang)


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
