"""Reads files of all kinds, in parallel where it pays, through the cache."""

import os
from functools import partial
from pathlib import Path
from typing import Iterator, List, Tuple, Union

from ..errors import Errors, ScinerError
from ..settings.tree import Parse
from .cache import Cache, cache_key
from .embedded import read_pdf
from .glyphs import count_layer
from .grobid import parse_pdfs
from .isolation import run_isolated
from .loss import Parsed
from .scipdf_json import parse_json
from .sources import Source
from .xml_kinds import parse_xml

PDF_TIMEOUT_S = 120.0  # for one PDF; the slowest sound one seen took 3
Outcome = Union[Parsed, ScinerError]


class Reader:
    """Yields what each file gave, or why it gave nothing, as they are ready."""

    def __init__(self, settings: Parse, cache: Cache) -> None:
        self.settings = settings
        self.cache = cache
        self.from_cache = 0

    def read(self, sources: List[Source]) -> Iterator[Tuple[Source, Outcome]]:
        pdfs: List[Tuple[Source, str]] = []
        for source in sources:
            try:
                key = cache_key(source.path.read_bytes(), kind=self._kind(source))
                parsed = self.cache.load(key)
                if parsed is not None:
                    self.from_cache += 1
                elif source.kind == "pdf":
                    pdfs.append((source, key))
                    continue
                else:
                    read = parse_xml if source.kind == "tei" else parse_json
                    parsed = Parsed(read(source.path))
                    self.cache.save(key, parsed)
                yield source, parsed
            except ScinerError as e:
                yield source, e
            except OSError as e:
                reason = Errors.E124.format(file=source.path.name, reason=e.strerror or e)
                yield source, ScinerError(reason)
        for i, outcome in self._read_pdfs([source.path for source, _ in pdfs]):
            source, key = pdfs[i]
            if not isinstance(outcome, ScinerError):
                self.cache.save(key, outcome)
            yield source, outcome

    def _read_pdfs(self, paths: List[Path]) -> Iterator[Tuple[int, Outcome]]:
        workers = self.settings.workers or os.cpu_count() or 1
        files = [str(path) for path in paths]
        isolated = partial(run_isolated, files=files, workers=workers, timeout_s=PDF_TIMEOUT_S)
        if self.settings.engine != "grobid":
            yield from isolated(read_pdf)
            return
        n_words = {i: n for i, n in isolated(count_layer) if not isinstance(n, ScinerError)}
        for i, outcome in parse_pdfs(paths, self.settings.grobid):
            yield (
                i,
                outcome if isinstance(outcome, ScinerError) else Parsed(outcome, n_words.get(i, 0)),
            )

    def _kind(self, source: Source) -> str:
        by_grobid = source.kind == "pdf" and self.settings.engine == "grobid"
        return f"grobid {self.settings.grobid.url}" if by_grobid else source.kind
