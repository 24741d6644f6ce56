from pathlib import Path

import pytest
from spacy.language import Language
from tiny import model_config, overfit

from .helpers import make_nlp


@pytest.fixture(scope="module")
def nlp(tiny_encoder: Path) -> Language:
    """Overfitted to the sentences; tests must not train it further."""
    nlp = make_nlp(model_config(tiny_encoder))
    overfit(nlp, steps=60)
    return nlp


@pytest.fixture
def fresh(tiny_encoder: Path) -> Language:
    return make_nlp(model_config(tiny_encoder))
