/** A time limit for what the language server is asked. */

/** The server did not answer in time. It has been ended, and comes back with the next request. */
export class ServerTimeout extends Error {
  override readonly name = "ServerTimeout";
}

/** The promise's value, or a ServerTimeout after `left` ms, of the `limit` that the message names. */
export async function within<T>(
  promise: Promise<T>,
  left: number,
  limit: number,
  failure: string,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    const message = `TypeScript's language server ${failure} within ${limit / 1000} s.`;
    timer = setTimeout(() => reject(new ServerTimeout(message)), left);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
