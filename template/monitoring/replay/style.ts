/** Uses the shop's own colours, if they have these names. */
export const style = `
/* Without height, so that it does not move the page. */
:host {
  display: block;
  height: 0;
  font-size: 0.875rem;
  line-height: 1.5;
}

[hidden] {
  display: none !important;
}

p {
  margin: 0 0 0.5rem;
}

button {
  font: inherit;
  color: inherit;
  cursor: pointer;
}

:focus-visible {
  outline: 2px solid var(--accent, LinkText);
  outline-offset: 0.25rem;
}

.reopen {
  display: block;
  width: fit-content;
  margin: 0 auto 0.75rem;
  padding: 0.75rem;
  border: 0;
  background: none;
  color: var(--ink-soft, CanvasText);
  text-decoration: underline;
  text-underline-offset: 0.35em;
}

section {
  position: fixed;
  z-index: 1;
  inset: auto 0 0;
  box-sizing: border-box;
  max-height: 75vh;
  overflow: auto;
  padding: 1.25rem var(--gutter, 1.25rem);
  border-top: 1px solid var(--rule, GrayText);
  background: var(--paper, Canvas);
  color: var(--ink-soft, CanvasText);
}

@media (prefers-reduced-motion: no-preference) {
  section {
    animation: appear 0.3s;
  }
}

@keyframes appear {
  from {
    opacity: 0;
  }
}

section:focus {
  outline: none;
}

.question {
  color: var(--ink, CanvasText);
  font-family: var(--serif, inherit);
  font-size: 1.25rem;
}

.state:empty {
  display: none;
}

.state {
  color: var(--ink, CanvasText);
}

section div {
  display: grid;
  grid-template-columns: 1fr 1fr;
  gap: 0.75rem;
  margin-top: 1rem;
}

section button {
  min-height: 2.75rem;
  padding: 0.5rem;
  border: 1px solid var(--ink, CanvasText);
  background: none;
  color: var(--ink, CanvasText);
}

section button:hover {
  background: var(--plate, ButtonFace);
}

@media (min-width: 48rem) {
  section {
    inset: auto auto 1.5rem var(--gutter, 1.25rem);
    width: 28rem;
    padding: 1.5rem;
    border: 1px solid var(--rule, GrayText);
  }
}
`;
