"""A small Label Studio on this machine, which answers a review's requests as 1.23 does."""

import json
import re
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from loopback import serving

LEGACY = "0123456789abcdef0123456789abcdef01234567"
PERSONAL = "eyJhbGciOi.eyJ0b2tlbl90.c2lnbmF0dXJl"


class Studio(BaseHTTPRequestHandler):
    """`projects` and `tasks` are the server's; `fail` has answers to a path's next requests."""

    def do_GET(self):
        self.act(None)

    def do_POST(self):
        self.act(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    do_PATCH = do_POST

    def act(self, body):
        server, url = self.server, urlsplit(self.path)
        server.asked.append((self.command, url.path))
        if server.fail.get(url.path) and (answer := server.fail[url.path].pop(0)):
            return self.send(*answer)
        if url.path == "/api/version":
            return self.send(200, {"release": "1.23.2"})
        if url.path == "/api/token/refresh":
            return self.refresh(body)
        sent = self.headers["Authorization"]
        if sent not in (f"Token {LEGACY}", f"Bearer access-{server.n_renewed}"):
            return self.send(401, {"detail": f"Invalid token: {sent}", "status_code": 401})
        return self.send(
            *self.answer(url.path, {k: v[0] for k, v in parse_qs(url.query).items()}, body)
        )

    def refresh(self, body):
        if body != {"refresh": PERSONAL}:
            return self.send(401, {"detail": "Token is invalid", "status_code": 401})
        self.server.n_renewed += 1
        return self.send(200, {"access": f"access-{self.server.n_renewed}"})

    def answer(self, path, query, body):
        projects, tasks = self.server.projects, self.server.tasks
        if path == "/api/projects" and body is None:
            found = [p for p in projects if query.get("title", "").lower() in p["title"].lower()]
            page = int(query["page"])
            some = found[page - 1 : page]  # one a page
            return 200, {"results": some, "next": "more" if page < len(found) else None}
        if path == "/api/projects":
            body["title"] = body["title"].strip()
            if len(body["title"]) < 3:
                reason = {"title": ["Ensure this field has at least 3 characters."]}
                return 400, {"detail": "Validation error", "validation_errors": reason}
            names = re.findall(r"<Label value=.(\w+)", body["label_config"])
            labels = {"label": {"labels": names}}
            project = {"id": len(projects) + 1, "model_version": "", "parsed_label_config": labels}
            projects.append({**body, **project})
            return 201, projects[-1]
        number, _, rest = path.removeprefix("/api/projects/").partition("/")
        project = projects[int(number) - 1]
        if rest == "import":
            tasks += [{"id": len(tasks) + i, **task} for i, task in enumerate(body)]
            return 201, {"task_count": len(body)}
        if rest == "export":
            assert query == {"exportType": "JSON", "download_all_tasks": "true"}
            return 200, tasks
        if rest == "model-versions/":
            return 200, {p["model_version"]: 1 for t in tasks for p in t.get("predictions", ())}
        project.update(body or {})
        return 200, project

    def send(self, status, values, headers=None):
        body = values if isinstance(values, bytes) else json.dumps(values).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def studying():
    """values: See `Studio`."""
    values = {"projects": [], "tasks": [], "asked": [], "fail": {}, "n_renewed": 0}
    return serving(Studio, **values)
