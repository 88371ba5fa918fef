import { ROTO_VERSION } from '../database/version.ts';
import { type Html, html } from './html.ts';
import type { Overview } from './overview.ts';

/** An agent that was heard of within these seconds is taken to be there: with nothing to do, agents ask every ten minutes. */
const HERE_SECONDS = 12 * 60;

type Frame = { readonly title: string; readonly nonce: string; readonly style: string; readonly script?: string };

function page({ title, nonce, style, script }: Frame, body: Html): string {
  const scripts = script && `<script nonce="${nonce}">${script}</script>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html`${title}`.text}</title>
<link rel="icon" href="/logo.svg" type="image/svg+xml">
<style nonce="${nonce}">${style}</style>
</head>
<body>
${body.text}
${scripts ?? ''}
</body>
</html>
`;
}

const LOGO_IMAGE = html`<img src="/logo.svg" width="28" height="28" alt="">`;

/** What a person sees who is not signed in. */
export function signInPage(frame: Frame, problem?: string): string {
  return page(
    frame,
    html`<div class="sign-in">
<div class="brand">${LOGO_IMAGE}<h1>Roto</h1></div>
<div class="card">
${problem && html`<p class="problem" role="alert">${problem}</p>`}
<form method="post" action="/sign-in">
<label>Name<input name="username" autocomplete="username" maxlength="150" required autofocus></label>
<label>Password<input name="password" type="password" autocomplete="current-password" maxlength="256" required></label>
<button>Sign in</button>
</form>
</div>
<p class="hint">First time here? Open the sign-in link that the server printed when it started. Password lost? An administrator sets a new one; who runs the server: <code>roto user link NAME --reset</code>.</p>
</div>`,
  );
}

export type Person = {
  readonly username: string;
  /** Proves that the page's forms are our own. */
  readonly csrf: string;
  readonly hasPassword: boolean;
  /** What was wrong with the password that was sent. */
  readonly problem?: string;
};

/** The status page of a person who is signed in. */
export function statusPage(frame: Frame, person: Person, overview: Overview): string {
  return page(
    frame,
    html`<header>
${LOGO_IMAGE}<h1>Roto</h1>
<nav><a href="/api/docs/">API</a><form method="post" action="/sign-out"><input type="hidden" name="csrf" value="${person.csrf}"><span class="soft">${person.username}</span> · <button class="quiet">Sign out</button></form></nav>
</header>
${!person.hasPassword && passwordForm(person)}
<main>
${tables(overview)}
</main>
<footer><a href="/api/docs/">API document</a><a href="/api/schema/">OpenAPI (JSON)</a><a href="/api/server/health">Health</a><span class="soft">Roto ${ROTO_VERSION}</span></footer>`,
  );
}

function passwordForm({ username, csrf, problem }: Person): Html {
  return html`<aside><div class="card">
<p>You came by a link that works once. Set a password to sign in with next time.</p>
${problem && html`<p class="problem" role="alert">${problem}</p>`}
<form method="post" action="/password"><input type="hidden" name="csrf" value="${csrf}"><input type="text" hidden autocomplete="username" value="${username}">
<label>Password<input name="next" type="password" autocomplete="new-password" minlength="8" maxlength="256" required></label>
<label>Once more<input name="again" type="password" autocomplete="new-password" minlength="8" maxlength="256" required></label>
<button>Set password</button></form>
</div></aside>`;
}

/** The page's middle, which is fetched anew when something changed. */
export function tables(overview: Overview): Html {
  return html`${runTable(overview)}${taskTable(overview)}${agentTable(overview)}`;
}

function runTable({ runs, now }: Overview): Html {
  const rows = runs.map((run) => {
    const total = Math.abs(run.targetFrame - run.startFrame);
    const done = Math.abs(run.doneFrame - run.startFrame);
    return html`<tr>
<td><span class="state ${run.state}">${run.state}</span></td>
<td class="wide"><a href="/api/tasks/${run.taskId}">${run.task}</a><span class="note">${run.message || html`frame ${run.startFrame} to ${run.targetFrame}${run.function && html`, ${run.function}`}`}</span></td>
<td><progress max="${Math.max(1, total)}" value="${done}" aria-label="progress"></progress>${done} of ${total}</td>
<td class="n spare">${run.framesPerSecond === null ? '' : `${run.framesPerSecond.toFixed(1)} fps`}</td>
<td class="n soft spare">${ago(run.updated, now)}</td>
</tr>`;
  });
  return section(
    'Runs',
    rows.length > 0 &&
      html`<table><thead><tr><th>State</th><th>Task</th><th>Frames</th><th class="n spare">Speed</th><th class="n spare">Changed</th></tr></thead><tbody>${rows}</tbody></table>`,
    html`No tracking runs yet. Start one with <code>roto task track</code>.`,
  );
}

function taskTable({ tasks, taskCount, now }: Overview): Html {
  const rows = tasks.map(
    (task) => html`<tr>
<td class="n soft">${task.id}</td>
<td class="wide"><a href="/api/tasks/${task.id}">${task.name}</a></td>
<td>${task.kind === null ? html`<span class="soft">no media yet</span>` : html`${task.kind}, ${task.frames} frames`}</td>
<td class="spare">${task.width && html`${task.width} × ${task.height}`}</td>
<td class="n spare">${task.jobs} ${task.jobs === 1 ? 'job' : 'jobs'}</td>
<td class="spare">${task.owner}</td>
<td class="n soft spare">${ago(task.updated, now)}</td>
</tr>`,
  );
  const more = taskCount > tasks.length && html`, the newest ${tasks.length} of ${taskCount}`;
  return section(
    html`Tasks${more}`,
    rows.length > 0 &&
      html`<table><thead><tr><th class="n">Id</th><th>Name</th><th>Media</th><th class="spare">Size</th><th class="n spare">Jobs</th><th class="spare">Owner</th><th class="n spare">Changed</th></tr></thead><tbody>${rows}</tbody></table>`,
    html`No tasks yet. Make one with <code>roto task create NAME local VIDEO</code>.`,
  );
}

function agentTable({ agents, now }: Overview): Html {
  const rows = agents.map((agent) => {
    const here = now.getTime() - agent.lastSeen.getTime() < HERE_SECONDS * 1000;
    return html`<tr>
<td><span class="state ${here && 'here'}">${here ? 'here' : 'away'}</span></td>
<td class="wide">${agent.function}<span class="note">function ${agent.functionId}</span></td>
<td class="spare"><code>${agent.id.slice(0, 12)}</code></td>
<td class="spare">${agent.owner}</td>
<td class="n soft">${ago(agent.lastSeen, now)}</td>
</tr>`;
  });
  return section(
    'Agents',
    rows.length > 0 &&
      html`<table><thead><tr><th>State</th><th>Function</th><th class="spare">Agent</th><th class="spare">Of</th><th class="n">Last seen</th></tr></thead><tbody>${rows}</tbody></table>`,
    html`No agents. Start one with <code>roto function run-agent ID</code>.`,
  );
}

function section(title: Html | string, content: Html | false, otherwise: Html): Html {
  return html`<section><h2>${title}</h2><div class="card">${content || html`<div class="empty">${otherwise}</div>`}</div></section>`;
}

const STEPS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

function ago(then: Date, now: Date): string {
  const seconds = Math.max(0, (now.getTime() - then.getTime()) / 1000);
  for (const [unit, size] of STEPS) {
    const n = Math.floor(seconds / size);
    if (n >= 1) return `${n} ${unit}${n === 1 ? '' : 's'} ago`;
  }
  return 'just now';
}
