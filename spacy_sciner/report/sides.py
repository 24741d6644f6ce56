"""The sides of a comparison: an iteration of this folder, or a Git revision and its outputs."""

import json
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ..errors import Errors, ScinerError
from ..settings.read import parse_settings, parse_yaml
from ..settings.tree import Settings

ITERATIONS, PARAMS, LOCK = "metrics/iterations.json", "params.yaml", "dvc.lock"


class Side(NamedTuple):
    name: str  # as it was asked for
    iteration: int
    root: Path  # a folder with the files of the project that a comparison reads

    @property
    def settings(self) -> Settings:
        """What the iteration was made with, though params.yaml may have been changed since."""
        text = (self.root / PARAMS).read_text(encoding="utf8")
        settings = parse_settings(text, f"{PARAMS} of {self.name}")
        if (self.root / LOCK).is_file():
            lock = (self.root / LOCK).read_text(encoding="utf8")
            as_run = json.dumps(_as_run(text, lock, self.iteration), default=str)
            with suppress(ScinerError):  # of a release whose settings had other names
                settings = parse_settings(as_run, LOCK)
        return settings


def open_side(name: str, folder: Path) -> Side:
    """Side of a number, an iteration in the current folder; or of a Git revision or an experiment
    of DVC, its last one, or that of the number behind a colon, as in HEAD:1.

    folder (Path): Where a revision's files are put; nothing else is changed.
    RAISES (ScinerError): SCINER-E401 for an iteration that was not evaluated, SCINER-E517 for what
        is no revision, SCINER-E518 if its outputs are neither here nor in the DVC cache.
    """
    missing = ""
    if name.isdecimal():
        paths = [path for path in outputs_of(int(name)) if not Path(path).exists()]
        if not paths:
            return Side(f"iteration {name}", int(name), Path())
        missing = paths[0]
    name, asked = _parted(name)
    revision = _revision(name)  # of a number, too: a short hash may be digits alone
    if not revision:
        message = Errors.E401.format(path=missing) if missing else Errors.E517.format(name=name)
        raise ScinerError(message)
    texts = {path: _git("show", f"{revision}:./{path}") for path in (ITERATIONS, PARAMS)}
    if any(shown.returncode for shown in texts.values()):
        raise ScinerError(Errors.E518.format(name=name, path=ITERATIONS))
    texts[LOCK] = _git("show", f"{revision}:./{LOCK}")  # none in a project without DVC
    for path, shown in ((path, shown) for path, shown in texts.items() if not shown.returncode):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(shown.stdout)
    try:
        iterations = json.loads(texts[ITERATIONS].stdout)
        k = int(iterations[-1]["iteration"]) if asked is None else asked
        told = {m["iteration"]: m.get("promotion") or {} for m in iterations}
        promoted = [i for i, promotion in told.items() if promotion.get("promoted")]
    except (ValueError, LookupError, TypeError, AttributeError) as e:
        reason = f"{ITERATIONS} is no list of iterations"
        raise ScinerError(Errors.E557.format(name=name, reason=reason)) from e
    _fetch(name, revision, outputs_of(k), folder)
    is_best = not promoted or k == promoted[-1]
    what = "" if is_best else f"; iteration {promoted[-1]} is training/best there"
    return Side(f"{name} (iteration {k}{what})", k, folder)


def _revision(name: str) -> str:
    """The commit that Git calls so, or DVC: the newest experiment of that name; "" if neither."""
    found = _git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    if not found.returncode:
        return found.stdout.decode().strip()
    # refs/exps/<two digits>/<the other digits of the commit it began at>/<its name>
    listed = ("--sort=-creatordate", "--format=%(objectname) %(refname:lstrip=4)", "refs/exps")
    lines = _git("for-each-ref", *listed).stdout.decode().splitlines()
    return next((line.split(" ", 1)[0] for line in lines if line.split(" ", 1)[1:] == [name]), "")


def _as_run(params: str, lock: str, iteration: int) -> Any:
    """params.yaml with the values that its stages ran with, as DVC wrote them down."""
    tree, stages = parse_yaml(params, PARAMS), _read_lock(lock).get("stages", {})
    own = [f"{name}@{iteration}" for name in ("pseudo-label", "merge", "retrain")]
    names = ["parse", "convert", "adapt", *(own if iteration else ["train"])]
    names += [f"evaluate@{iteration}", "report"]
    for name in names:
        for setting, value in stages.get(name, {}).get("params", {}).get(PARAMS, {}).items():
            *path, last = setting.split(".")
            node = tree
            for part in path:
                node = node.setdefault(part, {})
            node[last] = value
    return tree


def _read_lock(text: str) -> Dict[str, Any]:
    """DVC writes YAML 1.2, in which NO is text."""
    try:
        return YAML(typ="safe").load(text) or {}
    except (YAMLError, ValueError, LookupError) as e:
        reason = " ".join(str(e).split())
        raise ScinerError(Errors.E502.format(path=LOCK, reason=reason)) from e


def _parted(name: str) -> Tuple[str, Optional[int]]:
    revision, _, number = name.rpartition(":")
    return (revision, int(number)) if revision and number.isdecimal() else (name, None)


def outputs_of(iteration: int) -> List[str]:
    """What a comparison reads of an iteration, relative to the project."""
    paths = [f"evaluation/iteration-{iteration}.{kind}" for kind in ("json", "spacy")]
    paths.append("corpus/gold/test.spacy")
    return paths + ([f"corpus/iteration-{iteration}/pseudo.spacy"] if iteration else [])


def _fetch(name: str, revision: str, paths: List[str], folder: Path) -> None:
    """Files and folders of a revision, out of the DVC cache."""
    from dvc.api import DVCFileSystem
    from dvc.exceptions import DvcException

    # A project may be a folder of a repository that holds more.
    files = DVCFileSystem(".", rev=revision, subrepos=True)
    inside = _git("rev-parse", "--show-prefix").stdout.decode().strip()
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        source = f"{inside}{path}"
        try:
            files.get(source, str(folder / path), recursive=files.isdir(source))
        # A file that the revision has not, or one that the cache has not.
        except (OSError, ValueError) as e:
            raise ScinerError(Errors.E518.format(name=name, path=path)) from e
        except DvcException as e:
            raise ScinerError(Errors.E557.format(name=name, reason=e)) from e


def _git(*arguments: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(["git", *arguments], capture_output=True)


def settings_that_differ(one: Side, other: Side) -> List[Tuple[str, str, str]]:
    """Each setting that is not the same in both, by its name, with "–" where there is none.

    What trains an iteration, `train` or `retrain`, is compared as `training`. Values are those
    that the stages ran with, by dvc.lock.
    """
    first, second = (dict(_flat(_effective(side))) for side in (one, other))
    names = [*first, *(name for name in second if name not in first)]
    return [
        (name, first.get(name, "–"), second.get(name, "–"))
        for name in names
        if first.get(name, "–") != second.get(name, "–")
    ]


def _effective(side: Side) -> Dict[str, Any]:
    """The settings that an iteration was made with."""
    settings = side.settings
    tree = settings.model_dump()
    tree["corpora"] = {settings.corpus: tree["corpora"].get(settings.corpus)}
    train, retrain = tree.pop("train"), tree.pop("retrain")
    of_both = {name: train[name] for name in ("config", "calibrate")}
    tree["training"] = {**of_both, **retrain} if side.iteration else train
    del tree["evaluations"]
    iterations = tree.pop("iterations")
    return {**tree, **iterations.get(str(side.iteration), {})}


def _flat(tree: Any, prefix: str = "") -> Iterator[Tuple[str, str]]:
    if isinstance(tree, dict) and tree:
        for key, value in tree.items():
            yield from _flat(value, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix, json.dumps(tree, ensure_ascii=False, default=str)
