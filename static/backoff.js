// When to look again at what changes: as the answer says, and later where the site has no time or nobody looks.

export const HIDDEN = 15_000; // in a tab that nobody sees, at most so often
const REFUSED = 1_000, DOUBLINGS = 6; // after a refusal, and twice as long after each further one

export function pause(refusals, response, usual) {
  if (!refusals) return usual;
  const asked = 1000 * Number(response?.headers.get("Retry-After") ?? 0) || 0;
  const longest = Math.max(usual, asked, REFUSED * 2 ** Math.min(refusals - 1, DOUBLINGS));
  return longest * (1 + Math.random() / 4); // all who were refused at once do not come back at once
}
