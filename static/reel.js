// Calculations on a walk's film: positions of its pictures, their places in the film, and how to show both.
//
// A reel holds the `positions` of the pictures on the walk, their places in the film as `turns` (0 to `count` − 1,
// fractions until all positions are known), their `stills`, the `ending` and the `names` along the line. The film's
// clock counts ticks, one for each picture shown: there and back it shows 0 … n−1 … 1, otherwise 0 … n−1. The first and
// the last picture are shown for `hold` ticks more. A place in the film counts its pictures from 0, without holds. Where
// the film is set to `music`, a tick is a frame, and a picture is shown from its turn until that of the next.

export function between(names, position) {
  const leg = Math.min(Math.floor(position), names.length - 2);
  const share = position - leg;
  const second = share <= 0 ? 0 : share >= 1 ? 100 : Math.min(99, Math.max(1, Math.round(100 * share)));
  return [[100 - second, names[leg]], [second, names[leg + 1]]].filter(([percent]) => percent);
}

export const inWords = (parts) => parts.map(([percent, name]) => `${percent}\u00a0% ${name}`).join(" · ");

const places = ({ count, ending }) => (ending === "back" ? Math.max(1, 2 * count - 2) : count);
export const ticks = (reel) => places(reel) + 2 * reel.hold;

/* Return the place in the film at a tick; while an end is held it stays the same. */
function placeAt({ count, ending, hold }, tick) {
  const last = count - 1;
  if (tick <= hold + last) return Math.max(0, tick - hold);
  return ending === "stop" ? last : Math.max(last, tick - 2 * hold);
}

/* Return the first tick at which the film is at a place. */
const tickAt = ({ count, hold }, place) => place + hold * ((place > 0) + (place > count - 1));

const isBackAt = ({ count, ending }, place) => ending === "back" && place > count - 1;

/* Return the turn shown at a tick. */
export function turnAt(reel, tick) {
  const place = Math.floor(placeAt(reel, tick % ticks(reel)));
  return place < reel.count ? place : places(reel) - place;
}

/* Return the first tick at which a turn is shown, on the way there or back as at another tick. */
export function tickOf(reel, turn, tick = 0) {
  return tickAt(reel, isBackAt(reel, placeAt(reel, tick)) ? places(reel) - turn : turn);
}

/* Return which share of the way has been walked when a share of the film has been played. */
export function walked(reel, played) {
  return turnAt(reel, played * ticks(reel) + 0.01) / (reel.ending === "round" ? reel.count : reel.count - 1);
}

/* Return the index of the nearest value; with `circle`, distances are measured around a circle of that length. */
export function nearest(values, value, circle = 0) {
  const gap = (other) => {
    const straight = Math.abs(other - value);
    return circle ? Math.min(straight, circle - straight) : straight;
  };
  return values.reduce((best, other, index) => (gap(other) < gap(values[best]) - 1e-9 ? index : best), 0);
}

/* Return the index of the available picture to show at a tick: the nearest one in the film. */
export function shownAt(reel, turns, tick) {
  const turn = turnAt(reel, tick);
  return reel.music ? begun(turns, turn) : nearest(turns, turn, reel.ending === "round" ? reel.count : 0);
}

/* Return the index of the last of ascending values that is not greater. */
export const begun = (values, value) => Math.max(0, values.findLastIndex((each) => each <= value));

/* Return how many places a picture is ahead, in the film's direction. */
export function ahead(reel, index, tick) {
  const place = placeAt(reel, tick);
  if (isBackAt(reel, place)) return places(reel) - place - reel.turns[index];
  const gap = reel.turns[index] - place;
  return reel.ending === "round" && Math.abs(gap) > reel.count / 2 ? gap - Math.sign(gap) * reel.count : gap;
}

/* Return the tick of the same position and direction in a film with more pictures; an end is held for the rest of its time. */
export function moved(before, after, tick) {
  const place = placeAt(before, tick);
  const isBack = isBackAt(before, place);
  const turn = isBack ? places(before) - place : place;
  const again = along(along(turn, closed(before).turns, closed(before).positions), closed(after).positions, closed(after).turns);
  const same = (isBack ? places(after) - again : again) % places(after);
  const [first, held] = [tickAt(after, same), tickAt(after, same) + tick - tickAt(before, place)];
  return placeAt(after, held) === same ? held : first;
}

/* Return turns and positions with the closing leg of a round walk. */
function closed({ turns, positions, count, names, ending }) {
  if (ending !== "round") return { turns, positions };
  return { turns: [...turns, count], positions: [...positions, names.length - 1] };
}

function along(value, from, to) {
  const right = from.findIndex((each) => each >= value);
  if (right < 0) return to[to.length - 1];
  if (right === 0) return to[0];
  const share = (value - from[right - 1]) / (from[right] - from[right - 1]);
  return to[right - 1] + share * (to[right] - to[right - 1]);
}

export function moveCursor(line, percent, width) {
  const cursor = line.querySelector(".cursor");
  cursor.setAttribute("x", `${percent}%`);
  cursor.setAttribute("transform", `translate(${-width / 2})`);
  cursor.setAttribute("visibility", "visible");
  line.querySelector(".walked").setAttribute("width", `${percent}%`);
}

export function makeVideo(address, preload = "auto") {
  const video = document.createElement("video");
  Object.assign(video, { muted: true, loop: true, playsInline: true, preload, src: address, tabIndex: -1 });
  video.setAttribute("aria-hidden", "true");
  return video;
}

// Call back with the video's time for each of its frames, until it is removed from the page.
export function follow(video, callback) {
  const next = video.requestVideoFrameCallback
    ? () => video.requestVideoFrameCallback((_now, { mediaTime }) => step(mediaTime))
    : () => requestAnimationFrame(() => step(video.currentTime));
  const step = (time) => {
    if (!video.isConnected) return;
    if (!video.paused) callback(time);
    next();
  };
  next();
}
