/**
 * Widgets: controls that a person moves in the notebook and that TypeScript reads and sets. They speak to the standard
 * widget managers, so their names, properties and defaults are those of ipywidgets, in camel case.
 * https://ipywidgets.readthedocs.io/en/stable/examples/Widget%20List.html
 */
export {
  type Abbreviation,
  type ArgumentOf,
  type ArgumentsOf,
  controlFor,
  Fixed,
  fixed,
} from "./abbreviations.ts";
export * from "./boxes.ts";
export type { Choices } from "./choices.ts";
export * from "./controls.ts";
export {
  ButtonStyle,
  CheckboxStyle,
  DescriptionStyle,
  DOMWidget,
  HTMLMathStyle,
  HTMLStyle,
  LabelStyle,
  Layout,
  ProgressStyle,
  SliderStyle,
  TextStyle,
  ToggleButtonStyle,
  ToggleButtonsStyle,
} from "./dom.ts";
export * from "./interact.ts";
export * from "./link.ts";
export * from "./media.ts";
export * from "./number-fields.ts";
export { Output, type StoredOutput } from "./output.ts";
export * from "./progress.ts";
export * from "./selection.ts";
export * from "./selection-multiple.ts";
export * from "./sliders.ts";
export * from "./texts.ts";
export { Widget } from "./widget.ts";
export type { Change, Message, Options, Stop } from "./widget-types.ts";
