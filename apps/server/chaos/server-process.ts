/** A server of the kill loop, as a process of its own; what it needs comes in the environment. */
import { eq } from 'drizzle-orm';
import { digest } from '../src/auth/secrets.ts';
import { DEFAULT_SERVER_LIMITS } from '../src/config.ts';
import { accessTokens, users } from '../src/database/schema/index.ts';
import { startServer } from '../src/server.ts';

const { CHAOS_FOLDER, CHAOS_DATABASE, CHAOS_PORT, CHAOS_TOKEN, CHAOS_LEASE_MS } = process.env;
const leaseMs = Number(CHAOS_LEASE_MS);
// Not left behind when the loop itself is ended.
process.on('disconnect', () => process.exit(0));

const server = await startServer(
  {
    folder: CHAOS_FOLDER!,
    ...(CHAOS_DATABASE ? { databaseUrl: CHAOS_DATABASE } : {}),
    host: '127.0.0.1',
    port: Number(CHAOS_PORT),
    // Killed as often as here, no request is to be taken for poisoned.
    limits: { ...DEFAULT_SERVER_LIMITS, leaseMs: { interactive: leaseMs, batch: leaseMs }, maxAttempts: 1_000 },
  },
  (error, where) => console.error(`fault at ${where}:`, error),
);
const { db } = server.context;
const [known] = await db.select().from(users).where(eq(users.username, 'chaos'));
if (!known) {
  await db.transaction(async (tx) => {
    const [user] = await tx.insert(users).values({ username: 'chaos' }).returning();
    await tx
      .insert(accessTokens)
      .values({ userId: user!.id, name: 'chaos', hash: digest(CHAOS_TOKEN!), readOnly: false });
  });
}
process.send?.({ url: server.url });
