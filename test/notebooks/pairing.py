"""Says as JSON how notebooks and their text forms look to jupytext: `pairing.py NOTEBOOK…`"""

import json
import sys
from pathlib import Path

import jupytext


def content(notebook):
    return {
        "kernel": notebook.metadata.get("kernelspec", {}).get("name"),
        "cells": [
            {"type": cell.cell_type, "source": cell.source, "metadata": cell.metadata}
            for cell in notebook.cells
        ],
    }


def pair(path):
    notebook = jupytext.read(path)
    as_text = jupytext.writes(notebook, fmt="ts:percent")
    text = path.with_suffix(".ts")
    return {
        "name": path.name,
        "notebook": content(notebook),
        "text": content(jupytext.read(text)) if text.exists() else None,
        "roundTrip": content(jupytext.reads(as_text, fmt="ts:percent")),
    }


print(json.dumps([pair(Path(argument)) for argument in sys.argv[1:]]))
