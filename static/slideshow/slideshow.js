// Museum mode: one film after the other. The next is loaded, and has shown its first picture, before the present one goes.

const module = (name) => import(document.getElementById(name).href);
const [{ isQuiet }, { Shelf }, { pause }] = await Promise.all(["quiet", "shelf", "backoff"].map(module));

const TICK = 250; // milliseconds between two looks at the clock
const FADE = 1_300; // a little longer than the stylesheet's
const LABEL = 9_000, HAND = 3_500; // how long the label, and the controls after something moved, are seen
const PATIENCE = 20_000; // for a film to show its first picture, or a request to be answered
const TOO_BIG = 48 * 2 ** 20; // bytes of a film; of a longer one the poster is shown
const SWIPE = 48; // pixels

const root = document.getElementById("show");
const stage = document.getElementById("stage");
const label = document.getElementById("label");
const controls = document.getElementById("controls");
const cursor = document.getElementById("cursor");
const part = (id) => document.getElementById(id);
const still = matchMedia("(prefers-reduced-motion: reduce)");

const shelf = new Shelf();
const coming = []; // what is told of the next films, not yet loaded
let films = root.dataset.films; // where those after them are told
let current = null; // { film, box, video, url, since }
let first = JSON.parse(root.dataset.first);
let isPaused = false, isAsleep = false, isBusy = false, isLoading = false;
let refusals = 0, again = 0; // how often the site did not answer, and when it is asked again
let moved = -Infinity, said = performance.now(), lock = null;

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

/* Have one more film at hand than is shown. Loads nothing in quiet hours, nor while the site is given time. */
async function stock() {
  if (isLoading || isAsleep || now() < again || readyAfter(current?.film.id)) return;
  isLoading = true;
  try {
    if (!coming.length) await tell();
    const film = coming[0];
    if (film && !shelf.has(film.id)) await load(film);
    else if (film) { shelf.put(shelf.get(film.id), inUse()); fresh = film.id; coming.shift(); }
  } catch (error) {
    refuse(error);
  } finally {
    isLoading = false;
  }
}

let fresh = null; // the film that came last, and was not shown yet
const inUse = () => [current?.film.id, fresh].filter(Boolean);
const readyAfter = (id) => (fresh && fresh !== id ? shelf.get(fresh) : null);

async function tell() {
  const told = await (await ask(films)).json();
  const others = told.films.filter(({ id }) => id !== current?.film.id || told.films.length > 1);
  coming.push(...others);
  films = told.next;
  refusals = 0;
  if (!others.length) again = now() + 30_000; // the only film there is: whether others came is looked up now and then
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
    coming.shift(); // it was taken down meanwhile
  }
}

/* Make a film ready to be seen, unseen; it is refused if it shows no picture in time. */
async function hang(film) {
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
      await shows(video);
      if (isPaused) video.pause();
    }
  } catch (error) {
    take({ box, url, video });
    throw error;
  }
  return { film, box, url, video };
}

function shows(video) {
  return new Promise((done, failed) => {
    setTimeout(() => failed(new Error("no picture")), PATIENCE);
    video.addEventListener("error", () => failed(video.error), { once: true });
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(() => done());
    else video.addEventListener("playing", () => done(), { once: true });
    video.play().catch(failed);
  });
}

function take({ box, url, video }) {
  if (video) { video.pause(); video.removeAttribute("src"); video.load(); }
  box.remove();
  if (url) URL.revokeObjectURL(url);
}

/* Go to a film: it fades in over the present one, which is taken down only when it is covered. */
async function show(film) {
  if (isBusy || !film || film.id === current?.film.id) return;
  isBusy = true;
  try {
    const next = await hang(film);
    const before = current;
    next.box.getBoundingClientRect(); // so that the fade begins from nothing
    next.box.classList.add("shown");
    current = { ...next, since: now() };
    if (fresh === film.id) fresh = null;
    label.classList.add("away");
    await rest(FADE);
    if (before) take(before);
    stage.querySelectorAll(":scope > .film").forEach((box) => box !== next.box && box.remove());
    write(film);
  } catch {
    shelf.drop(film.id); // it cannot be played: stay with what there is
    if (fresh === film.id) fresh = null;
    if (current) current.since = now();
  } finally {
    isBusy = false;
  }
}

function write(film) {
  const place = (where) => label.querySelector(where);
  place(".title bdi").textContent = film.title;
  place(".from").textContent = film.from;
  place(".to").textContent = film.to;
  place(".about").textContent = film.about;
  part("about").href = film.address;
  label.classList.remove("away");
  said = now();
  if ("mediaSession" in navigator && window.MediaMetadata) {
    const title = film.title || `${film.from} – ${film.to}`;
    navigator.mediaSession.metadata = new MediaMetadata({ title, artist: "MoMA Lisa" });
  }
}

/* Onward: to the film that is new; without one, as when the network is lost, round those that were shown. */
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
  const share = video.currentTime / video.duration;
  const place = film.ending !== "back" ? share : share < 0.5 ? 2 * share : 2 - 2 * share;
  cursor.setAttribute("x", `${(100 * place).toFixed(2)}%`);
}

function tick() {
  const quiet = isQuiet(root.dataset.quiet, new Date());
  if (quiet !== isAsleep) sleep(quiet);
  if (isAsleep) return;
  const isMoving = now() - moved < HAND;
  root.classList.toggle("moving", isMoving);
  root.classList.toggle("still-hand", !isMoving);
  if (!isBusy) label.classList.toggle("away", !isMoving && !isPaused && now() - said > LABEL);
  if (first) { coming.unshift(first); first = null; }
  stock();
  if (!current) { if (fresh) onward(); return; }
  drawCursor();
  if (!isPaused && !document.hidden && isOver()) onward();
}

/* Keyboards, presenters and the remote controls of televisions. */
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

/* Fingers and mice: a swipe goes on or back, a tap brings the controls and sends them away. */
let held = null;
root.addEventListener("pointerdown", ({ clientX, clientY, pointerType, target }) => {
  held = controls.contains(target) ? null : { clientX, clientY, pointerType };
});
root.addEventListener("pointerup", ({ clientX, clientY }) => {
  if (!held || isAsleep) return;
  const across = clientX - held.clientX, down = clientY - held.clientY;
  if (Math.abs(across) >= SWIPE && Math.abs(across) > Math.abs(down)) (across < 0 ? onward : back)();
  else if (held.pointerType !== "mouse") moved = now() - moved < HAND ? -Infinity : now();
  held = null;
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
  try { navigator.mediaSession?.setActionHandler(name, act); } catch { /* a browser that does not know this key */ }
}

window.addEventListener("online", () => { again = refusals = 0; });
document.addEventListener("visibilitychange", stayAwake);
controls.hidden = false;
stayAwake();
tick();
setInterval(tick, TICK);

/* For tests and for those who look after a screen. */
window.slideshow = { kept: () => ({ films: shelf.films.size, bytes: shelf.bytes }), shown: () => current?.film.id, isPaused: () => isPaused };
