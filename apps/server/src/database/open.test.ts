import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { openEvents } from '../events/events.ts';
import { ENGINES, testDatabase } from '../testing/databases.ts';
import { users } from './schema/index.ts';

describe.each(ENGINES)('%s', (engine) => {
  it('has the present schema, keeps rows, and carries notices when a transaction commits', async () => {
    const database = await testDatabase(engine);
    try {
      const events = await openEvents(database);
      const heard: unknown[] = [];
      const stop = events.hear((notice) => heard.push(notice));
      await database.db.transaction(async (tx) => {
        await tx.insert(users).values({ username: 'ann' });
        await events.tell(tx, { on: 'background' });
      });
      await database.db
        .transaction(async (tx) => {
          await events.tell(tx, { on: 'queue', functionId: 1, category: 'batch' });
          throw new Error('changed my mind');
        })
        .catch(() => undefined);
      await expect.poll(() => heard).toEqual([{ on: 'background' }]);
      stop();
      const rows = await database.db.select().from(users);
      expect(rows.map((row) => row.username)).toEqual(['ann']);
      const tables = await database.db.execute(sql`select 1 from runs`);
      expect(tables).toBeDefined();
      await events.close();
    } finally {
      await database.drop();
    }
  });
});
