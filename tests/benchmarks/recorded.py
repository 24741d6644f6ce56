"""Results as `record.read` gives them."""

from typing import Any, Dict, List


def recorded(rows: List[Dict[str, Any]], name: str = "r", **changes: Any) -> Dict[str, Any]:
    result = {
        "name": name,
        "command": "python benchmarks/speed/speed.py",
        "commit": "abc1234",
        "machine": "a machine",
        "versions": {"torch": "2.0"},
        "date": "2026-01-01",
        "rows": rows,
    }
    return {**result, **changes}
