// @ts-check

/**
 * Names of the alerts that Alertmanager keeps to itself: silenced or inhibited.
 * @param {{labels: Record<string, string>, status: {state: string}}[]} alerts
 * @returns {Set<string>}
 */
export function silencedOf(alerts) {
  return new Set(alerts.filter(({ status }) => status.state === "suppressed").map(({ labels }) => labels.alertname));
}
