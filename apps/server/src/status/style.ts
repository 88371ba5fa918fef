/** The status page's only style sheet. Set in the system's face; follows its light or dark. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#fafaf8, #16171a);
  --card: light-dark(#ffffff, #1e2024);
  --ink: light-dark(#1c1d20, #e7e6e3);
  --soft: light-dark(#6a6b70, #9b9ca2);
  --line: light-dark(#e5e4df, #303238);
  --accent: light-dark(#0b6e5f, #4fc3ab);
  --good: light-dark(#0b7a4b, #5ccf95);
  --bad: light-dark(#b3261e, #ff8f84);
  --wait: light-dark(#8a5a00, #e3b341);
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
a { color: var(--accent); text-decoration: none; }
a:hover, a:focus-visible { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
header, main, footer, aside { max-width: 68rem; margin: 0 auto; padding: 0 1.5rem; }
header { display: flex; align-items: center; gap: .75rem; padding-top: 1.75rem; padding-bottom: 1.5rem; }
header img { display: block; }
header h1 { font-size: 1.25rem; margin: 0; letter-spacing: -.01em; }
header nav { margin-left: auto; display: flex; align-items: center; gap: 1.25rem; }
header form { margin: 0; }
.quiet { background: none; border: 0; padding: 0; font: inherit; color: var(--soft); cursor: pointer; }
.quiet:hover { color: var(--ink); text-decoration: underline; }
section { margin-bottom: 2.25rem; }
h2 { font-size: .8125rem; font-weight: 600; color: var(--soft); margin: 0 0 .5rem; letter-spacing: .02em; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .6rem 1rem; white-space: nowrap; vertical-align: baseline; }
th { font-size: .8125rem; font-weight: 500; color: var(--soft); border-bottom: 1px solid var(--line); }
tr + tr td { border-top: 1px solid var(--line); }
td.wide { width: 100%; white-space: normal; min-width: 11rem; overflow-wrap: anywhere; }
td.n, th.n { text-align: right; }
.soft { color: var(--soft); }
.note { display: block; color: var(--soft); font-size: .8125rem; }
.empty { padding: 1.1rem 1rem; color: var(--soft); }
.empty code { color: var(--ink); }
code { font: .875em ui-monospace, "Cascadia Code", Menlo, Consolas, monospace; }
.state::before { content: ""; display: inline-block; width: .5rem; height: .5rem; border-radius: 50%; margin-right: .5rem; background: currentColor; vertical-align: .08em; }
.state { color: var(--soft); }
.state.running, .state.here { color: var(--good); }
.state.queued { color: var(--wait); }
.state.failed { color: var(--bad); }
progress { appearance: none; width: 9rem; height: .375rem; border: 0; border-radius: 99px; background: var(--line); overflow: hidden; vertical-align: .1em; margin-right: .75rem; }
progress::-webkit-progress-bar { background: var(--line); }
progress::-webkit-progress-value { background: var(--accent); }
progress::-moz-progress-bar { background: var(--accent); }
aside { margin-bottom: 2.25rem; }
aside .card { padding: 1.1rem 1rem; border-left: 3px solid var(--accent); }
aside p { margin: 0 0 .75rem; }
aside form { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; }
label { font-size: .875rem; color: var(--soft); }
input { display: block; margin-top: .25rem; padding: .5rem .65rem; font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--line); border-radius: 7px; }
form > button:not(.quiet) { padding: .55rem 1.1rem; font: inherit; font-weight: 600; border: 0; border-radius: 7px; background: var(--accent); color: var(--card); cursor: pointer; }
form > button:not(.quiet):hover { filter: brightness(1.08); }
footer { padding-top: .5rem; padding-bottom: 2.5rem; color: var(--soft); font-size: .875rem; display: flex; gap: 1.5rem; flex-wrap: wrap; }
.sign-in { max-width: 22rem; margin: 12vh auto 0; padding: 0 1.5rem; }
.sign-in .card { padding: 1.5rem; }
.sign-in .brand { display: flex; align-items: center; gap: .75rem; margin-bottom: 1rem; }
.sign-in h1 { font-size: 1.25rem; margin: 0; }
.sign-in label { display: block; margin-bottom: .9rem; }
.sign-in input { width: 100%; }
.sign-in button { width: 100%; }
.problem { color: var(--bad); margin: 0 0 1rem; font-size: .875rem; }
.hint { color: var(--soft); font-size: .875rem; margin: 1rem .25rem; }
@media (max-width: 40rem) { header nav { gap: .9rem; } th, td { padding: .55rem .75rem; } .spare { display: none; } }
`;

/** Keeps the page fresh: whenever the server says that something changed, its middle is fetched anew. */
export const SCRIPT = `
const main = document.querySelector('main');
let busy = false, again = false;
async function refresh() {
  if (busy) { again = true; return; }
  busy = true;
  try {
    const answer = await fetch('/status/tables');
    if (answer.status === 401) location.reload();
    else if (answer.ok) main.innerHTML = await answer.text();
  } catch {} finally {
    busy = false;
    if (again) { again = false; refresh(); }
  }
}
new EventSource('/status/events').onmessage = refresh;
setInterval(refresh, 30000);
`;
