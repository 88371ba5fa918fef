import { eq, sql } from 'drizzle-orm';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Context } from '../context.ts';
import { userSettings } from '../database/schema/index.ts';
import { transact } from '../database/transact.ts';
import { UNCHANGED } from '../http/answers.ts';
import type { App } from '../http/app.ts';
import { badRequest, HttpError } from '../http/errors.ts';

const MOST_BYTES = 64 * 1024;
const Settings = Type.Object({}, { additionalProperties: true, description: 'What pages keep for a person.' });
type Json = Record<string, unknown>;

/** Settings of whoever asks, for pages; they follow the person to other browsers. */
export function settingsRoutes(app: App, { db }: Context): void {
  const access = { signedIn: 'is about who asks' };
  const tags = ['users'];
  const tagOf = (version: number) => `"settings-${version}"`;

  app.get(
    '/api/users/self/settings',
    {
      config: { access },
      schema: { tags, summary: 'Settings of oneself', response: { 200: Settings, ...UNCHANGED } },
    },
    async (request, reply) => {
      const [row] = await db.select().from(userSettings).where(eq(userSettings.userId, request.principal.userId));
      const etag = tagOf(row?.version ?? 0);
      reply.headers({ ETag: etag, 'Cache-Control': 'private, no-cache' });
      if (request.headers['if-none-match'] === etag) return reply.code(304).send();
      return row?.settings ?? {};
    },
  );

  app.patch(
    '/api/users/self/settings',
    {
      config: { access },
      schema: {
        tags,
        summary: 'Change settings of oneself',
        description:
          'A JSON merge patch (RFC 7396): members stand in the place of those there are, null removes one. With `If-Match` and the ETag that was read, only when nothing has changed since.',
        body: Settings,
        response: { 200: Settings },
      },
    },
    (request, reply) => change(request, reply, request.body as Json),
  );

  function change(request: FastifyRequest, reply: FastifyReply, patch: Json): Promise<Json> {
    const { userId } = request.principal;
    return transact(db, async (tx) => {
      await tx.insert(userSettings).values({ userId, settings: {}, version: 0 }).onConflictDoNothing();
      const [row] = await tx.select().from(userSettings).where(eq(userSettings.userId, userId)).for('update');
      const match = request.headers['if-match'];
      if (match !== undefined && match !== '*' && match !== tagOf(row!.version))
        throw new HttpError(412, { detail: 'The settings were changed since they were read; read them again.' });
      const settings = merged(row!.settings, patch) as Json;
      const bytes = Buffer.byteLength(JSON.stringify(settings));
      if (bytes > MOST_BYTES)
        throw badRequest('settings', `They would take ${bytes} bytes; there is room for ${MOST_BYTES}.`);
      const [now] = await tx
        .update(userSettings)
        .set({ settings, version: sql`${userSettings.version} + 1` })
        .where(eq(userSettings.userId, userId))
        .returning({ version: userSettings.version });
      reply.header('ETag', tagOf(now!.version));
      return settings;
    });
  }
}

/** RFC 7396. */
function merged(there: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result = new Map(Object.entries(isObject(there) ? there : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else result.set(key, merged(result.get(key), value));
  }
  return Object.fromEntries(result);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
