// What a prompt is read as, while it is typed: asked for after a pause, remembered, and said without being in the way.

const PAUSE = 500;
const known = new Map(); // what was answered, by its address
const timers = new Map();
const asking = new Map(); // what is on its way, by its stop
const said = new Map();

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

function addressOf(stop) {
  const { seed, negative_prompt: leaveOut } = make().elements;
  const { address, seed: drawn } = document.getElementById("readings").dataset;
  const own = ownOf(stop);
  const asked = {
    prompt: fields("prompt")[stop].value,
    leave_out: own.negative_prompt ?? leaveOut.value,
    seed: own.seed ?? (/^\s*\d{1,10}\s*$/.test(seed.value) ? seed.value.trim() : drawn),
    drawing: fields("drawing")[stop].value,
    picture: pictureOf(stop),
    model: model()?.value ?? "",
    stop,
  };
  return `${address}?${new URLSearchParams(asked)}`;
}

async function answer(address, signal) {
  if (known.has(address)) return known.get(address);
  const reply = await fetch(address, { signal });
  if (!reply.ok) throw new Error(reply.status);
  const part = await reply.text();
  if (!/[?&]picture=[^&]/.test(address)) known.set(address, part); // what a picture is taken for arrives later
  return part;
}

async function read(stop) {
  asking.get(stop)?.abort();
  if (!place(stop) || "fixed" in place(stop).dataset || !isLed()) return;
  if (!fields("prompt")[stop].value.trim() && !pictureOf(stop)) {
    fields("drawing")[stop].value = "";
    show(stop, "");
    return;
  }
  const control = new AbortController();
  asking.set(stop, control);
  let part = "";
  try {
    part = await answer(addressOf(stop), control.signal);
  } catch {
    if (!control.signal.aborted) show(stop, ""); // rather nothing than what other words were read as
    return;
  }
  if (control.signal.aborted) return;
  show(stop, part);
  fields("drawing")[stop].value = place(stop).querySelector(".read")?.dataset.drawing ?? "";
}

function show(stop, part) {
  place(stop).innerHTML = part;
  window.htmx?.process(place(stop));
  const words = place(stop).querySelector(".read")?.dataset.said ?? "";
  if (words === (said.get(stop) ?? "")) return;
  said.set(stop, words);
  if (words) document.getElementById("read").textContent = `${place(stop).dataset.line}: ${words}.`;
}

function soon(stop, pause = PAUSE) {
  asking.get(stop)?.abort();
  clearTimeout(timers.get(stop));
  timers.set(stop, setTimeout(() => read(stop), pause));
}

const all = (pause) => fields("prompt").forEach((_, stop) => soon(stop, pause));

function choose(radio) {
  const stop = radio.name.split("-")[1];
  const chosen = [...place(stop).querySelectorAll(".thing")].map((thing) => thing.querySelector(":checked")?.value ?? "-");
  while (chosen.at(-1) === "-") chosen.pop();
  fields("drawing")[stop].value = chosen.join(" ");
}

document.addEventListener("input", ({ target }) => {
  if (target.form?.id !== "make") return;
  if (target.name === "prompt") {
    document.getElementById("readings").classList.add("awaited");
    soon(fields("prompt").indexOf(target));
  }
  if (["seed", "negative_prompt"].includes(target.name)) all();
});

document.addEventListener("change", ({ target }) => {
  if (target.form?.id !== "make") return;
  if (target.name.startsWith("thing-")) choose(target);
  if (target.name.startsWith("candidate-")) soon(Number(target.name.split("-")[1]), 0); // once it is written down
  if (target.name === "model") all(0);
});

document.addEventListener("click", ({ target }) => target.id === "another" && all(0));

// Stops were added, taken out or turned round: the server has read them anew.
const isPart = ({ detail: { ctx } }) => Boolean(ctx?.sourceElement?.matches?.(".photo")); // a photo alone, looked at again
document.addEventListener("htmx:before:swap", (event) => {
  if (isPart(event)) return;
  timers.forEach(clearTimeout);
  asking.forEach((control) => control.abort());
  said.clear();
});

// What was chosen before stands in another place now: the server says what is chosen here.
document.addEventListener("htmx:after:swap", (event) => {
  if (isPart(event)) return;
  document.querySelectorAll(".plate input").forEach((each) => { each.checked = each.defaultChecked; });
});
