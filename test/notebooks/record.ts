/** What of a cell's outputs is recorded and compared. */
import { type CodeCell, hasTag, isJson, type MimeBundle } from "./notebook.ts";
import { tags } from "./settings.ts";

/** Of a cell tagged `trained`: MIME types of its outputs, since all else varies. */
export interface KindsRecord {
  readonly kinds: readonly (readonly string[])[];
}

export interface OutputRecord {
  readonly stdout?: string;
  readonly stderr?: string;
  /** Results and displays, in their order; pictures in base64. */
  readonly shown?: readonly MimeBundle[];
  readonly error?: string;
}

export type CellRecord = KindsRecord | OutputRecord;

export const isPicture = (type: string): boolean => type === "image/png" || type === "image/jpeg";

/** Undefined where the cell puts out nothing. */
export function recordOf(cell: CodeCell): CellRecord | undefined {
  const shown = cell.outputs.flatMap((output) =>
    output.output_type === "stream" || output.output_type === "error" ? [] : [output.data],
  );
  if (hasTag(cell, tags.trained)) {
    return shown.length > 0 ? { kinds: shown.map((data) => Object.keys(data).sort()) } : undefined;
  }
  const streams = (name: string) =>
    cell.outputs
      .map((output) => (output.output_type === "stream" && output.name === name ? output.text : ""))
      .join("");
  const error = cell.outputs.find((output) => output.output_type === "error");
  const record: OutputRecord = {
    ...(streams("stdout") && { stdout: streams("stdout") }),
    ...(streams("stderr") && { stderr: streams("stderr") }),
    ...(shown.length > 0 && { shown: shown.map(comparable) }),
    ...(error && { error: `${error.ename}: ${error.evalue}` }),
  };
  return Object.keys(record).length > 0 ? record : undefined;
}

/** A chart comes as a picture and as the JSON it was drawn from; the picture speaks for both. */
function comparable(data: MimeBundle): MimeBundle {
  const entries = Object.entries(data);
  const hasPicture = entries.some(([type]) => isPicture(type));
  return Object.fromEntries(entries.filter(([type]) => !(hasPicture && isJson(type))));
}
