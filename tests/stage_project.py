"""A project folder that the stages' scripts can be run in."""

from pathlib import Path
from typing import Any, Dict, NamedTuple

import yaml
from tiny import ROOT, make_doc

from spacy_sciner.settings import Settings


def overlaid(base: Any, changes: Any) -> Any:
    """`base` with the mappings of `changes` laid over it, at every depth."""
    if not isinstance(base, dict) or not isinstance(changes, dict):
        return changes
    return {
        **base,
        **{key: overlaid(base.get(key), value) for key, value in changes.items()},
    }


DELIVERED: Dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf8"))
# One model, hard labels, few steps.
PARAMS: Dict[str, Any] = overlaid(
    DELIVERED,
    {
        "device": "cpu",
        "precision": "fp32",
        "encoder": {"name": "no/such/encoder", "sha256": None},
        "train": {
            "config": "tiny.cfg",
            "epochs": 20,
            "learn_rate": 0.02,
            "batch_words": 32,
            "min_steps": 0,
            "teachers": 1,
        },
        "retrain": {
            "epochs": 2,
            "learn_rate": 0.01,
            "batch_words": 32,
            "soft_labels": False,
        },
        "annotate": {"workers": 1, "soft": False},
        "evaluate": {"bootstrap": 10, "paper_protocol": True},
    },
)
PARAMS["iterations"] = {"1": {"prev": "0", "gamma": 0.5}, "2": {"prev": "1", "gamma": 1.0}}


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def plain_of(gold: Any) -> Any:
    doc = make_doc([t.text for t in gold], None, vocab=gold.vocab)
    doc.user_data.update(gold.user_data, source="")
    return doc


def change(project: Path, **sections: Any) -> None:
    """Write params.yaml: PARAMS with these laid over it; a section that is None is left out."""
    params = {**overlaid(PARAMS, sections)}
    params = {name: value for name, value in params.items() if value is not None}
    (project / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))


def make_settings(**sections: Any) -> Settings:
    return Settings.model_validate(overlaid(PARAMS, sections))
