"""A project folder that the stages' scripts can be run in."""

from pathlib import Path
from typing import Any, Dict, NamedTuple

import yaml
from tiny import make_doc

ANNOTATE: Dict[str, Any] = {
    "accept": "token",
    "gamma_o": None,
    "calibrated": False,
    "engine": "local",
    "workers": 1,
    "ray_address": None,
    "alpha": 0.05,
    "delta": 0.1,
    "adaptive_gamma": 0.98,
}
PARAMS: Dict[str, Any] = {
    "seed": 0,
    "device": "cpu",
    "precision": "fp32",
    "encoder": {"name": "no/such/encoder", "sha256": None, "keep_layers": 0},
    "adapt": {"method": "none"},
    "train": {
        "config": "tiny.cfg",
        "epochs": 20,
        "learn_rate": 0.02,
        "batch_words": 32,
        "calibrate": True,
    },
    "retrain": {"start": "warm", "epochs": 2, "learn_rate": 0.01},
    "annotate": ANNOTATE,
    "evaluate": {"paper_protocol": True, "bootstrap": 10, "seed": 0},
    "iterations": {"1": {"prev": "0", "gamma": 0.5}, "2": {"prev": "1", "gamma": 1.0}},
}


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def plain_of(gold: Any) -> Any:
    doc = make_doc([t.text for t in gold], None, vocab=gold.vocab)
    doc.user_data.update(gold.user_data, source="")
    return doc


def change(project: Path, **sections: Any) -> None:
    params = {**PARAMS, **sections}
    (project / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
