// Pages that change while one looks: each answer says when to look again. Where the site has no time, they look later.

const HIDDEN = 15_000; // in a tab that nobody sees, at most so often
const REFUSED = 1_000, DOUBLINGS = 6; // after a refusal, and twice as long after each further one
let timer;
let isAsking = false;
let refusals = 0;

const live = () => document.querySelector("[data-again]");

function look() {
  const part = live();
  if (part && !isAsking) htmx.trigger(part, "again");
}

function lookLater(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(look, document.hidden ? Math.max(milliseconds, HIDDEN) : milliseconds);
}

function pause(response, usual) {
  if (!refusals) return usual;
  const asked = 1000 * Number(response?.headers.get("Retry-After") ?? 0) || 0;
  const longest = Math.max(usual, asked, REFUSED * 2 ** Math.min(refusals - 1, DOUBLINGS));
  return longest * (1 + Math.random() / 4); // all who were refused at once do not come back at once
}

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  const part = live();
  if (ctx.sourceElement !== part) return;
  isAsking = true;
  if (part.dataset.known) ctx.request.headers["If-None-Match"] = `"${part.dataset.known}"`;
});
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  if (!isAsking) return;
  isAsking = false;
  const answered = ctx.response && ctx.response.status < 400;
  refusals = answered ? 0 : refusals + 1;
  const part = live();
  if (part) lookLater(pause(ctx.response, Number(part.dataset.again)));
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !refusals) lookLater(0);
});
if (live()) lookLater(Number(live().dataset.again));
