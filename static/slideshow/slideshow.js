// Museum mode, a slideshow. The next film is loaded and has shown its first picture before the current one is removed.

const module = (name) => import(document.getElementById(name).href);
const [{ isQuiet }, { Shelf }, { pause }, { walked }] = await Promise.all(["quiet", "shelf", "backoff", "reel"].map(module));

const TICK = 250; // timer interval in milliseconds
const FADE = 1_300; // a little longer than the stylesheet's
const LABEL = 9_000, HAND = 3_500; // how long the label is visible, and the controls after a movement
const PATIENCE = 20_000; // timeout of a request, and of a film's first picture
const TOO_BIG = 48 * 2 ** 20; // the largest film in bytes; for a larger one, the poster is shown
const SWIPE = 48; // pixels

const root = document.getElementById("show");
const stage = document.getElementById("stage");
const label = document.getElementById("label");
const controls = document.getElementById("controls");
const cursor = document.getElementById("cursor");
const part = (id) => document.getElementById(id);
const still = matchMedia("(prefers-reduced-motion: reduce)");

const shelf = new Shelf();
const coming = []; // descriptions of the next films, not yet loaded
let films = root.dataset.films; // the address of the descriptions after them
let current = null; // { film, box, video, url, since }
let first = JSON.parse(root.dataset.first);
let isPaused = false, isAsleep = false, isBusy = false, isLoading = false;
let refusals = 0, again = 0; // failed requests in a row, and when the next one may start
let moved = -Infinity, labelled = performance.now(), lock = null;

const now = () => performance.now();
const rest = (time) => new Promise((done) => setTimeout(done, time));

async function ask(address) {
  const answer = await fetch(address, { signal: AbortSignal.timeout(PATIENCE) });
  if (!answer.ok) throw Object.assign(new Error(address), { status: answer.status, answer });
  return answer;
}

const isGone = (error) => error.status === 404 || error.status === 410;

function refuse(error) {
  refusals += 1;
  again = now() + pause(refusals, error.answer, 2_000);
}

/* Load the next film ahead. Nothing is loaded in quiet hours, nor before a retry is due. */
async function loadNext() {
  if (isLoading || isAsleep || now() < again || readyAfter(current?.film.id)) return;
  isLoading = true;
  try {
    if (!coming.length) await fetchList();
    const film = coming[0];
    if (film && !shelf.has(film.id)) await load(film);
    else if (film) { shelf.put(shelf.get(film.id), inUse()); fresh = film.id; coming.shift(); }
  } catch (error) {
    refuse(error);
  } finally {
    isLoading = false;
  }
}

let fresh = null; // the id of the last loaded film, if not yet shown
const inUse = () => [current?.film.id, fresh].filter(Boolean);
const readyAfter = (id) => (fresh && fresh !== id ? shelf.get(fresh) : null);

async function fetchList() {
  const list = await (await ask(films)).json();
  const others = list.films.filter(({ id }) => id !== current?.film.id || list.films.length > 1);
  coming.push(...others);
  films = list.next;
  refusals = 0;
  if (!others.length) again = now() + 30_000; // there is only one film; check for others now and then
}

async function load(film) {
  const isStill = still.matches || !film.film || film.bytes > TOO_BIG;
  try {
    const blob = await (await ask(isStill ? film.poster : film.film)).blob();
    shelf.put({ ...film, blob, isStill }, inUse());
    fresh = film.id;
    coming.shift();
    refusals = 0;
  } catch (error) {
    if (!isGone(error)) throw error;
    coming.shift(); // it was deleted meanwhile
  }
}

/* Add a film to the page, still invisible; fail if it shows no picture in time. */
async function prepare(film) {
  const box = Object.assign(document.createElement("div"), { className: "film" });
  const url = URL.createObjectURL(film.blob);
  let video = null;
  try {
    if (film.isStill) {
      const image = Object.assign(new Image(), { src: url, alt: film.alt });
      box.append(image);
      stage.append(box);
      await image.decode();
    } else {
      video = Object.assign(document.createElement("video"), { muted: true, loop: true, playsInline: true, src: url });
      video.setAttribute("aria-label", film.alt);
      video.setAttribute("role", "img");
      video.disableRemotePlayback = true;
      box.append(video);
      stage.append(box);
      await firstPicture(video);
      if (isPaused) video.pause();
    }
  } catch (error) {
    remove({ box, url, video });
    throw error;
  }
  return { film, box, url, video };
}

function firstPicture(video) {
  return new Promise((done, failed) => {
    setTimeout(() => failed(new Error("no picture")), PATIENCE);
    video.addEventListener("error", () => failed(video.error), { once: true });
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(() => done());
    else video.addEventListener("playing", () => done(), { once: true });
    video.play().catch(failed);
  });
}

function remove({ box, url, video }) {
  if (video) { video.pause(); video.removeAttribute("src"); video.load(); }
  box.remove();
  if (url) URL.revokeObjectURL(url);
}

/* Show a film: it fades in over the current one, which is then removed. */
async function show(film) {
  if (isBusy || !film || film.id === current?.film.id) return;
  isBusy = true;
  try {
    const next = await prepare(film);
    const before = current;
    next.box.getBoundingClientRect(); // forces a layout, so that the fade starts from transparent
    next.box.classList.add("shown");
    current = { ...next, since: now() };
    if (fresh === film.id) fresh = null;
    label.classList.add("away");
    await rest(FADE);
    if (before) remove(before);
    stage.querySelectorAll(":scope > .film").forEach((box) => box !== next.box && box.remove());
    writeLabel(film);
  } catch {
    shelf.drop(film.id); // it cannot be played; keep the current one
    if (fresh === film.id) fresh = null;
    if (current) current.since = now();
  } finally {
    isBusy = false;
  }
}

function writeLabel(film) {
  const place = (where) => label.querySelector(where);
  place(".title bdi").textContent = film.title;
  place(".from").textContent = film.from;
  place(".to").textContent = film.to;
  place(".about").textContent = film.about;
  part("about").href = film.address;
  label.classList.remove("away");
  labelled = now();
  if ("mediaSession" in navigator && window.MediaMetadata) {
    const title = film.title || `${film.from} – ${film.to}`;
    navigator.mediaSession.metadata = new MediaMetadata({ title, artist: "MoMA Lisa" });
  }
}

/* Go to the new film; without one, for example when the network fails, to the next of those already shown. */
const onward = () => show(readyAfter(current?.film.id) ?? (current && shelf.beside(current.film.id, 1)));
const back = () => show(current && shelf.beside(current.film.id, -1));

function turn(paused = !isPaused) {
  isPaused = paused;
  if (paused) current?.video?.pause();
  else { current?.video?.play().catch(() => {}); if (current) current.since = now(); }
  part("pause").textContent = paused ? root.dataset.play : root.dataset.pause;
  if ("mediaSession" in navigator) navigator.mediaSession.playbackState = paused ? "paused" : "playing";
}

function full() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.().catch(() => {});
}

const leave = () => { location.href = part("leave").href; };

async function stayAwake() {
  if (isAsleep || document.hidden || (lock && !lock.released)) return;
  lock = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
}

function sleep(asleep) {
  isAsleep = asleep;
  document.documentElement.classList.toggle("asleep", asleep);
  if (asleep) {
    current?.video?.pause();
    lock?.release().catch(() => {});
    lock = null;
  } else {
    again = refusals = 0;
    if (!isPaused) current?.video?.play().catch(() => {});
    if (current) current.since = now();
    stayAwake();
  }
}

function isOver() {
  const playing = current.video?.duration || 0;
  return now() - current.since >= 1000 * Math.max(Number(root.dataset.seconds), playing);
}

function drawCursor() {
  const { video, film } = current;
  cursor.setAttribute("visibility", video?.duration ? "visible" : "hidden");
  if (!video?.duration) return;
  cursor.setAttribute("x", `${(100 * walked(film, video.currentTime / video.duration)).toFixed(2)}%`);
}

function tick() {
  const quiet = isQuiet(root.dataset.quiet, new Date());
  if (quiet !== isAsleep) sleep(quiet);
  if (isAsleep) return;
  const isMoving = now() - moved < HAND;
  root.classList.toggle("moving", isMoving);
  root.classList.toggle("still-hand", !isMoving);
  if (!isBusy) label.classList.toggle("away", !isMoving && !isPaused && now() - labelled > LABEL);
  if (first) { coming.unshift(first); first = null; }
  loadNext();
  if (!current) { if (fresh) onward(); return; }
  drawCursor();
  if (!isPaused && !document.hidden && isOver()) onward();
}

/* Keys of keyboards, presenters and television remote controls. */
const keys = {
  ArrowRight: onward, ArrowDown: onward, PageDown: onward, MediaTrackNext: onward, MediaFastForward: onward, ChannelUp: onward,
  ArrowLeft: back, ArrowUp: back, PageUp: back, MediaTrackPrevious: back, MediaRewind: back, ChannelDown: back,
  " ": () => turn(), Enter: () => turn(), MediaPlayPause: () => turn(), MediaPlay: () => turn(false), MediaPause: () => turn(true),
  f: full, F: full, Escape: () => { if (!document.fullscreenElement) leave(); }, MediaStop: leave, BrowserBack: leave, GoBack: leave,
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (!(event.key in keys)) moved = now();
  const isOnControl = controls.contains(document.activeElement) && [" ", "Enter"].includes(event.key);
  if (!(event.key in keys) || isOnControl || isAsleep) return;
  event.preventDefault();
  if (!event.repeat) keys[event.key]();
});

/* Touch and mouse: a swipe goes to the next or previous film, a tap shows or hides the controls. */
let pressed = null;
root.addEventListener("pointerdown", ({ clientX, clientY, pointerType, target }) => {
  pressed = controls.contains(target) ? null : { clientX, clientY, pointerType };
});
root.addEventListener("pointerup", ({ clientX, clientY }) => {
  if (!pressed || isAsleep) return;
  const across = clientX - pressed.clientX, down = clientY - pressed.clientY;
  if (Math.abs(across) >= SWIPE && Math.abs(across) > Math.abs(down)) (across < 0 ? onward : back)();
  else if (pressed.pointerType !== "mouse") moved = now() - moved < HAND ? -Infinity : now();
  pressed = null;
  root.classList.toggle("moving", now() - moved < HAND);
});
root.addEventListener("pointermove", ({ pointerType, movementX, movementY }) => {
  if (pointerType === "mouse" && (movementX || movementY)) { moved = now(); root.classList.add("moving"); root.classList.remove("still-hand"); }
});
stage.addEventListener("dblclick", full);
Object.entries({ previous: back, next: onward, pause: () => turn(), full }).forEach(([id, act]) => part(id).addEventListener("click", act));
part("full").hidden = !document.documentElement.requestFullscreen;

const remote = { play: () => turn(false), pause: () => turn(true), nexttrack: onward, previoustrack: back, stop: leave };
for (const [name, act] of Object.entries(remote)) {
  try { navigator.mediaSession?.setActionHandler(name, act); } catch { /* the browser does not support this action */ }
}

window.addEventListener("online", () => { again = refusals = 0; });
document.addEventListener("visibilitychange", stayAwake);
controls.hidden = false;
stayAwake();
tick();
setInterval(tick, TICK);

/* For tests and operators. */
window.slideshow = { kept: () => ({ films: shelf.films.size, bytes: shelf.bytes }), shown: () => current?.film.id, isPaused: () => isPaused };
