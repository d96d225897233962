"""What papermill loads: an engine, which is papermill's own, and with it the translator."""

from papermill.engines import NBClientEngine
from papermill.translators import papermill_translators

from .translator import TypeScriptTranslator

papermill_translators.register("typescript", TypeScriptTranslator)


class TypeScriptEngine(NBClientEngine):
    """Runs a notebook as papermill does by default; "--engine typescript" makes no difference."""
