"""Fixtures of all tests. Encoders are tiny, random and built here; nothing is downloaded."""

import os

# Before any import of huggingface_hub, which reads it once.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

from pathlib import Path
from typing import List, Tuple

import pytest
from hypothesis import settings
from spacy.tokens import Doc
from tiny import CONFIGS, build_bpe_encoder, build_wordpiece_encoder, gold_docs

# The same cases in every run, and no time limit on a busy machine.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Models of width 16 are slower on two threads than on one."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A local directory with a random uncased BERT: 2 layers, width 16, 64 positions, WordPiece."""
    return build_wordpiece_encoder(tmp_path_factory.mktemp("encoder") / "bert")


@pytest.fixture(scope="session")
def tiny_bpe_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A local directory with a random RoBERTa: 2 layers, width 16, byte-level BPE."""
    return build_bpe_encoder(tmp_path_factory.mktemp("encoder") / "roberta")


@pytest.fixture(scope="session")
def tiny_corpus(tmp_path_factory: pytest.TempPathFactory) -> Tuple[Path, Path]:
    """Two DocBins, train and dev, of the sentences in tiny.py."""
    from spacy_sciner.corpus.docbin import write_docs

    folder = tmp_path_factory.mktemp("corpus")
    docs: List[Doc] = gold_docs()
    write_docs(folder / "train.spacy", docs)
    write_docs(folder / "dev.spacy", docs[:4])
    return folder / "train.spacy", folder / "dev.spacy"


@pytest.fixture(scope="session")
def tiny_model(tiny_corpus: Tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline trained with configs/tiny.cfg until it knows the sentences by heart."""
    from spacy_sciner.pipeline.train import Recipe, train_pipeline

    out = tmp_path_factory.mktemp("model") / "model-best"
    recipe = Recipe(CONFIGS / "tiny.cfg", epochs=20, learn_rate=0.02, batch_words=32)
    train_pipeline(recipe, train=tiny_corpus[0], dev=tiny_corpus[1], out=out)
    return out
