"""The GROBID engine: our request, scipdf-parser's conversion.

scipdf-parser's own request has no timeout, looks at no status and takes an error page for a paper.
"""

import re
import time
import warnings
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple, Union

from ..errors import Errors, ScinerError
from ..settings.tree import Grobid
from .scipdf_json import Section, read_article
from .text import normalise

COMPOSE = "assets/grobid/compose.yml"
PATIENCE_S = 60  # a crashed server is waited for
BUSY = 503  # all of GROBID's workers have a paper
GATEWAY = (502, 504)  # what stands before a server that is gone
# scipdf-parser takes the words of elements that stand side by side for one.
_PARTING = re.compile(r"</?(?:s|list|item|label|quote|table|row|cell)\b[^>]*>|<[lpc]b\b[^>]*>")
_CLOSING = re.compile(r" (?=[,.;:!?)\]])")
Outcome = Union[List[Section], ScinerError]


class ServerGone(ScinerError):
    """Nobody answers: no fault of a paper."""


def parse_pdfs(paths: Sequence[Path], settings: Grobid) -> Iterator[Tuple[int, Outcome]]:
    """Parse PDFs, yielding (index, paragraphs or why there are none) as the answers arrive.

    RAISES (ScinerError): SCINER-E130 if there is no server at all, or none any more: the papers
        that are left would be set aside for good.
    """
    if not paths:
        return
    check_server(settings)
    queue = list(enumerate(paths))[::-1]
    with ThreadPoolExecutor(settings.concurrency) as pool:
        running: Dict[Future[bytes], int] = {}
        while queue or running:
            while queue and len(running) < settings.concurrency:
                i, path = queue.pop()
                running[pool.submit(request_tei, path, settings)] = i
            gone: Optional[ServerGone] = None
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                i = running.pop(done)
                try:
                    yield i, convert_tei(done.result(), file=paths[i].name)
                except ServerGone as e:
                    gone = e
                except ScinerError as e:
                    yield i, e
            if gone:
                raise gone


def check_server(settings: Grobid, *, after: str = "") -> None:
    """One question before hundreds of papers wait for a server that is not there.

    after (str): The paper with which the connection broke. Then it is asked for a while: a server
        that a paper has crashed may be on its way back.
    RAISES (ServerGone): SCINER-E130.
    """
    end = time.monotonic() + (PATIENCE_S if after else 0)
    while reason := _why_not_alive(settings):
        if time.monotonic() >= end:
            reason += f" since {after}, which may have crashed it" if after else ""
            raise ServerGone(Errors.E130.format(url=settings.url, reason=reason, compose=COMPOSE))
        time.sleep(1)


def _why_not_alive(settings: Grobid) -> str:
    """Nothing for a server that answers."""
    import requests

    try:
        answer = requests.get(f"{settings.url.rstrip('/')}/api/isalive", timeout=10)
    except requests.RequestException as e:
        return type(e).__name__
    return "" if answer.status_code in (200, BUSY) else f"it answers {answer.status_code}"


def request_tei(path: Path, settings: Grobid) -> bytes:
    """Send one PDF; when the server is busy, wait as long as it says and try again.

    RAISES (ScinerError): SCINER-E131 timeout, E132 any other status, E133 still busy,
        E135 connection lost, E130 if it is lost for the others, too.
    """
    import requests

    from ..http import patient_session

    url = f"{settings.url.rstrip('/')}/api/processFulltextDocument"
    files = {"input": (path.name, path.read_bytes(), "application/pdf")}
    try:
        with patient_session(settings.retries, statuses=(BUSY,)) as session:
            answer = session.post(url, files=files, timeout=settings.timeout_s)
    except requests.ReadTimeout as e:
        message = Errors.E131.format(file=path.name, seconds=settings.timeout_s)
        raise ScinerError(message) from e
    except requests.RequestException as e:
        check_server(settings, after=path.name)
        message = Errors.E135.format(file=path.name, reason=type(e).__name__)
        raise ScinerError(message) from e
    if answer.status_code in GATEWAY:
        check_server(settings, after=path.name)
    if answer.status_code == BUSY:
        raise ScinerError(Errors.E133.format(file=path.name, retries=settings.retries))
    if answer.status_code != 200:
        reason = _plain(answer.text) or "no content"
        message = Errors.E132.format(status=answer.status_code, file=path.name, reason=reason)
        raise ScinerError(message)
    return answer.content


def convert_tei(content: bytes, *, file: str) -> List[Section]:
    """TEI → paragraphs by scipdf-parser.

    RAISES (ScinerError): SCINER-E134 if it is no TEI, or one that scipdf-parser fails on.
    """
    from bs4 import BeautifulSoup
    from scipdf.pdf.parse_pdf import convert_article_soup_to_dict

    text = content.decode("utf8", "replace")
    if "<TEI" not in text or "</TEI>" not in text:
        raise ScinerError(Errors.E134.format(file=file, reason=_plain(text) or "it is empty"))
    with warnings.catch_warnings():
        # scipdf-parser reads TEI with the HTML parser; its headings depend on it.
        warnings.simplefilter("ignore")
        soup = BeautifulSoup(_PARTING.sub(r" \g<0> ", text), "lxml")
        _prepare(soup)
        try:
            article = convert_article_soup_to_dict(soup)
        except (AttributeError, IndexError, KeyError, TypeError) as e:
            reason = f"scipdf-parser fails on it ({type(e).__name__}: {e})"
            raise ScinerError(Errors.E134.format(file=file, reason=reason)) from e
    return read_article(article, file=file)


def _prepare(soup: Any) -> None:
    """What scipdf-parser fails on, or reads wrong, in a form that it reads right.

    It fails on a figure without a label and on a TEI without abstract or text, takes a line end for
    a paragraph's, and of an abstract's paragraphs keeps the elements and not the words.
    """
    for left_out in soup.find_all(["figure", "formula", "note"]):
        left_out.replace_with(" ")
    for paragraph in soup.find_all("p"):
        paragraph.string = _CLOSING.sub("", normalise(paragraph.get_text()))
    for name in ("abstract", "text", "sourcedesc", "publicationstmt"):
        if soup.find(name) is None:
            soup.append(soup.new_tag(name))
    for abstract in soup.find_all("abstract"):
        texts = [p.get_text() for p in abstract.find_all("p")] or [normalise(abstract.get_text())]
        abstract.clear()
        for text in texts:
            outer = soup.new_tag("div")
            inner = soup.new_tag("p")
            inner.string = text
            outer.append(inner)
            abstract.append(outer)


def _plain(text: str) -> str:
    """The beginning of an answer without its markup."""
    text = re.sub(r"(?is)<(script|style).*?</\1>|<[^>]*>", " ", text)
    return " ".join(text.split())[:120]
