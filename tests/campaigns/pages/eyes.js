// What tests see of a page: where Tab stops, whether focus can be seen there, and which words are cut off.

const STOPS = "a[href], button, input:not([type=hidden]), textarea, select, summary, [tabindex]";
const SHOWN = ["outlineStyle", "outlineWidth", "borderBottomWidth", "borderBottomStyle", "boxShadow", "visibility", "top"];

const isSeen = (each) => each.checkVisibility({ visibilityProperty: true }) && !each.closest("[aria-hidden=true]");

/* Of radio buttons with one name, Tab stops at the chosen one, or at the first. */
function isStop(each) {
  if (each.disabled || each.tabIndex < 0 || !isSeen(each)) return false;
  if (each.type !== "radio") return true;
  const group = [...document.getElementsByName(each.name)].filter((other) => other.form === each.form);
  return each === (group.find((other) => other.checked) ?? group[0]);
}

/* What can show that something has the focus: it, what stands beside it, the line that it stands on, or its label. */
function looks(each) {
  const around = [each, each.previousElementSibling, each.nextElementSibling, each.parentElement, each.parentElement?.parentElement, each.labels?.[0]];
  const seen = [];
  for (const one of around) {
    for (const part of ["", "::before", "::after"]) {
      if (!one || getComputedStyle(one).opacity === "0") { seen.push(""); continue; }
      const style = getComputedStyle(one, part);
      seen.push(style.outlineStyle === "none" ? "" : `${style.outlineStyle} ${style.outlineWidth}`);
      seen.push(...SHOWN.slice(2).map((name) => style[name]));
    }
  }
  return JSON.stringify(seen);
}

/* An outline that an ancestor cuts off is none. */
function isCutOff(each) {
  const style = getComputedStyle(each);
  if (style.outlineStyle === "none" || style.opacity === "0") return false;
  const out = parseFloat(style.outlineWidth) + parseFloat(style.outlineOffset);
  const box = each.getBoundingClientRect();
  for (let over = each.parentElement; over && over !== document.body; over = over.parentElement) {
    if (getComputedStyle(over).overflowX === "visible") continue;
    const frame = over.getBoundingClientRect();
    if (box.left - out < frame.left || box.right + out > frame.right || box.top - out < frame.top || box.bottom + out > frame.bottom) return true;
  }
  return false;
}

const tell = (each) => each.outerHTML.slice(0, 160);

/* Begin before the first stop, and write down where the focus comes to. */
window.beginTabbing = () => {
  const start = Object.assign(document.createElement("span"), { tabIndex: -1 });
  document.body.prepend(start);
  start.focus();
  const stops = [...document.querySelectorAll(STOPS)].filter(isStop);
  const before = new Map(stops.map((each) => [each, looks(each)]));
  const reached = [], unseen = [];
  document.addEventListener("focusin", ({ target }) => {
    if (reached.at(-1) === target) return;
    reached.push(target);
    if (before.get(target) === looks(target) || isCutOff(target)) unseen.push(tell(target));
  });
  window.endTabbing = () => {
    const left = stops.filter((each) => reached.includes(each) || isSeen(each)); // a button goes once what it shows is shown
    const wrong = left.findIndex((each, index) => each !== reached[index]);
    return { unseen: [...new Set(unseen)], missed: wrong < 0 ? [] : [tell(left[wrong]), reached[wrong] ? tell(reached[wrong]) : "nothing"] };
  };
  const dates = stops.filter((each) => each.type === "date").length;
  return stops.length + 3 * dates; // day, month, year and calendar are stops of their own
};

/* Elements that hide part of their words, and have no button beside them that shows all. */
window.cutOff = () => [...document.querySelectorAll("main *, header *, footer *")].filter((each) => {
  const style = getComputedStyle(each);
  if (style.overflowX === "visible" || ["scroll", "auto"].includes(style.overflowX)) return false;
  if (each.nextElementSibling?.matches(".whole:not([hidden])")) return false;
  if (!each.textContent.trim() || each instanceof SVGElement || each.closest(".unseen") || !isSeen(each)) return false;
  return each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1;
}).map(tell);
