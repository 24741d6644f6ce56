"""`sciner few-shot`: what an encoder is worth where there is hardly any gold."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Dict, List, NamedTuple, Optional, Sequence

import typer

from ..errors import Errors, ScinerError
from ..files import fingerprint, link, read_json, remove, write_json, write_text
from .options import Params, Values

if TYPE_CHECKING:
    from spacy.tokens import Doc

    from ..corpus.few_shot import Subset
    from ..report.few_shot import Shot

GOLD = Path("corpus/gold")
KS = "1,2,4,8,16,32,64"
# What the runs do without: teachers that annotate no pool, intervals that the subsets give.
VALUES = ("train.teachers=1", "evaluate.paper_protocol=false", "evaluate.bootstrap=0")
METRICS = Path("metrics/iteration-0.json")
TABLE = "few-shot.json"

EncoderPaths = Annotated[
    Optional[List[str]],
    typer.Option("--encoder", help="name=PATH, a folder; repeatable; default: encoder/."),
]


class Run(NamedTuple):
    encoder: str
    k: int
    subset: int
    seed: int

    def __str__(self) -> str:
        return f"{self.encoder}, k {self.k}, subset {self.subset}, seed {self.seed}"

    def folder(self, out: Path) -> Path:
        return out / self.encoder / f"k-{self.k}" / f"subset-{self.subset}-seed-{self.seed}"


def few_shot(
    k: Annotated[str, typer.Option("--k", help="Mentions of each type, to twice as many.")] = KS,
    subsets: Annotated[int, typer.Option(min=1, help="Choices of gold for each k.")] = 3,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings on each: seeds 0, 1, …")] = 1,
    encoders: EncoderPaths = None,
    values: Values = None,
    jobs: Annotated[int, typer.Option(min=1, help="Trainings at a time; share the cores.")] = 1,
    params: Params = Path("params.yaml"),
    out: Annotated[Path, typer.Option(help="A folder for each training.")] = Path("few-shot"),
) -> None:
    """How good is an encoder with k examples of each type? F1 by k, for several encoders.

    Draws sentences of gold's train papers so that every type has k to 2k mentions, trains iteration
    0 on them alone, and measures on all of dev and test. Goes on after an interruption. Writes
    few-shot.json, few-shot.csv and few-shot.svg into --out.
    """
    from ..corpus.annotated import make_vocab
    from ..corpus.convert import check_converted
    from ..corpus.docbin import read_docs
    from ..corpus.few_shot import count_types, sentence_docs
    from ..corpus.filled import persons
    from ..models.machine import usable_cores
    from ..settings import read_settings
    from .loops import ended_with_us

    asked = _read_ks(k)
    check_converted(read_settings(params), root=Path())
    text = params.read_text(encoding="utf8")
    paths = _read_encoders(encoders)
    train = read_docs(GOLD / "train.spacy", make_vocab())
    sentences = sentence_docs(persons(train))
    chosen, notes = _choose(count_types(sentences), asked, n_subsets=subsets, given=k)
    notes += _unseen(sentences, read_docs(GOLD / "test.spacy", make_vocab()))
    for line in notes:
        typer.echo(line)
    own = [*VALUES, *(values or ())]
    _check_folders(out, paths, own, text=text)
    runs = _runs(chosen, paths, n_seeds=seeds)
    threads = max(1, usable_cores() // jobs)

    def one(run: Run) -> "Shot":
        subset = chosen[run.k][run.subset]
        docs = [sentences[i] for i in subset.chosen]
        return _measured(
            run, docs, subset, run.folder(out), paths[run.encoder], own, text=text, threads=threads
        )

    with ended_with_us(), ThreadPoolExecutor(jobs) as pool:
        shots = list(pool.map(one, runs))
    _write(out, *_with_earlier(out, list(paths), notes, shots))


def _check_folders(
    out: Path, encoders: Dict[str, Path], values: Sequence[str], *, text: str
) -> None:
    """Refuse to go on in an encoder's folder that was made with something else, or with values
    that are wrong. RAISES (ScinerError): SCINER-E519, E520, E523, E571."""
    from .loops import check_made, with_values

    for name, path in encoders.items():
        made = [f"encoder={fingerprint(path)}", f"gold={fingerprint(GOLD)}"]
        (out / name).mkdir(parents=True, exist_ok=True)
        settings = with_values(text, [*values, "seed=0"])
        check_made(out / name, settings, made, root=Path(), converted=True)


def _runs(
    chosen: "Dict[int, List[Subset]]", encoders: Dict[str, Path], *, n_seeds: int
) -> List[Run]:
    """Each subset with every encoder, before the next one."""
    return [
        Run(name, k, i, seed)
        for k, subsets in chosen.items()
        for i in range(len(subsets))
        for name in encoders
        for seed in range(n_seeds)
    ]


def _measured(
    run: Run,
    docs: "Sequence[Doc]",
    subset: "Subset",
    folder: Path,
    encoder: Path,
    values: Sequence[str],
    *,
    text: str,
    threads: int,
) -> "Shot":
    """Train and evaluate where that was not done yet; the pipeline itself is not kept."""
    from ..corpus.docbin import write_docs
    from ..report.few_shot import shot_of
    from .loops import GIVEN, read_dvc_yaml, run_loop, set_up
    from .repeat import tell

    if not (folder / METRICS).is_file():
        root = Path()
        set_up(folder, [*values, f"seed={run.seed}"], root=root, params=text)
        write_docs(folder / GOLD / "train.spacy", docs)
        links = {f"{GOLD}/{split}.spacy": GOLD / f"{split}.spacy" for split in ("dev", "test")}
        for name, target in {**links, "encoder": encoder}.items():
            link(folder / name, target)
        run_loop(
            folder,
            read_dvc_yaml(root),
            threads=threads,
            say=lambda stage: tell(f"{run}: {stage}"),
            last="evaluate@0",
            given=GIVEN,
        )
    remove(folder / "training")
    metrics: Any = read_json(folder / METRICS)
    sizes = {"sentences": len(docs), "mentions": sum(subset.counts.values())}
    shot = shot_of(metrics, **run._asdict(), **sizes)
    tell(f"{run}: test F1 {shot.f1:.3f}")
    return shot


def _with_earlier(
    out: Path, encoders: List[str], notes: List[str], shots: "List[Shot]"
) -> "tuple[List[str], List[Shot]]":
    """Notes and measurements, with those of earlier commands on the same gold and settings."""
    from ..report.few_shot import Shot

    before = read_json(out / TABLE) if (out / TABLE).is_file() else {"runs": [], "notes": []}
    now, known = _made_with(out / encoders[0]), {Run(*shot[:4]) for shot in shots}
    earlier = [Shot(**run) for run in before["runs"]]
    earlier = [s for s in earlier if Run(*s[:4]) not in known]
    earlier = [s for s in earlier if _made_with(out / s.encoder) == now]
    names = list(dict.fromkeys([*encoders, *(shot.encoder for shot in earlier)]))
    shots = sorted([*shots, *earlier], key=lambda s: (names.index(s.encoder), s[1:]))
    return list(dict.fromkeys([*notes, *(before["notes"] if earlier else [])])), shots


def _made_with(folder: Path) -> Any:
    """What an encoder's trainings were made with, but for the encoder."""
    from .loops import MADE

    made = read_json(folder / MADE) if (folder / MADE).is_file() else {"options": []}
    return {**made, "options": [o for o in made["options"] if not o.startswith("encoder=")]}


def _write(out: Path, notes: List[str], shots: "Sequence[Shot]") -> None:
    from ..report.few_shot import few_shot_csv, few_shot_svg, few_shot_text

    write_json(out / TABLE, {"notes": notes, "runs": [s._asdict() for s in shots]})
    write_text(out / "few-shot.csv", few_shot_csv(shots))
    write_text(out / "few-shot.svg", few_shot_svg(shots))
    typer.echo(few_shot_text(shots))
    typer.echo(f"✔ {out}/few-shot.json, .csv, .svg")


def _choose(
    counts: Any, ks: Sequence[int], *, n_subsets: int, given: str
) -> "tuple[Dict[int, List[Subset]], List[str]]":
    """Subsets for each k, and what cannot be reached.

    RAISES (ScinerError): SCINER-E528 if gold has too little for any k.
    """
    from ..corpus.few_shot import choose_few, types_below

    chosen: Dict[int, List[Subset]] = {}
    notes: List[str] = []
    n_types = len({name for sentence in counts for name in sentence})
    for k in ks:
        below = types_below(counts, k)
        if 2 * len(below) >= n_types:
            notes.append(f"k {k} is left out: gold has fewer mentions of {', '.join(below)}")
            continue
        chosen[k] = [choose_few(counts, k=k, seed=seed) for seed in range(n_subsets)]
        for name in sorted({name for subset in chosen[k] for name in subset.short}):
            found = ", ".join(str(subset.counts[name]) for subset in chosen[k])
            notes.append(f"k {k} is not reached of {name}: {found} mentions in the subsets")
    if not chosen:
        reason = f"of half of the {n_types} types or more, gold's train papers have fewer mentions"
        raise ScinerError(Errors.E528.format(value=given, reason=reason))
    return chosen, notes


def _unseen(sentences: "Sequence[Doc]", test: "Sequence[Doc]") -> List[str]:
    """What test has and no subset can."""
    known, tested = ({ent.label_ for doc in docs for ent in doc.ents} for docs in (sentences, test))
    names = ", ".join(sorted(tested - known))
    return [f"no k has any of {names}: gold's train papers lack what test has"] if names else []


def _read_ks(value: str) -> List[int]:
    """RAISES (ScinerError): SCINER-E528."""
    parts = [part.strip() for part in value.split(",") if part.strip()]
    if not parts or not all(part.isdecimal() and int(part) for part in parts):
        raise ScinerError(Errors.E528.format(value=value, reason="no list of numbers above 0"))
    return sorted({int(part) for part in parts})


def _read_encoders(values: Optional[Sequence[str]]) -> Dict[str, Path]:
    """Folders by name, in their order. RAISES (ScinerError): SCINER-E527."""
    found: Dict[str, Path] = {}
    for value in values or ["encoder=encoder"]:
        name, _, path = value.partition("=")
        reason = ""
        if not re.fullmatch(r"\w[\w.-]*", name) or not path:
            reason = "its name needs letters, digits, - or _, and a path behind ="
        elif name in found:
            reason = f"the name {name} is given twice"
        elif not (Path(path) / "config.json").is_file():
            reason = f"there is no {Path(path) / 'config.json'}"
        if reason:
            raise ScinerError(Errors.E527.format(value=value, reason=reason))
        found[name] = Path(path)
    return found
