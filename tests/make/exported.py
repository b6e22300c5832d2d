"""What scripts that export programs share: traces without the paths of this machine, archives without dates."""

import io
import re
import zipfile


def scrubbed(program):
    """The exported program, in whose traces only the frames of the scripts here are left, without their folders."""
    for module in program.graph_module.modules():
        for node in getattr(getattr(module, "graph", None), "nodes", []):
            # What a node was made from is told by addresses.
            node.meta.pop("from_node", None)
            trace = node.meta.get("stack_trace")
            if trace:
                frames = re.split(r'\n(?= *File ")', trace)
                own = [re.sub(r'File "[^"]*/', 'File "', frame) for frame in frames if "/make/" in frame]
                node.meta["stack_trace"] = "\n".join(own)
    return program


def repacked(data, method=zipfile.ZIP_STORED):
    """The same ZIP archive without the time of writing, perhaps deflated."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", method) as new:
        for entry in old.infolist():
            new.writestr(zipfile.ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0)), old.read(entry), method)
    return stream.getvalue()
