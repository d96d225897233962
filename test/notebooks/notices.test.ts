import assert from "node:assert/strict";
import type { CodeCell, Output } from "./notebook.ts";
import { dropNotices } from "./notices.ts";

const notice =
  "TypeScript's language server did not start within 5 s. The cell runs without a type check.\n";

const stderr = (text: string): Output => ({ output_type: "stream", name: "stderr", text });
const stdout = (text: string): Output => ({ output_type: "stream", name: "stdout", text });

function left(...outputs: Output[]): Output[] {
  const cell: CodeCell = {
    cell_type: "code",
    metadata: {},
    source: "1",
    execution_count: 1,
    outputs,
  };
  dropNotices([cell]);
  return cell.outputs;
}

describe("notices about the machine", () => {
  it("are taken out, with the output that holds nothing else", () => {
    assert.deepEqual(left(stderr(notice), stdout("1\n")), [stdout("1\n")]);
  });

  it("leave what else was said", () => {
    assert.deepEqual(left(stderr(`before\n${notice}after\n`)), [stderr("before\nafter\n")]);
  });

  it("are left where the lesson prints them", () => {
    assert.deepEqual(left(stdout(notice)), [stdout(notice)]);
  });
});
