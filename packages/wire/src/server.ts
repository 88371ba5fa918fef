import type { Static } from 'typebox';
import * as Type from 'typebox';
import { Uri } from './scalars.ts';

export const About = Type.Object(
  {
    name: Type.String(),
    description: Type.String(),
    version: Type.String({ description: 'The release of CVAT whose interface this is; its clients compare it.' }),
    roto_version: Type.Optional(Type.String({ description: 'Ours: the release of Roto.' })),
    logo_url: Uri,
    subtitle: Type.String(),
  },
  { title: 'About', description: 'What a server is, and which interface it speaks.' },
);
export type About = Static<typeof About>;

export const Plugins = Type.Object(
  { ANALYTICS: Type.Boolean(), MODELS: Type.Boolean() },
  { title: 'Plugins', description: 'Which optional parts of CVAT the server has.' },
);
export type Plugins = Static<typeof Plugins>;

export const Health = Type.Object(
  { status: Type.Literal('ok') },
  { title: 'Health', description: 'The server can do its work: its database answers.' },
);
export type Health = Static<typeof Health>;
