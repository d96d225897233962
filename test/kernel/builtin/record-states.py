"""Writes states.json: what ipywidgets puts into the state of its widgets, for states.test.ts to compare with.

    python -m venv /tmp/ipywidgets && /tmp/ipywidgets/bin/pip install ipywidgets==8.1.9
    /tmp/ipywidgets/bin/python test/kernel/builtin/record-states.py
"""

import json
from pathlib import Path

import ipywidgets as widgets
from ipywidgets import Widget, interactive

# Name, arguments. The names of arguments are those of the state.
CASES = [
    ("IntSlider", {}),
    ("IntSlider", {"min": 5, "max": 10}),
    ("IntSlider", {"min": -9, "max": -3, "step": 2, "description": "depth", "orientation": "vertical"}),
    ("FloatSlider", {}),
    ("FloatSlider", {"value": 12.5, "min": 0, "max": 7.5, "readout_format": ".1f"}),
    ("FloatLogSlider", {}),
    ("FloatLogSlider", {"value": 1e9, "min": -3, "max": 3}),
    ("IntRangeSlider", {}),
    ("IntRangeSlider", {"value": [3, 300], "min": 10, "max": 50}),
    ("FloatRangeSlider", {}),
    ("SelectionSlider", {"options": ["a", "b"]}),
    ("SelectionRangeSlider", {"options": ["a", "b", "c"]}),
    ("IntText", {}),
    ("IntText", {"value": 7, "disabled": True}),
    ("FloatText", {}),
    ("BoundedIntText", {}),
    ("BoundedIntText", {"value": 200}),
    ("BoundedFloatText", {}),
    ("IntProgress", {}),
    ("IntProgress", {"value": 7, "max": 5, "bar_style": "success"}),
    ("FloatProgress", {}),
    ("Play", {}),
    ("Text", {}),
    ("Text", {"value": "é", "placeholder": "name"}),
    ("Textarea", {}),
    ("Password", {}),
    ("Combobox", {}),
    ("Combobox", {"options": ["x", "y"], "ensure_option": True}),
    ("Checkbox", {}),
    ("Checkbox", {"value": True, "indent": False}),
    ("ToggleButton", {}),
    ("Valid", {}),
    ("Button", {}),
    ("Button", {"description": "go", "button_style": "primary", "icon": "check"}),
    ("ToggleButtons", {}),
    ("ToggleButtons", {"options": ["a", "b"], "tooltips": ["1", "2"]}),
    ("RadioButtons", {}),
    ("RadioButtons", {"options": [["one", 1], ["two", 2]], "value": 2}),
    ("Dropdown", {}),
    ("Dropdown", {"options": ["a", "b"], "value": "b"}),
    ("Dropdown", {"options": {"one": 1, "two": 2}}),
    ("Select", {}),
    ("SelectMultiple", {}),
    ("SelectMultiple", {"options": ["a", "b", "c"], "value": ["a", "c"]}),
    ("ColorPicker", {}),
    ("DatePicker", {}),
    ("Label", {}),
    ("HTML", {}),
    ("HTML", {"value": "<b>1</b>"}),
    ("HTMLMath", {}),
    ("Image", {}),
    ("Audio", {}),
    ("Video", {}),
    ("FileUpload", {}),
    ("TagsInput", {}),
    ("Output", {}),
    ("Box", {}),
    ("HBox", {}),
    ("VBox", {}),
    ("VBox", {"box_style": "info"}),
    ("GridBox", {}),
    ("Accordion", {}),
    ("Tab", {}),
    ("Tab", {"titles": ["a"]}),
    ("Stack", {}),
]

ABBREVIATIONS = [5, 0, -3, 2.5, [0, 10], [1, 5, 2], [0.5, 2.0], [0.0, 1.0, 0.25], True, False, "text"]
# What is a list, not a pair or triple, in Python.
CHOICES = [["a", "b"], [1, 2, 3, 4], {"one": 1, "two": 2}]


def plain(widget):
    """A state as JSON, with the models that it names in their place."""

    def convert(value):
        if isinstance(value, (bytes, memoryview)):
            return {"bytes": bytes(value).hex()}
        if isinstance(value, str) and value.startswith("IPY_MODEL_"):
            return {"model": plain(widgets.widget._instances[value[10:]])}
        if isinstance(value, (list, tuple)):
            return [convert(item) for item in value]
        if isinstance(value, dict):
            return {key: convert(item) for key, item in value.items()}
        return value

    state = {key: convert(value) for key, value in sorted(widget.get_state().items())}
    return {key: "default" if key == "layout" and value == {"model": LAYOUT} else value for key, value in state.items()}


LAYOUT = None
LAYOUT = plain(widgets.Layout())


def abbreviated(value):
    return plain(interactive.widget_from_abbrev(value))


link = widgets.jslink((widgets.IntSlider(), "value"), (widgets.IntText(), "value"))
directional = widgets.jsdlink((widgets.IntSlider(), "value"), (widgets.IntProgress(), "max"))
recorded = {
    "ipywidgets": widgets.__version__,
    "layout": LAYOUT,
    "widgets": [{"name": name, "options": options, "state": plain(getattr(widgets, name)(**options))} for name, options in CASES],
    "abbreviations": [
        {"value": value, "state": abbreviated(tuple(value) if isinstance(value, list) else value)} for value in ABBREVIATIONS
    ]
    + [{"value": value, "state": abbreviated(value)} for value in CHOICES],
    "links": [plain(link), plain(directional)],
}
path = Path(__file__).with_name("states.json")
lines = json.dumps(recorded, ensure_ascii=False).replace('}, {"name"', '},\n{"name"').replace('}, {"value": ', '},\n{"value": ')
path.write_text(lines + "\n")
