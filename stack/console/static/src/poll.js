// @ts-check

/**
 * Call `work` at once and again `interval` seconds after it ended, while the page is visible.
 * @param {() => Promise<void>} work
 * @param {{interval: () => number, signal: AbortSignal}} options interval 0: only once
 * @returns {() => void} call it to run now, such as after the interval changed
 */
export function poll(work, { interval, signal }) {
  let timer = 0;
  let running = false;
  let again = false;

  const later = () => {
    clearTimeout(timer);
    if (interval() > 0 && !signal.aborted && !document.hidden) timer = window.setTimeout(run, interval() * 1000);
  };
  const run = async () => {
    clearTimeout(timer);
    if (signal.aborted) return;
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      await work();
    } finally {
      running = false;
    }
    if (again) {
      again = false;
      run();
    } else later();
  };

  const visible = () => (document.hidden ? clearTimeout(timer) : interval() > 0 && run());
  document.addEventListener("visibilitychange", visible, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  run();
  return run;
}
