import { type Decision, decision } from "./decision";
import { style } from "./style";

const CONTENT = `
<button type="button" class="reopen" aria-expanded="false">Privacy choices</button>
<section aria-label="Session recording" tabindex="-1" hidden>
  <p class="question">May we record how you use this shop?</p>
  <p>Clicks, scrolling, layout and pictures go to LogRocket and show us what gets in your way.
  What you type, the words on the page, and your cart, checkout and account are never recorded.</p>
  <p class="state"></p>
  <div>
    <button type="button" value="allowed">Allow recording</button>
    <button type="button" value="refused">No, thanks</button>
  </div>
</section>
<div class="room"></div>
`;

const STATES = { allowed: "You have allowed recording.", refused: "Recording is off." };

/**
 * Asks visitors who have not decided, at the bottom of the window. Lets all others see and change
 * their decision, at the end of the page.
 */
export function showChoices(decide: (answer: Decision) => void): void {
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  root.innerHTML = `<style>${style}</style>${CONTENT}`;
  const find = <T extends HTMLElement>(selector: string) => root.querySelector(selector) as T;
  const section = find("section");
  const reopen = find<HTMLButtonElement>(".reopen");

  function show(isOpen: boolean): void {
    const decided = decision();
    section.hidden = !isOpen;
    reopen.hidden = !decided;
    reopen.ariaExpanded = String(isOpen);
    find(".state").textContent = decided ? STATES[decided] : "";
  }

  for (const button of root.querySelectorAll<HTMLButtonElement>("button[value]")) {
    button.addEventListener("click", () => {
      decide(button.value as Decision);
      show(false);
      reopen.focus({ preventScroll: true });
    });
  }
  reopen.addEventListener("click", () => {
    show(section.hidden);
    if (!section.hidden) section.focus({ preventScroll: true });
  });

  // Leaves room to scroll the end of the page, and the focused element, above the question.
  new ResizeObserver(() => {
    const height = section.hidden ? 0 : innerHeight - section.getBoundingClientRect().top;
    find(".room").style.height = `${height}px`;
    document.documentElement.style.scrollPaddingBottom = `${height}px`;
  }).observe(section);

  show(!decision());
  document.body.append(host);
}
