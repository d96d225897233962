"""The parameters that a cell declares, for `papermill --help-notebook`."""

import re

from papermill.models import Parameter

_DECLARATION = re.compile(r"(?:export\s+)?(?:let|const|var)\s+(?P<name>[\w$]+)\s*(?P<rest>.*)", re.DOTALL)

_OPEN = "([{"
_CLOSE = ")]}"


def inspect_parameters(source):
    """Of each variable its name, its type, its default and the comment behind it or above it."""
    parameters = []
    above = ""
    for code, comment in _statements(source):
        if code == "":
            above = comment
            continue
        found = _DECLARATION.fullmatch(code)
        if found:
            kind, value = _split(found["rest"])
            parameters.append(
                Parameter(
                    name=found["name"],
                    inferred_type_name=kind or _type_of(value),
                    default=value,
                    help=comment or above,
                )
            )
        above = ""
    return parameters


def _statements(source):
    """Pairs of a statement, its comments taken out, and the comment behind it; a comment alone comes without one."""
    code = ""
    comment = ""
    depth = 0
    for part in _parts(source):
        if part.startswith(("//", "/*")):
            lines = [line.strip(" \t/*") for line in part.splitlines()]
            text = " ".join(line for line in lines if line)
            comment = f"{comment} {text}".strip()
            if code.strip() == "" and part.startswith("/*"):
                code = ""
            continue
        if part == "\n":
            is_whole = depth == 0 and not re.search(r"(?:[=,:(\[{|&+\-*/?]|=>)\s*$", code)
            if code.strip() and is_whole:
                yield code.strip().rstrip(";").strip(), comment
                code, comment = "", ""
            elif code.strip():
                code += " "
            elif comment:
                yield "", comment
                comment = ""
            continue
        if depth == 0 and code.rstrip().endswith(";") and part.strip() and part != ";":
            yield code.strip().rstrip(";").strip(), comment
            code, comment = "", ""
        depth += (part in _OPEN) - (part in _CLOSE)
        code = f"{code.rstrip()};" if part == ";" and depth == 0 else code + part
    if code.strip():
        yield code.strip().rstrip(";").strip(), comment


def _parts(source):
    """Comments, strings and ends of lines whole, and all else sign by sign."""
    pattern = r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|\n|."""
    return re.findall(pattern, source, re.DOTALL)


def _split(rest):
    """`: type = value` as type and value."""
    depth = 0
    parts = _parts(rest)
    for index, part in enumerate(parts):
        if part in _OPEN or part == "<":
            depth += 1
        elif part in _CLOSE or (part == ">" and parts[index - 1] != "="):
            depth -= 1
        elif part == "=" and depth == 0 and (parts + [""])[index + 1] != ">":
            kind = "".join(parts[:index]).strip().removeprefix(":").strip()
            return _spaced(kind), _spaced("".join(parts[index + 1 :]).strip())
    return _spaced(rest.strip().removeprefix(":").strip()), "undefined"


def _spaced(text):
    return re.sub(r"\s+", " ", text)


def _type_of(value):
    """The type of a literal; "None", papermill's word, where it takes more than a look."""
    if re.fullmatch(r"[-+]?(?:\d[\d_]*(?:\.\d*)?(?:e[-+]?\d+)?|\.\d+|0x[\da-f]+|Infinity|NaN)", value, re.IGNORECASE):
        return "number"
    if re.fullmatch(r"-?\d+n", value):
        return "bigint"
    if re.fullmatch(r"true|false", value):
        return "boolean"
    if re.fullmatch(r"""(["'`]).*\1""", value):
        return "string"
    return {"null": "null", "undefined": "undefined"}.get(value, "None")
