"""`sciner assets`: public corpora into assets/, from the network or from a folder that has them."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any, Dict, List, Optional
from urllib.parse import urlsplit

import typer

from ..errors import Errors, ScinerError, Warnings
from ..files import replacing, write_text
from .blobs import fetch_blobs, read_blob_ids

Asset = Dict[str, Any]


def assets(
    corpus: Annotated[str, typer.Option(help="Folder below assets/, such as acl or scierc.")],
    mirror: Annotated[
        Optional[Path],
        typer.Option(help="A folder with the files: no network.", envvar="SCINER_MIRROR"),
    ] = None,
    project: Annotated[Path, typer.Option(help="Addresses and checksums.")] = Path("project.yml"),
    force: Annotated[
        bool, typer.Option("--force", help="Replace what is there and is not what is listed.")
    ] = False,
) -> None:
    """Fetch a public corpus into assets/CORPUS, checked; what is there already stays."""
    wanted = [asset for asset in list_assets(project, corpus) if not mirror or "mirror" in asset]
    root = project.parent
    missing = [asset for asset in wanted if not _is_there(root / asset["dest"], asset)]
    by_hand = [asset for asset in missing if not _can_be_had(asset, mirror)]
    missing = [asset for asset in missing if asset not in by_hand]
    own = [asset["dest"] for asset in missing if _is_something(root / asset["dest"])]
    if own and not force:
        raise ScinerError(Errors.E572.format(paths=", ".join(own), path=project))
    if missing:
        # Beside the destination, so that the last step is a rename.
        (root / "assets").mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root / "assets", prefix=".fetch-") as name:
            if mirror:
                _copy(missing, mirror, Path(name), corpus=corpus)
            else:
                _download(missing, Path(name), corpus=corpus, root=root)
            for asset in missing:
                with replacing(root / asset["dest"]) as part:
                    os.replace(Path(name) / asset["dest"], part)
    # A stage's folder may be empty, not absent.
    (root / "assets" / corpus / "papers").mkdir(parents=True, exist_ok=True)
    for asset in wanted:
        if asset in by_hand and not (root / asset["dest"]).exists():
            typer.echo(f"⚠ {Warnings.W501.format(corpus=corpus, **asset)}", err=True)
        else:
            state = "fetched" if asset in missing else "already there"
            typer.echo(f"{asset['dest']}: {state}")


def list_assets(project: Path, corpus: str) -> List[Asset]:
    """The entries of project.yml's `assets` that go into assets/<corpus>/.

    RAISES (ScinerError): SCINER-E503 if there are none, SCINER-E502 if it is no such file.
    """
    from ..settings import read_yaml

    read = read_yaml(project)
    every: Any = read.get("assets") if isinstance(read, dict) else None
    if not isinstance(every, list):
        raise ScinerError(Errors.E502.format(path=project, reason="it has no list `assets`"))
    found = [asset for asset in every if asset["dest"].startswith(f"assets/{corpus}/")]
    if not found:
        known = sorted({asset["dest"].split("/")[1] for asset in every})
        raise ScinerError(Errors.E503.format(path=project, corpus=corpus, known=", ".join(known)))
    return found


def _is_there(path: Path, asset: Asset) -> bool:
    from weasel.util import get_checksum

    sums = [asset[key] for key in ("checksum", "mirror_checksum") if key in asset]
    if path.is_dir():
        return any(path.iterdir()) and get_checksum(path) in sums
    # Without a sum of its own, a file from the network can only be known to be there.
    return path.is_file() and ("checksum" not in asset or get_checksum(path) in sums)


def _is_something(path: Path) -> bool:
    return any(path.iterdir()) if path.is_dir() else path.exists()


def _can_be_had(asset: Asset, mirror: Optional[Path]) -> bool:
    """Whether to try: a file without an address comes from a mirror or is made by hand."""
    return bool(_address(asset) or (mirror and (mirror / asset["mirror"]).exists()))


def _copy(wanted: List[Asset], mirror: Path, out: Path, *, corpus: str) -> None:
    absent = [asset["mirror"] for asset in wanted if not (mirror / asset["mirror"]).exists()]
    if absent:
        looked = ", ".join(str(mirror / path) for path in absent)
        raise _unreachable(wanted, corpus=corpus, looked=looked, reason="Not there.")
    for asset in wanted:
        source, dest = mirror / asset["mirror"], out / asset["dest"]
        dest.parent.mkdir(parents=True, exist_ok=True)
        # copyfile: a mirror may be read-only, the copy must not be.
        if source.is_dir():
            dest.mkdir()
            for path in sorted(source.glob("*.json")):
                shutil.copyfile(path, dest / path.name)
        else:
            shutil.copyfile(source, dest)
        _check(dest, asset.get("mirror_checksum", asset.get("checksum")), shown=source)


def _download(wanted: List[Asset], out: Path, *, corpus: str, root: Path) -> None:
    """What `spacy project assets` does, for these assets and into another folder; and blobs."""
    import json

    # JSON is YAML.
    files = [asset for asset in wanted if "url" in asset]
    write_text(out / "project.yml", json.dumps({"assets": files}))
    for asset in wanted:
        (out / asset["dest"]).parent.mkdir(parents=True, exist_ok=True)
    heard = ""
    if files:
        command = [sys.executable, "-m", "weasel", "assets", str(out)]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf8")
        heard = (done.stdout + done.stderr).replace(str(out) + os.sep, "")
    if all((out / asset["dest"]).exists() for asset in files):
        for i, asset in enumerate(asset for asset in wanted if "blobs" in asset):
            ids, scratch = read_blob_ids(root / asset["blobs"]), out / f".git-{i}"
            dest = out / asset["dest"]
            heard = fetch_blobs(asset["git"]["repo"], ids, out=dest, scratch=scratch)
    absent = [asset for asset in wanted if not (out / asset["dest"]).exists()]
    if absent:
        raise _unreachable(
            wanted,
            corpus=corpus,
            looked=", ".join(_address(asset) for asset in absent),
            reason="The last that was heard: " + " ".join(heard.split())[-300:] + ".",
        )
    for asset in files:
        _check(out / asset["dest"], asset.get("checksum"), shown=_address(asset))


def _check(path: Path, expected: Optional[str], *, shown: object) -> None:
    from weasel.util import get_checksum

    if expected and (found := get_checksum(path)) != expected:
        raise ScinerError(Errors.E505.format(path=shown, found=found, expected=expected))


def _address(asset: Asset) -> str:
    """Where it is on the network; "" if nowhere."""
    return str(asset.get("url") or asset.get("git", {}).get("repo", ""))


def _unreachable(wanted: List[Asset], *, corpus: str, looked: str, reason: str) -> ScinerError:
    hosts = {urlsplit(_address(asset)).netloc for asset in wanted if _address(asset)}
    files = ", ".join(asset["mirror"] for asset in wanted if "mirror" in asset)
    return ScinerError(
        Errors.E504.format(
            corpus=corpus,
            looked=looked,
            reason=reason,
            hosts=" and ".join(sorted(hosts)),
            files=files,
        )
    )
