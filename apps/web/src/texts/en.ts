// All texts of the page. A second language is a file of the same type.

import * as frames from './en/frames.ts';
import { actionNames, areas, shortcuts } from './en/keys.ts';
import * as pages from './en/pages.ts';
import { conflicts, readOnly, settings, states } from './en/states.ts';
import { actionDialog, runs } from './en/tracking.ts';
import * as workspace from './en/workspace.ts';

export const t = {
  ...workspace,
  ...frames,
  ...pages,
  actionNames,
  areas,
  shortcuts,
  actionDialog,
  runs,
  states,
  readOnly,
  settings,
  conflicts,
};

export type Texts = typeof t;
