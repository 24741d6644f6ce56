"""The `adapt` stage: an encoder in, a local encoder out, adapted to the text if asked for."""

import hashlib
import os
import shutil
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

from ..errors import Errors, ScinerError, ScinerWarning, Warnings
from ..files import code_fingerprint, fingerprint, replacing
from ..models.encoders import TEACHER, check_names, copy_encoder
from ..models.head import load_encoder
from ..models.wordpieces import load_tokenizer
from ..settings.tree import EncoderSource, Settings
from .job import Job, Method
from .loop import Report
from .text import Text, read_text

MODULES = ("adapt", "corpus", "models", "papers", "phrases", "content.py", "html_text.py")
LIBRARIES = ("torch", "transformers", "tokenizers", "spacy")
MASKING = {"mlm", "span-mlm", "candidates"}
CHECKPOINTS = Path(".sciner-cache/adapt")
Narrate = Callable[[str], Report]


def make_encoder(
    settings: Settings, *, out: Path, narrate: Optional[Narrate] = None, root: Path = Path()
) -> Dict[str, Any]:
    """Put the configured encoder into a folder of its own, that of the teachers inside.

    What `adapt.methods` names is run on it, one after the other. A run that was killed goes on from
    its last evaluation and ends with the same bytes.

    narrate (Callable): Told the title of each method, gives what is told of each evaluation.
    root (Path): The project's folder.
    RETURNS (dict): What the encoder is: model_type, layers, hidden_size, parameters, sha256; of the
        teachers' the same under "teacher"; under "adapt" the text's counts and each method's
        figures, under "curves" its losses, under "checkpoints" the folders that may go now.
    RAISES (ScinerError): SCINER-E304, E305, E311; with methods E333 to E339, and what those raise.
    """
    encoder = settings.encoder
    with replacing(out) as temporary:
        facts = _copy(encoder, temporary)
        facts.update(adapt={"methods": []}, curves=[], checkpoints=[])
        if settings.adapt.methods:
            _check(settings, temporary, facts["layers"])
            _warn_of_outside(settings)
            text = read_text(settings, root=root)
            facts["adapt"]["text"] = text.counts
            for i, name in enumerate(settings.adapt.methods):
                _run(name, temporary, settings, text, facts, narrate, i, root)
        if encoder.teacher:
            facts["teacher"] = _copy(encoder.teacher, temporary / TEACHER)
    return facts


def _check(settings: Settings, folder: Path, total: int) -> None:
    """What any method needs of the encoder, before the first runs."""
    name, methods = settings.encoder.name, set(settings.adapt.methods)
    check_names(load_encoder(str(folder)), folder, name)
    if methods & MASKING and load_tokenizer(folder).mask_token_id is None:
        raise ScinerError(Errors.E333.format(path=name))
    n_layers = settings.adapt.concepts.frozen_layers
    if "concepts" in methods and n_layers > total:
        name = "adapt.concepts.frozen_layers"
        raise ScinerError(Errors.E315.format(name=name, n_layers=n_layers, total=total))


def _warn_of_outside(settings: Settings) -> None:
    """DVC knows the corpus' folder as a whole, and nothing of what is not in it."""
    folder, adapt = Path("assets") / settings.corpus, settings.adapt
    named = [*adapt.collections, *(adapt.concepts.files if "concepts" in adapt.methods else ())]
    own = Path(os.path.abspath(folder))  # a link within it is followed by DVC
    outside = [name for name in named if own not in Path(os.path.abspath(own / name)).parents]
    if outside:
        message = Warnings.W230.format(folder=folder, names=", ".join(outside))
        warnings.warn(message, ScinerWarning, stacklevel=3)


def _run(
    name: str,
    folder: Path,
    settings: Settings,
    text: Text,
    facts: Dict[str, Any],
    narrate: Optional[Narrate],
    i: int,
    root: Path,
) -> None:
    """One method on the encoder in `folder`, which is replaced."""
    method: Method = import_module(f".{name.replace('-', '_')}", __package__).run
    title = f"{name}, {i + 1} of {len(settings.adapt.methods)}"
    report: Report = narrate(title) if narrate else lambda measured: None
    work = root / CHECKPOINTS / _key(name, folder, settings, root)
    adapted = folder.with_name(f"{folder.name}.adapted")
    shutil.rmtree(adapted, ignore_errors=True)
    try:
        result = method(Job(folder, adapted, work, text, settings, root, report))
        shutil.rmtree(folder)
        adapted.rename(folder)
    finally:
        shutil.rmtree(adapted, ignore_errors=True)
    facts["adapt"]["methods"].append({"method": name, **result.figures})
    facts["curves"].append({"method": name, "curve": result.curve})
    facts["checkpoints"].append(work)


def _key(name: str, folder: Path, settings: Settings, root: Path) -> str:
    """SHA-256 over all that the weights after each evaluation depend on."""
    exclude = settings.corpus_of(settings.corpus).exclude
    # The last two decide which text of a collection enters.
    parts = [name, repr(settings.adapt), settings.precision, repr(settings.convert), repr(exclude)]
    files: List[Path] = [folder, root / "corpus/pool.spacy", root / "corpus/gold"]
    named = [*settings.adapt.collections, *settings.adapt.concepts.files]
    files += [root / "assets" / settings.corpus / file for file in named]
    if settings.adapt.distil.teacher:
        files.append(Path(settings.adapt.distil.teacher.name))  # if it is a folder
    parts += [fingerprint(path) for path in files if path.exists()]
    parts += code_fingerprint(MODULES, LIBRARIES)
    return hashlib.sha256("\n".join(parts).encode("utf8")).hexdigest()[:16]


def _copy(source: EncoderSource, out: Path) -> Dict[str, Any]:
    return copy_encoder(source.name, out, sha256=source.sha256, keep_layers=source.keep_layers)
