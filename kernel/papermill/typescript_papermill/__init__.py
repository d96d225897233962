"""Lets papermill give parameters to TypeScript notebooks.

Installed beside papermill it needs no import and no option: papermill loads its engines, and with them the translator.
"""

# First, as it imports the engine, and with it the translator, before it has come to its own end.
import papermill  # noqa: E402, F401
