// Pictures to choose from, while they arrive; and what was picked, put where the form keeps it.

import { HIDDEN, pause } from "./backoff.js";

const timers = new Map(); // of rows that are looked at again, by their stop
const refusals = new Map();

const make = () => document.getElementById("make");
const fields = (name) => [...make().querySelectorAll(`[name=${name}]`)];
const rows = () => [...document.querySelectorAll("#choosing > div")];
const rowOf = (stop) => rows()[stop]?.querySelector(".row");
const ownOf = (stop) => JSON.parse(fields("own")[stop].value || "{}");
const pickedOf = (stop) => `${ownOf(stop).seed ?? ""}/${fields("drawing")[stop]?.value ?? ""}`; // as the form has it

async function look(stop) {
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
  if (rowOf(stop) !== before) return; // the form was answered meanwhile
  const holder = document.createElement("template");
  holder.innerHTML = part;
  const row = holder.content.querySelector(".row");
  const there = before.querySelectorAll("input").length;
  if (row.querySelectorAll("input").length === there && row.dataset.again) return; // nothing new, and the focus stays
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
  timers.set(stop, setTimeout(() => look(stop), document.hidden ? Math.max(milliseconds, HIDDEN) : milliseconds));
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
  // Another drawing was chosen: none of the pictures shows it.
  if (name === "thing") rowOf(stop)?.querySelectorAll("input").forEach((input) => { input.checked = false; });
});

// What is typed is no longer what the pictures show: they go with the next answer.
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
