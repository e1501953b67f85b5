// Posters that play on hover and focus, and for a moment when they come to rest in the middle of the screen: one film at
// a time, with a moving cursor on its line. A touch opens the walk. Where data are saved, posters stay still.

const { between, follow, makeVideo, moveCursor, walked } = await import(document.getElementById("reel").href);
const words = document.getElementById("reel").dataset;

const still = matchMedia("(prefers-reduced-motion: reduce)");
const saving = matchMedia("(prefers-reduced-data: reduce)").matches || navigator.connection?.saveData;
const REST = 1000; // milliseconds without scrolling before a film is loaded without being asked for
const LONGEST = 5; // seconds that it plays: what moves longer by itself would need a button to stop it (WCAG 2.2.2)

let stopPoster = () => {};
const seen = new WeakSet(); // posters that have played in the middle of the screen

function nameButton(button, poster, word) {
  button?.replaceChildren(word);
  button?.setAttribute("aria-label", `${word}: ${poster.querySelector("img").alt}`);
}

/* With reduced motion, nothing plays by itself; a button plays the film. */
function offerPlay(poster) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "link play" });
  nameButton(button, poster, words.play);
  button.addEventListener("click", () => (poster.querySelector("video") ? stopPoster() : playPoster(poster)));
  poster.append(button);
}

function playPoster(poster, isBrief = false) {
  if (poster.querySelector("video")) return;
  stopPoster();
  const line = poster.querySelector(".small-line");
  const detail = poster.querySelector(".detail");
  const before = [...detail.childNodes];
  const names = JSON.parse(poster.dataset.names);
  const { frames, ending, hold } = poster.dataset;
  const reel = { count: Number(frames), ending, hold: Number(hold) };
  const video = makeVideo(poster.dataset.film);
  const button = poster.querySelector(".play");
  stopPoster = () => {
    video.remove();
    detail.replaceChildren(...before);
    line.querySelector(".cursor").setAttribute("visibility", "hidden");
    line.querySelector(".walked").setAttribute("width", 0);
    nameButton(button, poster, words.play);
    stopPoster = () => {};
  };
  nameButton(button, poster, words.stop);
  if (isBrief) limit(video);
  video.hidden = true;
  poster.querySelector(".picture").append(video);
  follow(video, (time) => {
    video.hidden = false;
    const share = walked(reel, time / video.duration);
    const [percent, nearest] = between(names, share * (names.length - 1)).sort((a, b) => b[0] - a[0])[0];
    moveCursor(line, 100 * share, 3);
    if (!isBrief) detail.textContent = `${words.playing}, ${percent}\u00a0% ${nearest}`;
  });
  video.play().catch(() => {});
}

/* Let a film play to its end as often as fits into `LONGEST`, but at least once, unless it is longer. */
function limit(video) {
  let passes = 0;
  video.loop = false;
  video.addEventListener("ended", () => {
    passes += 1;
    if ((passes + 1) * video.duration <= LONGEST) video.play().catch(() => {});
    else if (video.isConnected) stopPoster();
  });
  video.addEventListener("timeupdate", () => video.currentTime >= LONGEST && video.isConnected && stopPoster());
}

/* Return the poster nearest to the middle of the screen, of those that are shown whole. */
function middlePoster() {
  const distance = ({ top, bottom, left, right }) =>
    Math.hypot((top + bottom - innerHeight) / 2, (left + right - innerWidth) / 2);
  return [...document.querySelectorAll(".poster[data-film]")]
    .filter((poster) => poster.checkVisibility())
    .map((poster) => [poster, poster.querySelector(".picture").getBoundingClientRect()])
    .filter(([, box]) => box.top >= 0 && box.bottom <= innerHeight)
    .sort(([, one], [, other]) => distance(one) - distance(other))[0]?.[0];
}

function playMiddle() {
  const poster = !still.matches && !document.hidden && !document.querySelector(".poster video") && middlePoster();
  if (!poster || seen.has(poster)) return;
  seen.add(poster);
  playPoster(poster, true);
}

let resting = 0;
function rest() {
  clearTimeout(resting);
  resting = setTimeout(playMiddle, REST);
}

function readyPoster(poster) {
  const picture = poster.querySelector(".picture");
  if (saving || !poster.dataset.film || picture.dataset.ready) return;
  picture.dataset.ready = "";
  if (still.matches) offerPlay(poster);
  const unlessStill = () => still.matches || playPoster(poster);
  picture.addEventListener("pointerenter", ({ pointerType }) => pointerType === "mouse" && unlessStill());
  picture.addEventListener("pointerleave", ({ pointerType }) => pointerType === "mouse" && stopPoster());
  picture.addEventListener("focus", () => picture.matches(":focus-visible") && unlessStill());
  picture.addEventListener("blur", () => stopPoster());
}

const start = () => document.querySelectorAll(".poster").forEach(readyPoster);

addEventListener("pagehide", () => stopPoster());
if (!saving) {
  addEventListener("scroll", rest, { passive: true });
  if (document.readyState === "complete") rest();
  else addEventListener("load", rest);
}
document.addEventListener("htmx:after:swap", start);
start();
