// The phone's form for a wall: type size by length, Enter submits, times in the phone's time zone.

const steps = [[12, "len-s"], [24, "len-m"], [48, "len-l"], [Infinity, "len-xl"]];
const grows = CSS.supports("field-sizing", "content");
const line = () => document.querySelector("#say textarea");

function fit() {
  const field = line();
  if (!field) return;
  if (/[\r\n]/.test(field.value)) field.value = field.value.replace(/\s*[\r\n]+\s*/g, " ");
  const length = (field.value || field.placeholder).length;
  field.parentElement.className = `words ${steps.find(([most]) => length <= most)[1]}`;
  if (grows) return;
  field.style.height = "auto"; // the policy allows styles set by scripts
  field.style.height = `${field.scrollHeight}px`;
}

function showTimes() {
  for (const time of document.querySelectorAll(".standing time")) {
    const moment = new Date(time.dateTime);
    time.textContent = moment.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  }
}

document.addEventListener("input", ({ target }) => target === line() && fit());

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || event.target !== line()) return;
  event.preventDefault();
  event.target.form.requestSubmit(document.getElementById("send"));
});

function start() {
  fit();
  showTimes();
}
document.addEventListener("htmx:after:swap", start);
start();
