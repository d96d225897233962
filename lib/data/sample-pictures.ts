/** The two photographs that come with scikit-learn, which the set-up installs. */
import { pythonPackageFile } from "../tensorflow/index.ts";

export interface SamplePicture {
  readonly name: string;
  /** The file, for `loadImage`. */
  readonly path: string;
  /** What it shows, for captions and text alternatives. */
  readonly title: string;
  readonly author: string;
  readonly licence: string;
  readonly licenceUrl: string;
  /** The photograph's page. */
  readonly source: string;
  /** The line to print with the picture. */
  readonly attribution: string;
}

const licence = "CC BY 2.0";
const licenceUrl = "https://creativecommons.org/licenses/by/2.0/";

const pictures = {
  "china.jpg": {
    title: "An octagonal pavilion above a lake",
    author: "danielbuechele",
    source: "https://www.flickr.com/photos/danielbuechele/6061409035/",
  },
  "flower.jpg": {
    title: "An orange dahlia in bloom",
    author: "vultilion",
    source: "https://www.flickr.com/photos/vultilion/6056698931/",
  },
} as const;

export type SamplePictureName = keyof typeof pictures;

function find(name: SamplePictureName): SamplePicture {
  const { title, author, source } = pictures[name];
  return {
    name,
    path: pythonPackageFile(["sklearn", "datasets", "images", name], `The sample picture ${name}`),
    title,
    author,
    licence,
    licenceUrl,
    source,
    attribution: `“${name}” by ${author}, ${licence}, by way of scikit-learn (${source})`,
  };
}

/**
 * @throws {Error} another name, or scikit-learn is not installed
 */
export function samplePicture(name: SamplePictureName): SamplePicture {
  if (!Object.hasOwn(pictures, name)) {
    const names = Object.keys(pictures).join(" and ");
    throw new Error(`There is no sample picture "${name}"; there are ${names}.`);
  }
  return find(name);
}

/** All sample pictures: china.jpg [427, 640, 3] and flower.jpg [427, 640, 3]. */
export function samplePictures(): SamplePicture[] {
  return (Object.keys(pictures) as SamplePictureName[]).map(find);
}
