// @ts-check

/** Why a request brought no answer that can be shown. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {{status?: number, code?: string}} [details] status 0: no answer at all
   */
  constructor(message, { status = 0, code = "" } = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
  }
}

const LONGEST_ADDRESS = 1800;
const PATIENCE = 20_000;

/**
 * JSON from the console's backend.
 * @param {string} path below /api
 * @param {{params?: Record<string, string | number | undefined>, signal?: AbortSignal}} [options]
 * @returns {Promise<any>}
 */
export async function getJson(path, { params = {}, signal } = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params))
    if (value !== undefined && value !== "") query.set(name, String(value));
  const address = `/api/${path}`;
  const long = address.length + query.toString().length > LONGEST_ADDRESS;
  const response = long
    ? await request(address, { method: "POST", body: query, signal })
    : await request(query.size > 0 ? `${address}?${query}` : address, { signal });
  return body(response);
}

/**
 * Text from the console's backend.
 * @param {string} path below /api
 * @param {{signal?: AbortSignal}} [options]
 */
export async function getText(path, { signal } = {}) {
  return (await request(`/api/${path}`, { signal })).text();
}

/**
 * @param {string} path below /api
 * @param {unknown} [data] sent as JSON
 * @returns {Promise<any>}
 */
export async function postJson(path, data) {
  const headers = { "Content-Type": "application/json" };
  const response = await request(`/api/${path}`, { method: "POST", headers, body: JSON.stringify(data ?? {}) });
  return response.status === 204 ? null : body(response);
}

/**
 * Prometheus' `data` of one of its endpoints.
 * @param {string} endpoint such as `query_range`
 * @param {{params?: Record<string, string | number | undefined>, signal?: AbortSignal}} [options]
 */
export async function prometheus(endpoint, options) {
  return (await getJson(`prometheus/${endpoint}`, options)).data;
}

/**
 * @param {string} address
 * @param {RequestInit} init
 */
async function request(address, init) {
  const patience = AbortSignal.timeout(PATIENCE);
  const signal = init.signal ? AbortSignal.any([init.signal, patience]) : patience;
  let response;
  try {
    response = await fetch(address, { ...init, signal, credentials: "same-origin" });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError(
      patience.aborted ? `No answer within ${PATIENCE / 1000} s.` : "The console's server does not answer.",
    );
  }
  if (!response.ok) throw await refused(response);
  return response;
}

/** @param {Response} response */
async function body(response) {
  try {
    return await response.json();
  } catch {
    throw new ApiError("The answer is not JSON.", { status: response.status });
  }
}

/** @param {Response} response */
async function refused(response) {
  const problem = await response.json().catch(() => null);
  const reason = problem?.detail ?? problem?.error ?? problem?.title;
  const text =
    typeof reason === "string" && reason !== ""
      ? reason
      : `The server answered ${response.status} ${response.statusText}.`;
  if (response.status === 401) window.dispatchEvent(new CustomEvent("plainview:signed-out"));
  return new ApiError(text, { status: response.status, code: problem?.code ?? problem?.errorType ?? "" });
}

/**
 * True for what `AbortController.abort` causes: the view went away, nothing failed.
 * @param {unknown} error
 */
export function isAbort(error) {
  return error instanceof DOMException && error.name === "AbortError";
}
