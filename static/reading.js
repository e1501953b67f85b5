// Show the interpretation of a prompt while it is typed: fetched after a pause, cached, and announced politely.

const PAUSE = 500;
const cache = new Map(); // responses by address
const timers = new Map();
const requests = new Map(); // abort controllers of current requests, by stop
const announced = new Map();

const make = () => document.getElementById("make");
const fields = (name) => [...make().querySelectorAll(`[name=${name}]`)];
const model = () => make().querySelector("[name=model]:checked");
const isLed = () => !model() || "led" in model().dataset;
const pictureOf = (stop) => fields("picture")[stop]?.value ?? "";
const place = (stop) => document.getElementById(`reading-${stop}`);

function ownOf(stop) {
  try {
    return JSON.parse(fields("own")[stop].value || "{}");
  } catch {
    return {};
  }
}

// The styles of the stops before and after one, as far as they are known: what is proposed goes with them.
function beside(stop) {
  const given = document.querySelector("#together .said")?.dataset.given.split("|") ?? [];
  return [given[stop - 1], given[stop + 1]].filter(Boolean);
}

function addressOf(stop) {
  const { seed, negative_prompt: leaveOut } = make().elements;
  const { address, seed: drawn } = document.getElementById("readings").dataset;
  const own = ownOf(stop);
  const query = {
    prompt: fields("prompt")[stop].value,
    leave_out: own.negative_prompt ?? leaveOut.value,
    seed: own.seed ?? (/^\s*\d{1,10}\s*$/.test(seed.value) ? seed.value.trim() : drawn),
    drawing: fields("drawing")[stop].value,
    hand: own.hand ?? make().querySelector("[name=hand]:checked")?.value ?? "",
    picture: pictureOf(stop),
    model: model()?.value ?? "",
    stop,
  };
  return `${address}?${new URLSearchParams([...Object.entries(query), ...beside(stop).map((words) => ["beside", words])])}`;
}

async function fetchPart(address, signal) {
  if (cache.has(address)) return cache.get(address);
  const reply = await fetch(address, { signal });
  if (!reply.ok) throw new Error(reply.status);
  const part = await reply.text();
  if (!/[?&]picture=[^&]/.test(address)) cache.set(address, part); // a photo's description may arrive later
  return part;
}

async function interpret(stop) {
  requests.get(stop)?.abort();
  if (!place(stop) || "fixed" in place(stop).dataset || !isLed()) return;
  if (!fields("prompt")[stop].value.trim() && !pictureOf(stop)) {
    fields("drawing")[stop].value = "";
    show(stop, "");
    return;
  }
  const control = new AbortController();
  requests.set(stop, control);
  let part = "";
  try {
    part = await fetchPart(addressOf(stop), control.signal);
  } catch {
    if (!control.signal.aborted) show(stop, ""); // do not leave the interpretation of an earlier prompt
    return;
  }
  if (control.signal.aborted) return;
  show(stop, part);
  fields("drawing")[stop].value = place(stop).querySelector(".read")?.dataset.drawing ?? "";
}

function show(stop, part) {
  place(stop).innerHTML = part;
  window.htmx?.process(place(stop));
  fitRoom(stop);
  const words = place(stop).querySelector(".read")?.dataset.said ?? "";
  if (words === (announced.get(stop) ?? "")) return;
  announced.set(stop, words);
  if (words) document.getElementById("read").textContent = `${place(stop).dataset.line}: ${words}.`;
}

// The room of an interpretation is kept before it comes. One that is larger is cut until it is shown whole; its room then
// keeps that height, so that nothing moves while one types on.
const heights = new Map(); // of rooms that were shown whole, by stop

function fitRoom(stop) {
  const room = place(stop)?.closest(".room");
  if (!room) return;
  room.style.height = heights.has(stop) ? `${heights.get(stop)}px` : "";
  const whole = room.querySelector(".whole");
  whole.hidden = true;
  const isCut = place(stop).scrollHeight > place(stop).clientHeight + 1;
  whole.hidden = !isCut;
  place(stop).classList.toggle("cut", isCut);
}

function showWhole(stop) {
  const box = place(stop);
  const room = box.closest(".room");
  room.querySelector(".whole").hidden = true;
  heights.set(stop, Math.ceil(room.offsetHeight + box.scrollHeight - box.clientHeight));
  fitRoom(stop);
}

const fitRooms = () => fields("prompt").forEach((_, stop) => fitRoom(stop));

function schedule(stop, pause = PAUSE) {
  requests.get(stop)?.abort();
  clearTimeout(timers.get(stop));
  timers.set(stop, setTimeout(() => interpret(stop), pause));
}

const all = (pause) => fields("prompt").forEach((_, stop) => schedule(stop, pause));

function choose(radio) {
  const stop = radio.name.split("-")[1];
  const chosen = [...place(stop).querySelectorAll(".thing")].map((thing) => thing.querySelector(":checked")?.value ?? "-");
  while (chosen.at(-1) === "-") chosen.pop();
  fields("drawing")[stop].value = chosen.join(" ");
}

document.addEventListener("input", ({ target }) => {
  if (target.form?.id !== "make") return;
  if (target.name === "prompt") schedule(fields("prompt").indexOf(target));
  if (["seed", "negative_prompt"].includes(target.name)) all();
});

document.addEventListener("change", ({ target }) => {
  if (target.form?.id !== "make") return;
  if (target.name.startsWith("thing-")) choose(target);
  if (target.name.startsWith("candidate-")) schedule(Number(target.name.split("-")[1]), 0); // after candidates.js has set the fields
  if (["model", "hand"].includes(target.name)) all(0);
});

document.addEventListener("click", ({ target }) => {
  if (target.id === "another") all(0);
  const box = target.closest(".whole")?.previousElementSibling;
  if (!box) return;
  showWhole(Number(box.id.split("-")[1]));
  box.focus({ preventScroll: true }); // the button is gone
});
// What the keyboard reaches in the part that is cut is shown. What is pressed stays where it is, or the press would miss.
document.addEventListener("focusin", ({ target }) => {
  const box = target.closest(".cut");
  if (!box || box === target || !target.matches(":focus-visible")) return;
  const isBelow = target.getBoundingClientRect().bottom > box.getBoundingClientRect().bottom;
  if (isBelow || box.scrollTop) showWhole(Number(box.id.split("-")[1])); // browsers scroll before they say so
});
document.addEventListener("styles-given", () => all(0));

// When stops were added, removed or reversed, the server's response contains the new interpretations.
const isPart = ({ detail: { ctx } }) => Boolean(ctx?.sourceElement?.matches?.(".photo")); // only a photo was polled
document.addEventListener("htmx:before:swap", (event) => {
  if (isPart(event)) return;
  timers.forEach(clearTimeout);
  requests.forEach((control) => control.abort());
  announced.clear();
});

// Morphing keeps the old choices, which now belong to other stops; the response's defaults are right.
document.addEventListener("htmx:after:swap", (event) => {
  if (isPart(event)) return;
  document.querySelectorAll(".plate input").forEach((each) => { each.checked = each.defaultChecked; });
  fitRooms();
});
addEventListener("resize", () => {
  heights.clear();
  fitRooms();
});
addEventListener("pageshow", fitRooms);
fitRooms();
