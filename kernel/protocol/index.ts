export { readConnection } from "./connection.ts";
export type {
  CellOutcome,
  CellRequest,
  Completeness,
  Completions,
  Interpreter,
  InterpreterEvents,
} from "./interpreter.ts";
export { log, logOnce } from "./log.ts";
export { Server } from "./server.ts";
