/** What of a cell's outputs is recorded and compared. */
import { createCanvas, loadImage } from "canvas";
import { type CodeCell, hasTag, isJson, type MimeBundle, type RichOutput } from "./notebook.ts";
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

/**
 * Undefined where the cell puts out nothing.
 *
 * @param full whether it is compared with what the notebook has, in which unpublished pictures are cards
 */
export async function recordOf(cell: CodeCell, full: boolean): Promise<CellRecord | undefined> {
  const shown = cell.outputs.filter((output) => "data" in output);
  if (hasTag(cell, tags.trained) || (full && hasTag(cell, tags.unpublished))) {
    if (shown.length === 0) return undefined;
    return { kinds: shown.map(({ data }) => Object.keys(data).sort()) };
  }
  const stdout = streamOf(cell, "stdout");
  const stderr = streamOf(cell, "stderr");
  const error = cell.outputs.find((output) => output.output_type === "error");
  const record: OutputRecord = {
    ...(stdout && { stdout }),
    ...(stderr && { stderr }),
    ...(shown.length > 0 && { shown: await Promise.all(shown.map(comparable)) }),
    ...(error && { error: `${error.ename}: ${error.evalue}` }),
  };
  return Object.keys(record).length > 0 ? record : undefined;
}

function streamOf(cell: CodeCell, name: "stdout" | "stderr"): string {
  return cell.outputs
    .map((output) => (output.output_type === "stream" && output.name === name ? output.text : ""))
    .join("");
}

/** A chart comes as a picture and as the JSON it was drawn from; the picture speaks for both. */
async function comparable({ data, metadata }: RichOutput): Promise<MimeBundle> {
  const hasPicture = Object.keys(data).some(isPicture);
  const bundle: MimeBundle = {};
  for (const [type, value] of Object.entries(data)) {
    if (isPicture(type)) bundle[type] = await atShownSize(String(value), metadata[type]);
    else if (!hasPicture || !isJson(type)) bundle[type] = value;
  }
  return bundle;
}

/**
 * Pictures have more pixels than are shown on most screens. At the size that they are shown, a difference is as easy
 * to see, and their files are a quarter as large.
 */
async function atShownSize(base64: string, metadata: unknown): Promise<string> {
  const { width, height } = (metadata ?? {}) as { width?: number; height?: number };
  if (!width || !height) return base64;
  // What is no picture is told where it is compared.
  const image = await loadImage(Buffer.from(base64, "base64")).catch(() => undefined);
  if (!image || image.width <= width) return base64;
  const canvas = createCanvas(Math.round(width), Math.round(height));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return (await canvas.encode("png")).toString("base64");
}
