// A wall's screen: asks once a second what comes, walks it, and says what it walks to.

import { pause } from "../backoff.js";
import { Frames } from "./frames.js";
import { SLOWEST, Walker } from "./walker.js";

const ASK = 1_000;
const UNREACHED = 5_000; // a site that cannot be reached is asked again at least so often: nobody is there to press anything
const AHEAD = 6; // pictures that are decoded before their turn
const AWAY = 3; // refusals after which it is said that the site is away
const root = document.getElementById("wall");
const canvas = document.getElementById("film");
const context = canvas.getContext("2d", { alpha: false });
const frames = new Frames();
const walker = new Walker((leg, index) => frames.has(leg, index), () => frames.isFetching);
const legs = new Map(); // as the programme tells of them
const text = (id, words) => {
  const place = document.getElementById(id);
  if (place.textContent !== words) place.textContent = words;
};

/* What the film did, for tests and for those who look after it. */
const figures = { shown: 0, fresh: 0, longest: 0, late: 0, since: 0 };
window.wallFigures = figures;

let refusals = 0;
let last = 0;
let again = 0;

async function ask() {
  let reply = null;
  again = 0;
  try {
    reply = await fetch(`${root.dataset.programme}?at=${walker.front?.leg ?? root.dataset.start}`, { signal: AbortSignal.timeout(10_000) });
    if (!reply.ok) throw new Error(reply.status);
    learn(await reply.json());
    refusals = 0;
  } catch {
    refusals += 1;
  }
  const patience = pause(refusals, reply, ASK);
  again = setTimeout(ask, reply ? patience : Math.min(patience, UNREACHED));
  say();
}

function learn({ wall, legs: told, queue, waiting }) {
  walker.isPaused = wall.state !== "open";
  root.dataset.state = wall.state;
  for (const leg of told) legs.set(leg.number, leg);
  const gone = walker.learn(told, wall.lead);
  gone.forEach((number) => legs.delete(number));
  frames.forget(gone);
  const here = walker.front?.leg ?? wall.lead;
  frames.want(told.filter(({ number, skipped }) => number >= here && !skipped).flatMap((leg) => (
    leg.frames.map((address, index) => ({ leg: leg.number, index, address })))));
  showQueue(queue, waiting);
}

function showQueue(queue, waiting) {
  const list = document.getElementById("queue");
  if (!list) return; // a corridor: nobody writes
  const words = queue.map(({ words: each }) => each);
  if (list.dataset.shown === JSON.stringify(words)) return;
  list.dataset.shown = JSON.stringify(words);
  list.replaceChildren(...words.map((each) => Object.assign(document.createElement("li"), { textContent: each, dir: "auto" })));
  document.getElementById("next").hidden = words.length === 0;
  text("more", waiting > words.length ? `+ ${waiting - words.length}` : "");
}

/* What is amiss, in one quiet line. */
function say() {
  const { slow, away, paused, closed } = root.dataset;
  const isBehind = walker.at && (walker.direction === -1 || walker.pace < SLOWEST + 0.4);
  const words = refusals >= AWAY ? away : root.dataset.state === "closed" ? closed : walker.isPaused ? paused : isBehind ? slow : "";
  text("says", words);
}

function prepare(at) {
  let next = at;
  for (let count = 0; next && count < AHEAD; count += 1) {
    frames.decode(next.leg, next.index);
    next = walker.direction === 1 ? walker.ahead(next) : walker.behind(next);
  }
}

function draw(picture, at) {
  if (canvas.width !== picture.width || canvas.height !== picture.height) {
    canvas.width = picture.width;
    canvas.height = picture.height;
    canvas.parentElement.classList.toggle("wide", picture.width >= 1.25 * picture.height);
  }
  context.drawImage(picture, 0, 0);
  const now = performance.now();
  const gap = last ? now - last : 0;
  figures.shown += 1;
  figures.fresh += walker.isNew ? 1 : 0;
  figures.since ||= now;
  figures.longest = Math.max(figures.longest, gap);
  figures.late += gap > 200 ? 1 : 0;
  last = now;
  label(at);
}

function label({ leg: number, index }) {
  const leg = legs.get(number);
  if (!leg) return;
  text("from", leg.from);
  text("to", leg.to);
  text("credits", leg.credits);
  document.getElementById("line").style.setProperty("--walked", index / (leg.count - 1));
  root.classList.toggle("begun", true);
}

let due = 0;
let held = null; // a step that waits for its picture to be decoded

function walk() {
  const now = performance.now();
  if (now >= due) {
    held ??= walker.step();
    const picture = held && frames.take(held.leg, held.index);
    if (picture) {
      draw(picture, held);
      held = null;
      due = Math.max(now, due + 1000 / walker.pace) ;
      if (due - now > 1000 / SLOWEST) due = now + 1000 / SLOWEST;
    } else if (held) {
      frames.decode(held.leg, held.index);
    }
    if (walker.at) prepare(walker.direction === 1 ? walker.ahead(walker.at) : walker.behind(walker.at));
  }
  setTimeout(walk, Math.max(4, Math.min(50, due - performance.now())));
}

let lock = null;
async function stayAwake() {
  if (document.visibilityState !== "visible" || (lock && !lock.released)) return;
  try {
    lock = await navigator.wakeLock?.request("screen") ?? null;
  } catch {
    lock = null; // the machine saves energy; the page goes on
  }
}

function toggleFullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.().catch(() => {});
}

/* The network is back: nothing else needs to be waited for. */
function askAtOnce() {
  if (!again) return; // it is being asked
  clearTimeout(again);
  ask();
}

addEventListener("online", askAtOnce);
document.addEventListener("visibilitychange", stayAwake);
document.addEventListener("keydown", ({ key }) => key === "f" && toggleFullScreen());
canvas.addEventListener("dblclick", toggleFullScreen);
stayAwake();
ask();
walk();
