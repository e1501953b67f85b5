// Candidates: poll for pictures to choose from, and copy the chosen one into the form's fields.

import { HIDDEN, pause } from "./backoff.js";

const timers = new Map(); // of rows that are polled, by stop
const refusals = new Map();

const make = () => document.getElementById("make");
const fields = (name) => [...make().querySelectorAll(`[name=${name}]`)];
const rows = () => [...document.querySelectorAll("#choosing > div")];
const rowOf = (stop) => rows()[stop]?.querySelector(".row");
const ownOf = (stop) => JSON.parse(fields("own")[stop].value || "{}");
const pickedOf = (stop) => `${ownOf(stop).seed ?? ""}/${fields("drawing")[stop]?.value ?? ""}`; // in the form's format

async function poll(stop) {
  const row = rowOf(stop);
  if (!row?.dataset.again) return;
  let response;
  try {
    response = await fetch(`${row.dataset.address}&picked=${encodeURIComponent(pickedOf(stop))}`);
    if (!response.ok) throw new Error(response.status);
    show(stop, row, await response.text());
    refusals.set(stop, 0);
  } catch {
    refusals.set(stop, (refusals.get(stop) ?? 0) + 1);
  }
  later(stop, pause(refusals.get(stop), response, Number(rowOf(stop)?.dataset.again)));
}

function show(stop, before, part) {
  if (rowOf(stop) !== before) return; // the form was replaced meanwhile
  const holder = document.createElement("template");
  holder.innerHTML = part;
  const row = holder.content.querySelector(".row");
  const there = before.querySelectorAll("input").length;
  if (row.querySelectorAll("input").length === there && row.dataset.again) return; // unchanged: keep the focus
  const picked = pickedOf(stop);
  const focused = before.contains(document.activeElement) ? document.activeElement.value : null;
  before.replaceWith(row);
  for (const input of row.querySelectorAll("input")) {
    if (input.value === picked) input.checked = true;
    if (input.value === focused) input.focus();
  }
  window.htmx?.process(row);
}

function later(stop, milliseconds) {
  clearTimeout(timers.get(stop));
  if (!rowOf(stop)?.dataset.again) return;
  timers.set(stop, setTimeout(() => poll(stop), document.hidden ? Math.max(milliseconds, HIDDEN) : milliseconds));
}

const all = (pause) => rows().forEach((_, stop) => later(stop, pause ?? Number(rowOf(stop)?.dataset.again)));

function pick(stop, value) {
  const [seed, drawing] = value.split("/");
  const own = ownOf(stop);
  delete own.seed;
  if (seed) own.seed = Number(seed);
  fields("own")[stop].value = Object.keys(own).length ? JSON.stringify(own) : "";
  if (fields("drawing")[stop]) fields("drawing")[stop].value = drawing;
}

document.addEventListener("change", ({ target }) => {
  if (target.form?.id !== "make") return;
  const [name, stop] = target.name.split("-");
  if (name === "candidate") pick(Number(stop), target.value);
  // After another drawing was chosen, none of the pictures is right.
  if (name === "thing") rowOf(stop)?.querySelectorAll("input").forEach((input) => { input.checked = false; });
});

// After the prompt has changed, the pictures are outdated; the server removes them with its next response.
document.addEventListener("input", ({ target }) => {
  if (target.form?.id !== "make" || target.name !== "prompt") return;
  const row = rowOf(fields("prompt").indexOf(target));
  if (row) row.hidden = true;
});

document.addEventListener("htmx:after:swap", () => all());
addEventListener("pagehide", () => timers.forEach(clearTimeout));
addEventListener("pageshow", ({ persisted }) => persisted && all(0));
document.addEventListener("visibilitychange", () => document.hidden || all(0));
all();
