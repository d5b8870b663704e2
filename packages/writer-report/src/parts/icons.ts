/** The shapes that marks and charts refer to; once in each document. */
export const ICONS = `<svg width="0" height="0" class="sr" aria-hidden="true"><defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V6" stroke="currentColor" stroke-opacity=".45" stroke-width="3"/></pattern></defs>
<symbol id="i-ok" viewBox="0 0 16 16"><path fill="none" stroke="currentColor" stroke-width="2.2" d="M2.5 8.5l3.5 3.5 7.5-8"/></symbol>
<symbol id="i-bad" viewBox="0 0 16 16"><path fill="none" stroke="currentColor" stroke-width="2.4" d="M3.5 3.5l9 9m0-9l-9 9"/></symbol>
<symbol id="i-late" viewBox="0 0 16 16"><path fill="none" stroke="currentColor" stroke-width="1.8" d="M8 2l6.5 11.5h-13zM8 6.5v3.5m0 1.2v1.3"/></symbol>
<symbol id="i-unknown" viewBox="0 0 16 16"><circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="1.8"/></symbol>
<symbol id="i-running" viewBox="0 0 16 16"><path fill="currentColor" d="M4 2.5l9 5.5-9 5.5z"/></symbol></svg>`
