"""The defaults of attributes, from the documentation of operators of all formats: static/ops/defaults.json.

The page loads them with its program: what a node does not state is shown at once, and without a request that a file would cause.
"""

import json

from common import ROOT

OPERATORS = ROOT / "static" / "ops"
TARGET = OPERATORS / "defaults.json"


def usual(entry):
    """Name, type, default, and the version from which on they hold, of the attributes of an operator that have a default."""
    found = []
    for attribute in entry.get("attributes", []):
        if "default" in attribute:
            row = [attribute["name"], attribute.get("type", ""), attribute["default"]]
            found.append(row + [attribute["since"]] if "since" in attribute else row)
    return found


if __name__ == "__main__":
    lines = []
    for path in sorted(OPERATORS.glob("*.json")):
        if path == TARGET:
            continue
        operators = {key: usual(entry) for key, entry in json.loads(path.read_text(encoding="utf-8"))["operators"].items()}
        rows = [f"{json.dumps(key)}:{json.dumps(rows, ensure_ascii=False, separators=(',', ':'))}" for key, rows in operators.items() if rows]
        if rows:
            lines.append(f"{json.dumps(path.stem)}:{{\n" + ",\n".join(rows) + "\n}")
    TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{TARGET.stat().st_size:7} {TARGET.relative_to(ROOT)}")
