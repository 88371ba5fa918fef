import { readFile } from 'node:fs/promises';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyReply } from 'fastify';
import type { App } from '../http/app.ts';

/** Addresses that the page itself looks after; everything else that is not there is answered with 404. */
const PLACES = [
  '/',
  '/start',
  '/sign-in',
  '/tasks',
  '/tasks/*',
  '/jobs',
  '/jobs/*',
  '/functions',
  '/functions/*',
  '/runs',
  '/requests',
  '/tokens',
  '/organizations',
  '/organizations/*',
  '/account',
  '/about',
];

/** Frames come from us or are made in the page (blob:); labels and sizes are set as styles of elements. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' blob: data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "object-src 'none'",
].join('; ');

const YEAR_MS = 31_536_000_000;

/**
 * Serves the page that was built into `folder`: `index.html` at every place of it, its files by their names. Files in
 * `assets/` have the hash of their content in the name and are kept for a year; compressed copies beside them are sent
 * where the browser takes them.
 */
export async function pageRoutes(app: App, folder: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: path.join(folder, 'assets'),
    prefix: '/assets/',
    index: false,
    preCompressed: true,
    immutable: true,
    maxAge: YEAR_MS,
    setHeaders: (reply) => reply.header('Content-Security-Policy', POLICY),
  });
  for (const name of ['theme.js', 'favicon.svg'])
    app.get(`/${name}`, (_request, reply) => reply.sendFile(name, folder, { maxAge: 3_600_000, immutable: false }));
  const index = path.join(folder, 'index.html');
  const send = async (_request: unknown, reply: FastifyReply) =>
    reply
      .type('text/html; charset=utf-8')
      .headers({ 'Cache-Control': 'no-cache', 'Content-Security-Policy': POLICY, 'X-Frame-Options': 'DENY' })
      // Read each time: a page that was built anew names other files.
      .send(await readFile(index));
  for (const place of PLACES) app.get(place, send);
}
