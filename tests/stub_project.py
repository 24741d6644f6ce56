"""A project with the real dvc.yaml, params.yaml and report stage, and scripts that do nothing slow.

Each stand-in hashes what it reads into what it writes, so that a change travels as in the real
pipeline, and appends its name to a log.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import List

import matplotlib
import yaml
from warm_python import warm_python

ROOT = Path(__file__).parents[1]
LEAN_CODE = ("spacy_sciner/corpus/merge.py", "spacy_sciner/training/loop.py")
STUB = """
import hashlib, json, sys, zlib
from pathlib import Path
import yaml

script = Path(__file__).stem
options = dict(zip(sys.argv[1::2], sys.argv[2::2]))
k, previous = options.get("--iteration"), options.get("--previous")
settings = yaml.safe_load(Path("params.yaml").read_text(encoding="utf8"))
corpus = settings["corpus"]
train = f"corpus/iteration-{k}/train.spacy" if previous else "corpus/gold/train.spacy"
table = {
    "parse": ([f"assets/{corpus}/papers"], ["data/parsed/a.jsonl"], "parse"),
    "convert": (
        [f"assets/{corpus}", "data/parsed"],
        [*(f"corpus/gold/{s}.spacy" for s in ("train", "dev", "test")), "corpus/pool.spacy",
         "corpus/pool_gold.spacy", "corpus/_report.json"],
        "convert",
    ),
    "adapt": (
        [], ["encoder/weights", "metrics/adapt.json", "metrics/adapt-loss.csv"], "encoder"
    ),
    "train": (
        [train, "encoder", *([f"training/{previous}/model-best"] if previous else [])],
        [f"training/{k}/model-best/weights", f"training/{k}/teachers/1/weights"],
        "train",
    ),
    "pseudo_label": (
        [f"training/{previous}/model-best", "corpus/pool.spacy"],
        [f"corpus/iteration-{k}/pseudo.spacy", f"corpus/iteration-{k}/_pseudo.json"],
        "iterations",
    ),
    "merge": (
        ["corpus/gold/train.spacy", f"corpus/iteration-{k}/pseudo.spacy"],
        [f"corpus/iteration-{k}/train.spacy", f"corpus/iteration-{k}/_merge.json"],
        "merge",
    ),
    "evaluate": ([f"training/{k}/model-best"], [], "evaluate"),
}
reads, writes, section = table[script]
if Path("fail").exists() and Path("fail").read_text() == f"{script} {k}":
    sys.exit("told to fail")
chosen = settings[section].get(k) if section == "iterations" else settings[section]
state = hashlib.md5(json.dumps(chosen, sort_keys=True).encode())
for path in map(Path, reads):
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    for file in files:
        state.update(file.read_bytes())
for path in map(Path, writes):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(state.hexdigest(), encoding="utf8")
if script == "adapt":
    Path("metrics/adapt-loss.csv").write_text("step,series,loss\\n")
if script == "evaluate":
    f1 = int(state.hexdigest()[:4], 16) / 0xFFFF
    scores = {"precision": f1, "recall": f1, "f1": f1, "macro_f1": f1, "token_accuracy": 0.9,
              "f1_low": None, "f1_high": None,
              "types": {"TaskName": {"precision": f1, "recall": f1, "f1": f1, "n": 3}}}
    pool = {"paragraphs": 1, "accepted_paragraphs": 1, "accepted_entities": 3,
            "expected_entities": 5, "low_yield": False, "unknown_share": 0.5, "precision": None,
            "recall": None, "types": {"TaskName": 3}, "gold_types": {"TaskName": 5},
            "predicted_types": {"TaskName": 4}}
    metrics = {"iteration": int(k), "clean": {"test": scores, "dev": scores},
               "paper_protocol": None, "pool": None if k == "0" else pool,
               "calibration": {"ece": None, "temperature": 1.0}}
    point = [{"confidence": f1, "right": f1, "n": 1}]
    pair = {"before": point, "after": point}
    # The same figures in one paper: what the iterations are compared by.
    papers = {"paper": [{"TaskName": [int(1000 * f1), 1000, 1000]}]}
    details = {"metrics": metrics, "state": state.hexdigest(),
               "papers": {"dev": papers, "test": papers},
               "reliability": {"entities": pair, "tokens": pair}}
    for folder in ("metrics", "evaluation"):
        Path(folder).mkdir(exist_ok=True)
        text = json.dumps(details if folder == "evaluation" else metrics)
        Path(folder, f"iteration-{k}.json").write_text(text, encoding="utf8")
    Path(f"evaluation/iteration-{k}.spacy").write_bytes(b"")
    Path(f"evaluation/iteration-{k}.tags").write_bytes(zlib.compress(b"\\0\\0"))
with open("run.log", "a", encoding="utf8") as log:
    log.write(script + (f"@{k}" if k else "") + "\\n")
"""


class StubProject:
    """A Git and DVC repository in `root`.

    Its stages depend on their data, scripts, and what of their code has one of the files LEAN_CODE:
    DVC reads and writes its lock file anew for every stage, and most of it is code.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True)
        for name in ("dvc.yaml", "params.yaml"):
            shutil.copy(ROOT / name, root / name)
        self.write("dvc.yaml", self._without_code())
        for corpus in ("sample", "acl"):
            self.write(f"assets/{corpus}/papers/a.tei.xml", f"paper of {corpus}")
            self.write(f"assets/{corpus}/gold/gold.json", f"gold of {corpus}")
        (root / "scripts").mkdir()
        for script in ROOT.glob("scripts/*.py"):
            (root / "scripts" / script.name).write_text(STUB, encoding="utf8")
        shutil.copy(ROOT / "scripts/report.py", root / "scripts/report.py")
        for path in self.code():
            self.write(path if path.endswith((".py", ".tsv", ".yaml")) else f"{path}/a.py", "")
        ignored = (ROOT / ".gitignore").read_text(encoding="utf8")
        self.write(".gitignore", ignored + "run.log\nfail\n")
        self.env = {**os.environ, "DVC_NO_ANALYTICS": "1", "HOME": str(root.parent)}
        # A home of its own has no list of fonts, which takes seconds to make.
        self.env["MPLCONFIGDIR"] = matplotlib.get_configdir()
        # Most of what a test waits for are processes that start.
        folders = [str(Path(python).parent) for python in (warm_python(), sys.executable)]
        self.env["PATH"] = os.pathsep.join([*folders, self.env["PATH"]])
        for key in ("GIT_AUTHOR", "GIT_COMMITTER"):
            self.env |= {f"{key}_NAME": "Test", f"{key}_EMAIL": "test@example.org"}
        self.call("git", "init", "-q", "-b", "main")
        # What `dvc init` would make in a second.
        shutil.copytree(ROOT / ".dvc/plots", root / ".dvc/plots")
        for name in (".dvc/config", ".dvc/.gitignore", ".dvcignore"):
            shutil.copy(ROOT / name, root / name)
        self.commit("start")

    def _without_code(self) -> str:
        pipeline = yaml.safe_load((self.root / "dvc.yaml").read_text(encoding="utf8"))
        for stage in pipeline["stages"].values():
            stage = stage.get("do", stage)
            code = [d for d in stage["deps"] if d.startswith(("spacy_sciner/", "configs"))]
            kept = [d for d in code if any(file.startswith(d) for file in LEAN_CODE)]
            stage["deps"] = [d for d in stage["deps"] if d not in code or d in kept]
        return yaml.safe_dump(pipeline, sort_keys=False, allow_unicode=True)

    def code(self) -> List[str]:
        """The files of the project itself that a stage of dvc.yaml depends on."""
        stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf8"))["stages"]
        deps = {dep for stage in stages.values() for dep in stage.get("do", stage)["deps"]}
        own = re.compile(r"spacy_sciner|configs|assets/[\w.-]+$")
        return sorted(dep for dep in deps if own.match(dep) and "$" not in dep)

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf8")

    def edit(self, path: str, pattern: str, new: str) -> None:
        """Replace the first match; a pattern, since the values are tuned now and then."""
        text = (self.root / path).read_text(encoding="utf8")
        changed, n = re.subn(pattern, new, text, count=1)
        assert n == 1
        self.write(path, changed)

    def call(self, *command: str) -> str:
        done = self.attempt(*command)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def attempt(self, *command: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command, cwd=self.root, env=self.env, capture_output=True, encoding="utf8"
        )

    def commit(self, message: str) -> None:
        self.call("git", "add", ".")
        self.call("git", "commit", "-q", "--allow-empty", "-m", message)

    def repro(self) -> List[str]:
        """Run `dvc repro`; the stages that it ran, in order (restored ones are not run)."""
        out = self.call("python", "-m", "dvc", "repro")
        return re.findall(r"^Running stage '(.+)':", out, flags=re.MULTILINE)
