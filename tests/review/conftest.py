"""An import of what came back."""

import json

import pytest

from spacy_sciner.review.returned import import_files

from .came_back import NOTHING, rounds_of


@pytest.fixture
def take(tmp_path):
    def take(*tasks, others=(), held_out=NOTHING, labels=("Method", "Dataset"), **options):
        path = tmp_path / "export.json"
        path.write_text(json.dumps(list(tasks)), encoding="utf8")
        corpus = options.pop("shown_of", "mine")
        return import_files(
            [path, *others],
            rounds=rounds_of(tmp_path, corpus),
            held_out=held_out,
            corpus="mine",
            gold=tmp_path / "review/gold.json",
            labels=labels,
            **options,
        )

    take.gold = tmp_path / "review/gold.json"
    return take
