"""`sciner iterate`: run the loop iteration by iteration, a commit and a tag for each.

`dvc metrics diff` compares revisions, so an iteration has to be one. While iteration K is made,
`evaluations` in params.yaml ends at K and `dvc repro report` needs nothing later. `iterations`
holds the whole plan all the time, so that a kill loses no setting.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated, List, Optional

import typer

from ..errors import Errors, ScinerError
from ..files import read_json, write_text
from ..settings import read_settings

PARAMS = Path("params.yaml")
METRICS = Path("metrics/iterations.json")
# What an iteration writes that Git keeps; DVC adds to .gitignore files.
_OWN = ("dvc.lock", "metrics/", "plots/")

WithoutCommits = Annotated[
    bool, typer.Option("--no-commit", help="Only run the loop: no commits, no tags.")
]
UntilStop = Annotated[
    bool, typer.Option("--until-stop", help="End at the first iteration that does not help.")
]


def iterate(
    to: Annotated[int, typer.Option(min=1, help="Last iteration; params.yaml is extended.")],
    no_commit: WithoutCommits = False,
    until_stop: UntilStop = False,
) -> None:
    """Run iterations 0 to N; commit each and tag it iteration-K. Goes on after an interruption.

    With --until-stop N is the most: the first iteration that is not promoted (`evaluate` in
    params.yaml says when) is the last, training/best stays what it was, and the reason is printed.
    """
    from .plan import count_iterations, extend_iterations, measure_up_to

    _check_root()
    read_settings(PARAMS)  # says all that is wrong with it
    text = PARAMS.read_bytes().decode("utf8")  # with its own line ends
    n = count_iterations(text, path=str(PARAMS))
    if to < n:
        raise ScinerError(Errors.E511.format(to=to, n=n, path=PARAMS))
    extended = extend_iterations(text, to=to, path=str(PARAMS)) if to > n else text
    if no_commit:
        for k in range(to + 1) if until_stop else [to]:
            write_text(PARAMS, measure_up_to(extended, last=k, path=str(PARAMS)))
            _repro(k, to=to, kept="")
            if until_stop and _stops(k, METRICS.read_text(encoding="utf8"), to=to):
                return
        return

    _check_clean(text)
    n_done = _count_tagged(text, to=to)
    if extended != text:
        write_text(PARAMS, extended)
        _git("commit", "-q", "-m", f"Plan {to} iterations", "--", str(PARAMS))
    if until_stop and n_done:
        done = _git("show", f"iteration-{n_done - 1}:{METRICS.as_posix()}")
        if _stops(n_done - 1, done, to=to):
            return
    for k in range(n_done, to + 1):
        typer.echo(f"Iteration {k} of {to}")
        write_text(PARAMS, measure_up_to(extended, last=k, path=str(PARAMS)))
        _repro(k, to=to, kept="The iterations before it are committed and tagged.")
        _commit(k)
        if until_stop and _stops(k, METRICS.read_text(encoding="utf8"), to=to):
            return
    if n_done > to:
        typer.echo(f"Iterations 0 to {to} are tagged already, and unchanged.")
    if to:
        typer.echo(f"What the last changed: sciner diff iteration-{to - 1} iteration-{to}")


def _stops(k: int, metrics: str, *, to: int) -> bool:
    """Whether the loop ends here; says why.

    metrics (str): metrics/iterations.json when iteration K was the last.
    to (int): The last iteration planned.
    """
    promotion = json.loads(metrics)[-1].get("promotion") or {}
    if promotion.get("promoted", True):
        return False
    typer.echo(f"Stopped after iteration {k}: {promotion['reason']}.")
    typer.echo(f"training/best is still iteration {promotion['against']}.")
    if k < to:
        typer.echo(f"Up to {to} iterations stay planned; `sciner iterate --to {to}` makes them.")
    return True


def _check_root() -> None:
    missing = [
        name for name in (".git", ".dvc", "dvc.yaml", str(PARAMS)) if not Path(name).exists()
    ]
    if missing:
        raise ScinerError(Errors.E510.format(path=Path.cwd(), missing=", ".join(missing)))


def _check_clean(text: str) -> None:
    """Refuse changes that are not an interrupted run's own."""
    from .plan import settings_up_to

    fields = _git("status", "--porcelain", "-z", "--untracked-files=all", "--no-renames").split(
        "\0"
    )
    changed = [field[3:] for field in fields if field]
    foreign = [p for p in changed if not p.startswith(_OWN) and Path(p).name != ".gitignore"]
    if str(PARAMS) in foreign and _git("ls-tree", "HEAD", str(PARAMS)):
        path, last = str(PARAMS), sys.maxsize
        before = settings_up_to(_git("show", f"HEAD:{path}"), last=last, path=path)
        if before == settings_up_to(text, last=last, path=path):
            foreign.remove(path)
    if foreign:
        shown = ", ".join(foreign[:10]) + (f" and {len(foreign) - 10} more" if foreign[10:] else "")
        raise ScinerError(Errors.E512.format(files=shown))


def _count_tagged(text: str, *, to: int) -> int:
    """How many iterations, from 0, are tagged and still what they were.

    RAISES (ScinerError): SCINER-E513 if a tag stands for something else.
    """
    from .plan import settings_up_to

    tags = _git("tag", "--list", "iteration-*").split()
    tagged = [k for k in range(to + 1) if f"iteration-{k}" in tags]
    merged = _git("tag", "--list", "iteration-*", "--merged", "HEAD").split() if tagged else []
    for k in tagged:
        reason = ""
        if k and k - 1 not in tagged:
            reason = f"iteration-{k - 1} is not"
        elif f"iteration-{k}" not in merged:
            reason = "it is not in the history of this branch"
        elif (last := _last_measured(f"iteration-{k}")) != k:
            reason = f"the last iteration measured there is {last}: it was moved"
        else:
            before = settings_up_to(
                _git("show", f"iteration-{k}:{PARAMS}"), last=k, path=f"{PARAMS} of iteration-{k}"
            )
            now = settings_up_to(text, last=k, path=str(PARAMS))
            keys = [key for key in {**before, **now} if before.get(key) != now.get(key)]
            if keys:
                reason = f"{', '.join(keys)} in {PARAMS} was different then"
        if reason:
            raise _stale(k, tagged, reason)
    if tagged:
        _check_stages(tagged)
    return len(tagged)


def _last_measured(tag: str) -> Optional[int]:
    if not _git("ls-tree", tag, METRICS.as_posix()):
        return None
    found: int = json.loads(_git("show", f"{tag}:{METRICS.as_posix()}"))[-1]["iteration"]
    return found


def _check_stages(tagged: List[int]) -> None:
    """Refuse to go on from iterations whose code or data changed since."""
    targets = [f"evaluate@{k}" for k in tagged]
    status = json.loads(_run(_dvc("status", "--json", "--with-deps", *targets)))
    for stage, changes in status.items():
        if modified := sorted(_modified(changes)):
            raise _stale(0, tagged, f"stage {stage} has changed since: {', '.join(modified)}")


def _modified(changes: List[object]) -> List[str]:
    """Paths that differ; one that is only absent (`dvc checkout` brings it back) does not."""
    found = []
    for change in changes:
        if not isinstance(change, dict):
            found.append(str(change))
            continue
        for kind, paths in change.items():
            if isinstance(paths, dict):
                found += [
                    p for p, state in paths.items() if state not in ("deleted", "not in cache")
                ]
            else:
                found.append(str(kind))
    return found


def _stale(k: int, tagged: List[int], reason: str) -> ScinerError:
    tags = " ".join(f"iteration-{i}" for i in tagged if i >= k)
    return ScinerError(Errors.E513.format(tag=f"iteration-{k}", reason=reason, tags=tags))


def _repro(k: int, *, to: int, kept: str) -> None:
    code = subprocess.run(_dvc("repro", "report")).returncode
    if code:
        again = f"sciner iterate --to {to}" + ("" if kept else " --no-commit")
        raise ScinerError(
            Errors.E515.format(k=k, command="dvc repro report", code=code, kept=kept, again=again)
        )


def _commit(k: int) -> None:
    metrics = [f"metrics/{name}.json" for name in ("iterations", "latest")]
    metrics += [f"metrics/iteration-{i}.json" for i in range(k + 1)]
    metrics += ["metrics/adapt.json", "metrics/adapt-loss.csv"]
    _git("add", "--", str(PARAMS), "dvc.lock", "plots", ":(glob)**/.gitignore", *metrics)
    f1 = read_json(METRICS, list)[-1]["clean"]["test"]["f1"]
    # Run a second time, an iteration may leave nothing to commit.
    _git("commit", "-q", "--allow-empty", "-m", f"Iteration {k}: test F1 {f1:.4f}")
    _git("tag", f"iteration-{k}")


def _dvc(*arguments: str) -> List[str]:
    return [sys.executable, "-m", "dvc", *arguments]


def _git(*arguments: str) -> str:
    return _run(["git", *arguments])


def _run(command: List[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf8")
    if done.returncode:
        reason = " ".join((done.stderr or done.stdout).split()) or f"exit code {done.returncode}"
        if "RWLock-file" in reason:  # DVC writes it in place
            reason += " A kill left it so: remove it while no DVC runs."
        shown = " ".join(["dvc", *command[3:]] if command[0] == sys.executable else command)
        raise ScinerError(Errors.E514.format(command=shown, reason=reason))
    return done.stdout
