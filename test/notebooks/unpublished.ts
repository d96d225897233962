/**
 * Pictures of photographs that may be used, and not published: a full run, which records what the committed notebook
 * shows, puts a card in their place.
 */
import { createCanvas, loadImage } from "canvas";
import { fontFamily } from "../../lib/plot/fonts.ts";
import { type Cell, hasTag, isCode, type Notebook } from "./notebook.ts";
import { isPicture } from "./record.ts";
import { tags } from "./settings.ts";

const notice = [
  "Run the lesson to see these photographs:",
  "their licence keeps them off this page.",
];

/** The same notebook, with cards for the pictures of the cells that are tagged so. */
export async function withoutUnpublished(notebook: Notebook): Promise<Notebook> {
  return { ...notebook, cells: await Promise.all(notebook.cells.map(withCards)) };
}

async function withCards(cell: Cell): Promise<Cell> {
  if (!isCode(cell) || !hasTag(cell, tags.unpublished)) return cell;
  const outputs = cell.outputs.map(async (output) => {
    if (!("data" in output)) return output;
    const data = { ...output.data };
    for (const [type, picture] of Object.entries(data)) {
      if (isPicture(type)) data[type] = await cardFor(String(picture), type);
    }
    return { ...output, data };
  });
  return { ...cell, outputs: await Promise.all(outputs) };
}

/** A card as large as the picture. */
async function cardFor(picture: string, type: string): Promise<string> {
  const { width, height } = await loadImage(Buffer.from(picture, "base64"));
  const canvas = createCanvas(width, height);
  const context = canvas.getContext("2d");
  context.fillStyle = "#f3f4f6";
  context.fillRect(0, 0, width, height);
  context.fillStyle = "#4b5563";
  const size = Math.min(28, width / 24);
  context.font = `${size}px ${fontFamily}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const [line, text] of notice.entries()) {
    context.fillText(text, width / 2, height / 2 + (line - 0.5) * 1.5 * size);
  }
  const bytes = type === "image/png" ? canvas.toBuffer("image/png") : canvas.toBuffer("image/jpeg");
  return bytes.toString("base64");
}
