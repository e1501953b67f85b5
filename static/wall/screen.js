// A wall's screen: fetches the programme once a second, plays it, and labels what it shows.

import { pause } from "../backoff.js";
import { Frames } from "./frames.js";
import { SLOWEST, Walker } from "./walker.js";

const ASK = 1_000;
const UNREACHED = 5_000; // the longest interval while the site is unreachable, in milliseconds; no operator is present
const AHEAD = 6; // how many pictures are decoded ahead
const AWAY = 3; // failed requests before the screen shows that the site is unavailable
const root = document.getElementById("wall");
const canvas = document.getElementById("film");
const context = canvas.getContext("2d", { alpha: false });
const frames = new Frames();
const walker = new Walker((leg, index) => frames.has(leg, index), () => frames.isFetching);
const legs = new Map(); // the programme's legs by number
const text = (id, words) => {
  const place = document.getElementById(id);
  if (place.textContent !== words) place.textContent = words;
};

let refusals = 0;
let again = 0;

async function ask() {
  let reply = null;
  again = 0;
  try {
    const { programme, key, start } = root.dataset; // only with the wall's key does the request move the wall on
    const address = `${programme}?at=${walker.front?.leg ?? start}${key ? `&key=${key}` : ""}`;
    reply = await fetch(address, { method: key ? "POST" : "GET", signal: AbortSignal.timeout(10_000) });
    if (!reply.ok) throw new Error(reply.status);
    update(await reply.json());
    refusals = 0;
  } catch {
    refusals += 1;
  }
  const patience = pause(refusals, reply, ASK);
  again = setTimeout(ask, reply ? patience : Math.min(patience, UNREACHED));
  showProblem();
}

function update({ wall, legs: received, queue, waiting }) {
  walker.isPaused = wall.state !== "open";
  root.dataset.state = wall.state;
  for (const leg of received) legs.set(leg.number, leg);
  const gone = walker.update(received, wall.lead);
  gone.forEach((number) => legs.delete(number));
  frames.forget(gone);
  const here = walker.front?.leg ?? wall.lead;
  frames.want(received.filter(({ number, skipped }) => number >= here && !skipped).flatMap((leg) => (
    leg.frames.map((address, index) => ({ leg: leg.number, index, address })))));
  showQueue(queue, waiting);
}

function showQueue(queue, waiting) {
  const list = document.getElementById("queue");
  if (!list) return; // a corridor has no queue
  const words = queue.map(({ words: each }) => each);
  if (list.dataset.shown === JSON.stringify(words)) return;
  list.dataset.shown = JSON.stringify(words);
  list.replaceChildren(...words.map((each) => Object.assign(document.createElement("li"), { textContent: each, dir: "auto" })));
  document.getElementById("next").hidden = words.length === 0;
  text("more", waiting > words.length ? `+ ${waiting - words.length}` : "");
}

/* Show what is wrong, in one line. */
function showProblem() {
  const { slow, away, paused, closed, watching } = root.dataset;
  const isBehind = walker.at && (walker.direction === -1 || walker.pace < SLOWEST + 0.4);
  const words = refusals >= AWAY ? away : root.dataset.state === "closed" ? closed : walker.isPaused ? paused : isBehind ? slow : (!walker.at && watching) || "";
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
  label(at);
}

function label({ leg: number, index }) {
  const leg = legs.get(number);
  if (!leg) return;
  text("from", leg.from);
  text("to", leg.to);
  text("note", leg.note ?? "");
  text("credits", leg.credits);
  document.getElementById("line").style.setProperty("--walked", index / (leg.count - 1));
  root.classList.toggle("begun", true);
}

let due = 0;
let next = null; // a step that waits until its picture is decoded

function walk() {
  const now = performance.now();
  if (now >= due) {
    next ??= walker.step();
    const picture = next && frames.take(next.leg, next.index);
    if (picture) {
      draw(picture, next);
      next = null;
      due = Math.max(now, due + 1000 / walker.pace) ;
      if (due - now > 1000 / SLOWEST) due = now + 1000 / SLOWEST;
    } else if (next) {
      frames.decode(next.leg, next.index);
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
    lock = null; // refused, for example in power-saving mode
  }
}

function toggleFullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.().catch(() => {});
}

/* Fetch the programme at once when the network is back. */
function askAtOnce() {
  if (!again) return; // a request is running
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
