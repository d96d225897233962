/** The kernel's own words, on stderr: Jupyter shows them in its log. */

const said = new Set<string>();

/** Says each thing once, so that a flood of bad messages is not a flood of lines. */
export function logOnce(line: string): void {
  if (said.has(line)) return;
  said.add(line);
  log(line);
}

export function log(line: string): void {
  process.stderr.write(`[typescript-kernel] ${line}\n`);
}
