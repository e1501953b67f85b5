// A part of the form that is asked for again, after a pause, when one of the fields changes that it follows from.

/*
 * `counted` are the names of these fields; `address` returns where the part is asked for, `show` puts its text in place,
 * "" after an error, rather than what is said of other fields.
 */
export function follow({ counted, pause, address, show }) {
  let timer;
  let control; // of the current request
  let shown = ""; // the address whose answer is shown

  async function update() {
    const asked = address();
    control?.abort();
    if (asked === shown) return;
    control = new AbortController();
    const { signal } = control;
    let part = "";
    try {
      const reply = await fetch(asked, { signal });
      if (!reply.ok) throw new Error(reply.status);
      part = await reply.text();
    } catch { /* nothing is shown then */ }
    if (signal.aborted) return;
    shown = part && asked;
    show(part);
  }

  function schedule() {
    clearTimeout(timer);
    timer = setTimeout(update, pause);
  }

  function stop() {
    clearTimeout(timer);
    control?.abort();
  }

  // The browser may have restored other values than those that the page came with.
  function start() {
    stop();
    shown = "";
    const isChanged = ({ name, checked, defaultChecked, value, defaultValue }) =>
      counted.includes(name) && (checked !== defaultChecked || value !== defaultValue);
    if ([...document.getElementById("make").elements].some(isChanged)) schedule();
    else shown = address();
  }

  return { schedule, start, stop };
}
