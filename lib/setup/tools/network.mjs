import { Problem } from "../engine/problem.mjs";

/**
 * Whether npm's or pip's output tells of a registry that could not be reached.
 *
 * @param {string} output
 */
export const isNetworkFailure = (output) =>
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT|NewConnectionError|ConnectTimeoutError|NameResolutionError|ProxyError|Connection refused|Temporary failure in name resolution|Read timed out|Max retries exceeded/.test(
    output,
  );

/**
 * @param {string} place
 * @param {string} details
 */
export const noNetwork = (place, details) =>
  new Problem(
    `There is no connection to ${place}.`,
    "check the network (behind a proxy, set HTTPS_PROXY), then run the same command again",
    { details },
  );
