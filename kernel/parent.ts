/** Tells when the program that started the kernel has ended without ending the kernel. */

/** Milliseconds. */
const interval = 1_000;

/** @param parent the process that Jupyter says to watch, `JPY_PARENT_PID` */
export function whenParentEnds(parent: string | undefined, onEnd: () => void): void {
  const pid = Number(parent);
  // On Windows the variable holds a handle, which Node cannot wait for.
  if (!Number.isInteger(pid) || pid <= 1 || process.platform === "win32") return;
  const isDirect = process.ppid === pid;
  // Started by a program in between, such as a shell; a number that means nothing here is of another container.
  if (!isDirect && !exists(pid)) return;
  const timer = setInterval(() => {
    if (isDirect ? process.ppid === pid : exists(pid)) return;
    clearInterval(timer);
    onEnd();
  }, interval);
  timer.unref();
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
