/** Progress of a download for people: a bar in a terminal, two lines elsewhere. */

export interface Progress {
  readonly received: number;
  /** Bytes in all, where the server says so. */
  readonly total: number | undefined;
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** `[██████····] 60 %  5.7 of 9.5 MB` */
export function progressText({ received, total }: Progress, width = 24): string {
  if (!total) return megabytes(received);
  const share = Math.min(1, received / total);
  const full = Math.round(share * width);
  const percent = `${Math.min(100, Math.floor((received * 100) / total))} %`.padStart(5);
  return `[${"█".repeat(full)}${"·".repeat(width - full)}] ${percent}  ${(received / 1e6).toFixed(1)} of ${megabytes(total)}`;
}

/** Shows the progress of one file on standard error. */
export function progressLine(name: string): {
  update: (progress: Progress) => void;
  end: () => void;
} {
  const stream = process.stderr;
  let shown = 0;
  let last: Progress | undefined;
  return {
    update(progress) {
      const first = last === undefined;
      last = progress;
      if (!stream.isTTY) {
        if (first)
          stream.write(
            `downloading ${name}${progress.total ? `, ${megabytes(progress.total)}` : ""} …\n`,
          );
        return;
      }
      const now = performance.now();
      if (!first && now - shown < 100 && progress.received !== progress.total) return;
      shown = now;
      stream.write(`\r\x1b[K${name} ${progressText(progress)}`);
    },
    end() {
      if (!last) return;
      stream.write(stream.isTTY ? "\n" : `${name}: ${megabytes(last.received)} received\n`);
    },
  };
}
