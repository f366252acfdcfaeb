// The page fetches itself anew and puts what is new in place of the old, unless somebody is busy in it.
"use strict";

const EVERY = 15000;
const main = document.getElementById("main");
const fresh = document.getElementById("fresh");
const pause = document.getElementById("pause");
let paused = false;

function busy() {
  const at = document.activeElement;
  const types = at && at.matches("input, select, textarea");
  const filled = [...main.querySelectorAll("input")].some((one) => one.value !== one.defaultValue);
  const selection = document.getSelection();
  return types || filled || (selection && !selection.isCollapsed);
}

// A place in the page that the new page has too: by its id, or by where it leads and the how manyth of these it is.
function place(element) {
  if (!element || !main.contains(element) || element === main) return null;
  if (element.id) return () => document.getElementById(element.id);
  const selector = element.href ? `a[href="${CSS.escape(element.getAttribute("href"))}"]` : element.localName;
  const number = [...main.querySelectorAll(selector)].indexOf(element);
  return () => main.querySelectorAll(selector)[number];
}

function replaceMain(next) {
  const open = [...main.querySelectorAll("details[open]")].map((one) => one.id);
  const scrolled = [...main.querySelectorAll(".scroll")].map((one) => [one.id, one.scrollLeft]);
  const again = place(document.activeElement);
  main.replaceChildren(...next.getElementById("main").childNodes);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  for (const [id, left] of scrolled) {
    const one = document.getElementById(id);
    if (one) one.scrollLeft = left;
  }
  again?.()?.focus({ preventScroll: true });
  offerCopies();
}

// Read out when the minute or the headline is another one, not every time.
function say(words, lost) {
  fresh.parentElement.classList.toggle("lost", lost);
  if (fresh.textContent !== words) fresh.textContent = words;
}

async function refresh() {
  if (paused || document.hidden || busy()) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(EVERY) });
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!next.getElementById("main")) throw new Error("no page");
    if (paused || busy()) return;
    document.title = next.title;
    replaceMain(next);
    say(next.getElementById("fresh").textContent, false);
  } catch {
    say(`The daemon does not answer. ${fresh.textContent.replace(/^The daemon does not answer\. /, "")}`, true);
  }
}

function offerCopies() {
  if (!navigator.clipboard) return;
  for (const button of main.querySelectorAll("button.copy")) {
    button.hidden = false;
    button.onclick = async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      button.textContent = "Copied";
    };
  }
}

document.getElementById("still").hidden = true;
pause.hidden = false;
pause.onclick = () => {
  paused = !paused;
  pause.textContent = paused ? "Go on" : "Pause";
  refresh();
};
offerCopies();
setInterval(refresh, EVERY);
document.addEventListener("visibilitychange", refresh);
