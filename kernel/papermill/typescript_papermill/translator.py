"""Parameters as TypeScript, and the parameters that a cell of TypeScript declares."""

import datetime
import json
import math
import re

from papermill.translators import Translator

from .inspection import inspect_parameters

_LARGEST_SAFE_INTEGER = 2**53 - 1

_IDENTIFIER = re.compile(r"[^\W\d][\w$]*|\$[\w$]*")

_RESERVED = frozenset(
    "await break case catch class const continue debugger default delete do else enum export extends false finally "
    "for function if implements import in instanceof interface let new null package private protected public return "
    "static super switch this throw true try typeof var void while with yield arguments eval".split()
)


class TypeScriptTranslator(Translator):
    """Writes a cell that sets parameters. Where the notebook declares them with `let`, they keep their types."""

    @classmethod
    def translate_none(cls, val):
        return "null"

    @classmethod
    def translate_bool(cls, val):
        return "true" if val else "false"

    @classmethod
    def translate_int(cls, val):
        """An integer that no number can hold is a bigint, so that it does not silently become another one."""
        return str(val) if abs(val) <= _LARGEST_SAFE_INTEGER else f"{val}n"

    @classmethod
    def translate_float(cls, val):
        if math.isnan(val):
            return "NaN"
        if math.isinf(val):
            return "Infinity" if val > 0 else "-Infinity"
        return repr(float(val))

    @classmethod
    def translate_str(cls, val):
        text = json.dumps(val, ensure_ascii=False)
        # Ends of lines to some programs, and halves of characters, which no file can hold.
        return re.sub(r"[\u2028\u2029\ud800-\udfff\x7f]", lambda found: f"\\u{ord(found[0]):04x}", text)

    @classmethod
    def translate_dict(cls, val):
        if not val:
            return "{}"
        items = [f"{cls._key(key)}: {cls.translate(value)}" for key, value in val.items()]
        return f"{{ {', '.join(items)} }}"

    @classmethod
    def translate_list(cls, val):
        return f"[{', '.join(cls.translate(each) for each in val)}]"

    @classmethod
    def translate(cls, val):
        """Also takes what YAML, a calling program or NumPy may hand over.

        Dates become text in ISO 8601, as TypeScript has no literal for them.
        """
        if isinstance(val, (tuple, set, frozenset)):
            return cls.translate_list(sorted(val) if isinstance(val, (set, frozenset)) else list(val))
        if isinstance(val, (datetime.date, datetime.time)):
            return cls.translate_str(val.isoformat())
        if val is None or isinstance(val, (str, bool, int, float, dict, list)):
            return super().translate(val)
        if hasattr(val, "__fspath__"):
            return cls.translate_str(val.__fspath__())
        if hasattr(val, "tolist"):
            return cls.translate(val.tolist())
        raise TypeError(
            f"A parameter holds {val!r} of type {type(val).__name__}, expected None, text, a number, True or False, a "
            "date, or lists and dictionaries of these."
        )

    @classmethod
    def comment(cls, cmt_str):
        return f"// {cmt_str}".strip()

    @classmethod
    def assign(cls, name, str_val):
        if not _IDENTIFIER.fullmatch(name) or name in _RESERVED:
            raise ValueError(f"The parameter {name!r} is not a name in TypeScript; expected one such as learningRate.")
        return f"let {name} = {str_val};"

    @classmethod
    def codify(cls, parameters, comment="Parameters"):
        # By these words the kernel knows that the cell sets what the notebook declares.
        return super().codify(parameters, f"{comment} (set by papermill)")

    @classmethod
    def inspect(cls, parameters_cell):
        return inspect_parameters(parameters_cell["source"])

    @classmethod
    def _key(cls, key):
        text = key if isinstance(key, str) else cls._key_text(key)
        # `{ __proto__: … }` would be the object's prototype.
        if text == "__proto__":
            return '["__proto__"]'
        return text if _IDENTIFIER.fullmatch(text) and text.isascii() else cls.translate_str(text)

    @classmethod
    def _key_text(cls, key):
        if key is None or isinstance(key, bool):
            return json.dumps(key)
        return cls.translate(key).strip('"').removesuffix("n") if isinstance(key, int) else str(key)
