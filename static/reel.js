// Calculations on a walk's film: positions of its pictures, their places in the film, and how to show both.
//
// A reel holds the `positions` of the pictures on the walk, their places in the film as `turns` (0 to `count` − 1,
// fractions until all positions are known), their `stills`, the `ending` and the `names` along the line. The film's
// clock counts ticks, one for each picture shown: there and back it shows 0 … n−1 … 1, otherwise 0 … n−1.

export function between(names, position) {
  const leg = Math.min(Math.floor(position), names.length - 2);
  const share = position - leg;
  const second = share <= 0 ? 0 : share >= 1 ? 100 : Math.min(99, Math.max(1, Math.round(100 * share)));
  return [[100 - second, names[leg]], [second, names[leg + 1]]].filter(([percent]) => percent);
}

export const inWords = (parts) => parts.map(([percent, name]) => `${percent}\u00a0% ${name}`).join(" · ");

export const ticks = ({ count, ending }) => (ending === "back" ? Math.max(1, 2 * count - 2) : count);

/* Return the turn shown at a tick, which is also the first tick of that turn. */
export function turnAt(reel, tick) {
  const turn = Math.floor(tick) % ticks(reel);
  return turn < reel.count ? turn : ticks(reel) - turn;
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
export const shownAt = (reel, turns, tick) => nearest(turns, turnAt(reel, tick), reel.ending === "round" ? reel.count : 0);

/* Return how many ticks a picture is ahead, in the film's direction. */
export function ahead(reel, index, tick) {
  const isBack = reel.ending === "back" && tick > reel.count - 1;
  if (isBack) return ticks(reel) - tick - reel.turns[index];
  const gap = reel.turns[index] - tick;
  return reel.ending === "round" && Math.abs(gap) > reel.count / 2 ? gap - Math.sign(gap) * reel.count : gap;
}

/* Return the tick of the same position and direction in a film with more pictures. */
export function moved(before, after, tick) {
  const isBack = before.ending === "back" && tick > before.count - 1;
  const turn = isBack ? ticks(before) - tick : tick;
  const again = along(along(turn, closed(before).turns, closed(before).positions), closed(after).positions, closed(after).turns);
  return (isBack ? ticks(after) - again : again) % ticks(after);
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

export function makeVideo(address) {
  const video = document.createElement("video");
  Object.assign(video, { muted: true, loop: true, playsInline: true, preload: "auto", src: address, tabIndex: -1 });
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
