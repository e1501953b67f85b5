// Pages that change while one looks: each answer says when to look again. Where the site has no time, they look later.

import { HIDDEN, pause } from "./backoff.js";

let timer;
let isAsking = false;
let refusals = 0;

const live = () => document.querySelector("[hx-trigger=again]");

function look() {
  const part = live();
  if (part && !isAsking) htmx.trigger(part, "again");
}

function lookLater(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(look, document.hidden ? Math.max(milliseconds, HIDDEN) : milliseconds);
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
  if (part) lookLater(pause(refusals, ctx.response, Number(part.dataset.again)));
});
// A part that came with the answer to something else, as a photo does that was brought, is looked at from then on.
document.addEventListener("htmx:after:swap", () => {
  if (!isAsking && live()) lookLater(Number(live().dataset.again));
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !refusals) lookLater(0);
});
// A page that the browser keeps for "back" rests, and looks at once when it is shown again.
addEventListener("pagehide", () => clearTimeout(timer));
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  isAsking = false; // what was on its way is not waited for
  refusals = 0;
  if (live()) lookLater(0);
});
if (live()) lookLater(Number(live().dataset.again));
