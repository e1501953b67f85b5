// Posters that play on hover, focus or tap: one film at a time, with a moving cursor on its line.

const { between, follow, makeVideo, moveCursor, ticks, turnAt } = await import(document.getElementById("reel").href);
const words = document.getElementById("reel").dataset;

const still = matchMedia("(prefers-reduced-motion: reduce)");

let stopPoster = () => {};

const toggle = (poster) => (poster.querySelector("video") ? stopPoster() : playPoster(poster));

function nameButton(button, poster, word) {
  button?.replaceChildren(word);
  button?.setAttribute("aria-label", `${word}: ${poster.querySelector("img").alt}`);
}

/* With reduced motion, nothing plays by itself; a button plays the film. */
function offerPlay(poster) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "link play" });
  nameButton(button, poster, words.play);
  button.addEventListener("click", () => toggle(poster));
  poster.append(button);
}

function playPoster(poster) {
  if (poster.querySelector("video")) return;
  stopPoster();
  const line = poster.querySelector(".small-line");
  const detail = poster.querySelector(".detail");
  const before = [...detail.childNodes];
  const names = JSON.parse(poster.dataset.names);
  const { ending } = poster.dataset;
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
  video.hidden = true;
  poster.querySelector(".picture").append(video);
  follow(video, (time) => {
    video.hidden = false;
    const reel = { count: Number(poster.dataset.frames), ending };
    const turn = turnAt(reel, (time / video.duration) * ticks(reel) + 0.01);
    const share = turn / (ending === "round" ? reel.count : reel.count - 1);
    const [percent, nearest] = between(names, share * (names.length - 1)).sort((a, b) => b[0] - a[0])[0];
    moveCursor(line, 100 * share, 3);
    detail.textContent = `${words.playing}, ${percent}\u00a0% ${nearest}`;
  });
  video.play().catch(() => {});
}

function readyPoster(poster) {
  const picture = poster.querySelector(".picture");
  if (!poster.dataset.film || picture.dataset.ready) return;
  picture.dataset.ready = "";
  if (still.matches) offerPlay(poster);
  const unlessStill = () => still.matches || playPoster(poster);
  picture.addEventListener("pointerenter", ({ pointerType }) => pointerType === "mouse" && unlessStill());
  picture.addEventListener("pointerleave", ({ pointerType }) => pointerType === "mouse" && stopPoster());
  picture.addEventListener("focus", () => picture.matches(":focus-visible") && unlessStill());
  picture.addEventListener("blur", () => stopPoster());
  let touched = false;
  picture.addEventListener("pointerdown", ({ pointerType }) => { touched = pointerType === "touch"; });
  picture.addEventListener("click", (event) => {
    if (!touched || still.matches) return;
    event.preventDefault();
    toggle(poster);
  });
}

const start = () => document.querySelectorAll(".poster").forEach(readyPoster);

addEventListener("pagehide", () => stopPoster());
document.addEventListener("htmx:after:swap", start);
start();
