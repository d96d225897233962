/** `npm run gallery`: cuts the README's pictures, one a lesson, out of the committed notebooks. */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createCanvas, loadImage } from "canvas";
import { runMain } from "../../lib/setup/commands/main.mjs";
import { Problem, Problems } from "../../lib/setup/engine/problem.mjs";
import { root } from "../../lib/setup/paths.mjs";
import { isCode, type RichOutput, readNotebook } from "./notebook.ts";
import { isPicture } from "./record.ts";

/** Which of a lesson's pictures, counted from 1, stands for it. */
const CHOSEN: Readonly<Record<string, number>> = {
  "01": 4,
  "02": 4,
  "03": 4,
  "04": 4,
  "05": 7,
  "06": 5,
  "07": 6,
  "08": 8,
  "09": 7,
  "10": 6,
  "11": 5,
  "12": 6,
  "13": 6,
  "14": 2,
  "15": 5,
};

/** Size of a card in pixels; twice that of the page, for dense screens. */
const CARD = { width: 560, height: 380, margin: 16 };

/** The pictures of a notebook, in order, as base64. */
async function picturesOf(file: string): Promise<string[]> {
  const { cells } = await readNotebook(file);
  return cells
    .filter(isCode)
    .flatMap(({ outputs }) => outputs)
    .filter((output): output is RichOutput => "data" in output)
    .map(({ data }) => Object.entries(data).find(([type]) => isPicture(type))?.[1])
    .filter((picture): picture is string => typeof picture === "string");
}

/** The picture, whole, in the middle of a white card, so that it can be read on a dark page too. */
async function card(picture: string): Promise<Buffer> {
  const { width, height, margin } = CARD;
  const image = await loadImage(Buffer.from(picture, "base64"));
  const scale = Math.min(
    (width - 2 * margin) / image.width,
    (height - 2 * margin) / image.height,
    2,
  );
  const [w, h] = [image.width * scale, image.height * scale];
  const canvas = createCanvas(width, height);
  const context = canvas.getContext("2d");
  context.fillStyle = "white";
  context.beginPath();
  context.roundRect(0, 0, width, height, 12);
  context.fill();
  context.imageSmoothingQuality = "high";
  context.drawImage(image, (width - w) / 2, (height - h) / 2, w, h);
  return canvas.toBuffer("image/png");
}

await runMain(async () => {
  const folder = join(root, "notebooks");
  const target = join(folder, "images", "gallery");
  await mkdir(target, { recursive: true });
  const problems: Problem[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const number = /^(\d\d)-.*\.ipynb$/.exec(name)?.[1];
    if (number === undefined) continue;
    const pictures = await picturesOf(join(folder, name));
    const picture = pictures[(CHOSEN[number] ?? 1) - 1];
    if (picture === undefined) {
      problems.push(
        new Problem(
          `${name} has ${pictures.length} pictures, so none of number ${CHOSEN[number] ?? 1}.`,
          "Record it with npm run lessons -- --full --update, or choose another in test/notebooks/gallery.ts.",
        ),
      );
      continue;
    }
    await writeFile(join(target, `${number}.png`), await card(picture));
    console.log(`${number}.png  ${name}`);
  }
  if (problems.length > 0) throw new Problems(problems);
  return 0;
});
