"""One corpus of params.yaml with its name and its labels."""

import warnings
from pathlib import Path
from typing import Any, Dict, Mapping, NamedTuple, Optional, Tuple

from ..errors import Errors, ScinerError, ScinerWarning, Warnings
from ..settings import Corpus, GoldFile, Settings, read_yaml
from ..settings.corpora import is_label


class CorpusSettings(NamedTuple):
    """What an entry of section `corpora` says."""

    name: str
    labels: Tuple[str, ...]
    gold: Tuple[GoldFile, ...]
    split: Mapping[Any, Any]  # see settings.corpora.Shares
    pool_gold: Tuple[GoldFile, ...] = ()
    exclude: Tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: Settings, name: str, *, labels_path: Path) -> "CorpusSettings":
        """labels_path (Path): The label schema, for a corpus that names no labels of its own.

        RAISES (ScinerError): SCINER-E501 if there is no such corpus, SCINER-E502, E211 or E203
            for the schema.
        """
        corpus: Corpus = settings.corpus_of(name)
        labels = corpus.labels or tuple(load_labels(labels_path))
        return cls(name, labels, corpus.gold, corpus.split, corpus.pool_gold, corpus.exclude)


def load_labels(path: Path) -> Dict[str, Optional[str]]:
    """The label schema: each label with its meaning, None where nothing stands behind it.

    RAISES (ScinerError): SCINER-E502 if it is no YAML, SCINER-E211 if it has no such mapping,
        SCINER-E203 for names that are no labels.
    """
    schema = read_yaml(path)
    labels = schema.get("labels") if isinstance(schema, dict) else None
    if not isinstance(labels, dict) or not labels:
        raise ScinerError(Errors.E211.format(path=path, found=labels))
    for label, meaning in labels.items():
        if isinstance(meaning, (list, dict)):
            raise ScinerError(Errors.E211.format(path=path, found={label: meaning}))
    no_labels = [str(label) for label in labels if not is_label(str(label))]
    if no_labels:
        raise ScinerError(Errors.E203.format(path=path, found=no_labels))
    return {str(la): None if meaning is None else str(meaning) for la, meaning in labels.items()}


def meanings_of(
    settings: Settings, name: Optional[str], labels_path: Path, *, without: str = "any {words}"
) -> Dict[str, str]:
    """Each label of a corpus with its meaning; SCINER-W229 if labels.yaml has none of any.

    name (Optional[str]): The corpus; None: the one that the settings choose.
    without (str): What stands for a meaning that labels.yaml does not have.
    """
    from .concepts import label_in_words

    corpus = CorpusSettings.of(settings, name or settings.corpus, labels_path=labels_path)
    known = load_labels(labels_path) if labels_path.is_file() else {}
    meanings = {label: known.get(label) for label in corpus.labels}
    if not any(meaning is not None for meaning in meanings.values()):
        labels = ", ".join(corpus.labels[:5])
        message = Warnings.W229.format(path=labels_path, labels=labels)
        warnings.warn(message, ScinerWarning, stacklevel=2)
    return {
        label: without.format(words=label_in_words(label)) if meaning is None else meaning
        for label, meaning in meanings.items()
    }
