// @ts-check

/**
 * The alerts that Alertmanager keeps to itself, silenced or inhibited, by `labelKey`.
 * @param {{labels: Record<string, string>, status: {state: string}}[]} alerts
 * @returns {Set<string>}
 */
export function silencedOf(alerts) {
  return new Set(alerts.filter(({ status }) => status.state === "suppressed").map(({ labels }) => labelKey(labels)));
}

/**
 * A text that is the same for the same labels.
 * @param {Record<string, string>} labels
 */
export function labelKey(labels) {
  return JSON.stringify(Object.entries(labels).sort());
}
