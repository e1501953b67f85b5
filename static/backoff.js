// Polling intervals: as the response says, longer after errors and in hidden tabs.

export const HIDDEN = 15_000; // the shortest interval in a hidden tab, in milliseconds
const REFUSED = 1_000, DOUBLINGS = 6; // the interval after an error doubles with each further one

export function pause(refusals, response, usual) {
  if (!refusals) return usual;
  const requested = 1000 * Number(response?.headers.get("Retry-After") ?? 0) || 0;
  const longest = Math.max(usual, requested, REFUSED * 2 ** Math.min(refusals - 1, DOUBLINGS));
  return longest * (1 + Math.random() / 4); // jitter, so that refused clients do not all return at once
}
