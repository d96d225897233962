export {
  check,
  type Expectation,
  GateError,
  gate,
  type Range,
  type Settings,
  skip,
} from "./gate.ts";
