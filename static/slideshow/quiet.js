// Quiet hours: two times of day in local time, possibly across midnight. The first is included, the second is not.

const minutes = (text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));

export function isQuiet(hours, now) {
  if (!hours) return false;
  const [from, to] = hours.split("-").map(minutes);
  const at = now.getHours() * 60 + now.getMinutes();
  return from < to ? from <= at && at < to : from <= at || at < to;
}
