// The form for a walk: type size by length, the summary of "More", and restoring what was typed.

const steps = [[12, "len-s"], [24, "len-m"], [48, "len-l"], [Infinity, "len-xl"]];
const grows = CSS.supports("field-sizing", "content");
const lines = () => [...document.querySelectorAll("#make textarea")];

function fit(line) {
  if (/[\r\n]/.test(line.value)) line.value = line.value.replace(/\s*[\r\n]+\s*/g, " ");
  line.parentElement.className = `words ${steps.find(([most]) => line.value.length <= most)[1]}`;
  if (grows) return;
  line.style.height = "auto"; // the policy allows styles set by scripts
  line.style.height = `${line.scrollHeight}px`;
}

// The nearest frame rate that a GIF can have: each frame lasts whole hundredths of a second, at least two.
function gifRate(fps) {
  const rate = 100 / Math.max(2, Math.floor(100 / fps + 0.5));
  return rate.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 3 });
}

function showValues() {
  const form = document.getElementById("make");
  const { seed, negative_prompt: without, steps: many, guidance, fps } = form.elements;
  const chosen = (name) => form.querySelector(`[name=${name}]:checked`);
  const hand = chosen("hand")?.dataset.name;
  const frames = chosen("frames");
  const values = document.getElementById("values");
  const fill = (words, value) => values.dataset[words].replace("{}", () => value);
  if (frames) {
    const length = document.getElementById("length");
    const typed = Number(fps.value.replace(",", "."));
    if (length && fps.value !== fps.defaultValue && typed >= 1 && typed <= 50) length.textContent = fill("fps", gifRate(typed));
    else if (length) length.textContent = frames.dataset[chosen("ending")?.value ?? "stop"];
  }
  values.querySelector(".hand").textContent = hand ? `${hand[0].toUpperCase()}${hand.slice(1)}, ` : "";
  const care = chosen("preset")?.dataset;
  if (care) [many.placeholder, guidance.placeholder] = [care.steps, care.guidance];
  values.querySelector(".ending").textContent = chosen("ending")?.dataset.name ?? "";
  values.querySelector(".pace").textContent = chosen("easing")?.value ? `, ${chosen("easing").dataset.name}` : "";
  values.querySelector(".care").textContent = ["balanced", undefined].includes(chosen("preset")?.value) ? "" : `, ${chosen("preset").dataset.name}`;
  const aspect = chosen("aspect");
  values.querySelector(".aspect").textContent = aspect && aspect.value !== "1:1" ? `, ${aspect.value}` : "";
  const frame = document.getElementById("frame-size");
  const sizes = [...form.querySelectorAll("[name=size]")];
  if (aspect && frame) frame.textContent = aspect.dataset.sizes.split("|")[Math.max(0, sizes.indexOf(chosen("size")))];
  values.querySelector(".model").textContent = chosen("model") ? `, ${fill("model", chosen("model").dataset.name)}` : "";
  values.querySelector(".steps").textContent = many.value.trim() ? `, ${fill("steps", many.value.trim())}` : "";
  values.querySelector(".guidance").textContent = guidance.value.trim() ? `, ${fill("guidance", guidance.value.trim())}` : "";
  values.querySelector(".fps").textContent = fps.value.trim() ? `, ${fill("fps", fps.value.trim())}` : "";
  values.querySelector(".seed").textContent = seed.value.trim() ? fill("seed", seed.value.trim()) : values.dataset.newSeed;
  values.querySelector(".without").textContent = without.value.trim() ? `, ${fill("without", without.value.trim())}` : "";
}

// Disable the layouts that the chosen style does not offer, and deselect them.
function offerLayouts() {
  const offered = document.querySelector("#make [name=hand]:checked")?.dataset.layouts;
  document.querySelectorAll("select[name=layout]").forEach((select) => {
    for (const option of select.options) {
      option.disabled = Boolean(option.value) && offered !== undefined && !offered.split(" ").includes(option.value);
    }
    if (select.selectedOptions[0]?.disabled && !select.hasAttribute("aria-invalid")) select.value = "";
  });
}

// Show the value of each slider.
function showWeights() {
  document.querySelectorAll("#make [name=lora_weight][type=range]").forEach((slider) => {
    const shown = slider.closest("label").querySelector(".value");
    shown.hidden = false;
    shown.textContent = Number(slider.value).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 2 }).replace("-", "−");
  });
}

// Scroll a row of styles to the chosen one.
function showChosen() {
  const chosen = document.querySelector(".shown:has(:checked)");
  if (chosen) chosen.parentElement.scrollLeft = chosen.offsetLeft - chosen.parentElement.offsetLeft - 20;
}

const MOST = 8000; // characters of an address
const DRAFT = "draft";
let untouched = ""; // the query of the form as the server sent it, empty
let timer;

function queryOf(form) {
  const typed = new FormData(form);
  [...typed.keys()].filter((name) => /^(csrf_token|token|edit|example|film|photo-.*|sound-file|thing-.*|find.*)$/.test(name)).forEach((name) => typed.delete(name));
  if (!typed.getAll("lora").some(Boolean)) typed.delete("lora_weight");
  const inLine = ["prompt", ...["own", "drawing", "layout", "picture", "candidates", "at", "lora", "lora_weight"].filter((name) => typed.getAll(name).some(Boolean))]; // kept for each stop, even if empty
  [...typed].forEach(([name, value]) => value || inLine.includes(name) || typed.delete(name));
  return `${new URLSearchParams(typed)}`;
}

// The tab keeps the address of the form until the walk is requested; a browser may forbid that.
function keepDraft(address) {
  try {
    if (address) sessionStorage.setItem(DRAFT, address);
    else sessionStorage.removeItem(DRAFT);
  } catch { /* the address alone keeps it */ }
}

// What is typed is part of the address: going back and reloading show it again, with its stops, photos and drawings.
function remember() {
  clearTimeout(timer);
  const form = document.getElementById("make");
  const query = queryOf(form);
  const isBlank = query === untouched;
  const address = isBlank ? form.dataset.address : `${form.dataset.address}?${query}`;
  history.replaceState({ token: form.elements.token.value }, "", address.length < MOST ? address : undefined);
  keepDraft(isBlank || address.length >= MOST ? "" : address);
}

// Remember the form that a press was answered with, so that it can be reloaded. Show the draft again to a visitor who
// comes back to the empty form by a link of the site, such as "Make".
function restoreDraft() {
  const form = document.getElementById("make");
  const isFilled = lines().some((line) => line.value.trim()) || [...form.querySelectorAll("[name=picture]")].some((photo) => photo.value);
  if (location.search) return;
  if (isFilled) return remember();
  untouched = queryOf(form);
  if (!document.referrer.startsWith(`${location.origin}/`)) return;
  try {
    const draft = sessionStorage.getItem(DRAFT);
    if (draft) location.replace(draft);
  } catch { /* there is none */ }
}

// After navigating back, restore the token: submitting the unchanged form again then leads to the same walk.
function restoreToken() {
  const [entry] = performance.getEntriesByType("navigation");
  const { token } = history.state ?? {};
  if (token && entry?.type === "back_forward") document.getElementById("make").elements.token.value = token;
}

function randomSeed(most) {
  const limit = Number(most) + 1;
  return Math.floor((crypto.getRandomValues(new Uint32Array(1))[0] / 2 ** 32) * limit);
}

function start() {
  lines().forEach(fit);
  document.getElementById("another").hidden = false;
  document.querySelector(".drop")?.removeAttribute("hidden");
  document.getElementById("restore").hidden = true; // choosing a film submits by itself
  showValues();
  offerLayouts();
  showWeights();
  showChosen();
}

document.addEventListener("input", ({ target }) => {
  if (target.matches("#make textarea")) fit(target);
  if (target.form?.id === "make") {
    showValues();
    clearTimeout(timer);
    timer = setTimeout(remember, 300); // browsers limit how often an address may change
  }
  if (target.name === "lora_weight") showWeights();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || !event.target.matches("#make textarea")) return;
  event.preventDefault();
  const all = lines();
  const next = all.slice(all.indexOf(event.target) + 1).find((line) => !line.value.trim());
  if (next) next.focus();
  else event.target.form.requestSubmit(document.getElementById("paint"));
});

document.addEventListener("click", ({ target }) => {
  if (target.id === "another") {
    const seed = document.getElementById("seed");
    seed.value = randomSeed(seed.dataset.max);
    showValues();
  }
  const link = target.closest("a[href]");
  if (link?.getAttribute("href") === document.getElementById("make").dataset.address) keepDraft(""); // start over
  if (target.matches(".leg, .words")) target.closest(".leg").querySelector("textarea")?.focus();
});

// Submit a chosen or dropped film; the server responds with the form filled in from its recipe.
function restore(files) {
  const film = document.getElementById("film");
  if (files) film.files = files;
  const [chosen] = film.files;
  if (!chosen) return;
  const tooLarge = chosen.size > Number(film.dataset.max);
  document.body.classList.remove("dropping");
  if (tooLarge) {
    const note = document.getElementById("film-note");
    note.replaceChildren(Object.assign(document.createElement("strong"), { textContent: film.dataset.tooLarge.replace("{name}", () => chosen.name) }));
    note.setAttribute("role", "alert");
    document.getElementById("more").open = true;
    film.value = "";
    film.focus();
    return;
  }
  film.form.requestSubmit(document.getElementById("restore"));
}

const hasFile = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
document.addEventListener("dragover", (event) => {
  if (!hasFile(event)) return;
  event.preventDefault();
  document.body.classList.add("dropping");
});
document.addEventListener("dragleave", ({ relatedTarget }) => relatedTarget || document.body.classList.remove("dropping"));
document.addEventListener("drop", (event) => {
  if (!hasFile(event)) return;
  event.preventDefault();
  restore(event.dataTransfer.files);
});
document.addEventListener("change", ({ target }) => target.id === "film" && restore());
document.addEventListener("change", ({ target }) => target.name === "hand" && offerLayouts());
document.addEventListener("change", ({ target }) => target.form?.id === "make" && remember()); // a link may be next
document.getElementById("more").addEventListener("toggle", showChosen);

document.addEventListener("submit", ({ target, submitter }) => {
  if (target.id !== "make") return;
  remember();
  if (!submitter?.hasAttribute("formaction")) keepDraft(""); // it becomes a walk
});

// The server renders added or removed stops, and htmx morphs them in; keep the typed text as the default value.
const PLACES = { find: "find", seek: "find", earlier: "earlier", forget: "earlier" }; // what a press opens
let pressed = ""; // the button itself may be gone after the swap
document.addEventListener("htmx:before:swap", ({ detail: { ctx } }) => {
  pressed = ctx?.sourceElement?.value ?? "";
  lines().forEach((line) => { line.defaultValue = line.value; });
});
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  start();
  remember();
  if (ctx?.sourceElement?.matches?.(".photo, .sound, [value=bring], [value=drop-sound], #music [value=look], [value^=style-], [value^=drop-]")) return; // keep the focus
  const [, act, stop] = pressed.match(/^(find|seek|take|spell|write|earlier|forget)-(\d+)/) ?? [];
  if (act) document.getElementById(PLACES[act] ?? `stop-${stop}`)?.focus();
  else lines().find((line) => !line.value)?.focus();
});
// Browsers scroll to the caret of a field alone; the rest of it must not be behind the bar either.
document.addEventListener("keyup", ({ key, target }) => {
  if (key === "Tab" && target.matches?.("#make textarea")) target.scrollIntoView({ block: "nearest" });
});
window.addEventListener("resize", () => grows || lines().forEach(fit));
addEventListener("pageshow", start); // browsers may put back by themselves what was typed
restoreToken();
restoreDraft();
start();
