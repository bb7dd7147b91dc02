// @ts-check

/**
 * Runs at most `most` tasks at a time, in the order they came; the rest wait.
 * @param {number} most
 * @returns {<T>(task: () => Promise<T>) => Promise<T>}
 */
export function limit(most) {
  /** @type {(() => void)[]} */
  const waiting = [];
  let running = 0;
  const next = () => {
    running -= 1;
    waiting.shift()?.();
  };
  return async (task) => {
    if (running >= most) await new Promise((resolve) => waiting.push(() => resolve(undefined)));
    running += 1;
    try {
      return await task();
    } finally {
      next();
    }
  };
}
