// @ts-check
import { isAbort, prometheus } from "../api.js";
import { alertsOf, summary } from "../alerts/model.js";
import { poll } from "../poll.js";

const SECONDS = 15;

/**
 * Keep the header's light true, whatever view is open.
 * @param {(state: {state: string, text: string}) => void} show
 * @param {AbortSignal} signal
 */
export function watchFiring(show, signal) {
  poll(
    async () => {
      try {
        show(summary(alertsOf(await prometheus("rules", { params: { type: "alert" }, signal }))));
      } catch (error) {
        if (!isAbort(error)) show({ state: "unknown", text: "Alerts unknown" });
      }
    },
    { interval: () => SECONDS, signal },
  );
}
