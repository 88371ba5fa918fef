import type { Db } from '../database/open.ts';
import { forbidden, notFound } from '../http/errors.ts';
import type { Action, Principal, ResourceKind } from './access.ts';
import { loadFacts } from './facts.ts';
import { may } from './policy.ts';

/**
 * Decides about a resource that the body of a request names, by the same policy as the guard those of its path.
 * @throws HttpError 404 when there is none that the user may see, 403 when they may see it only
 */
export async function demand(
  db: Db,
  principal: Principal,
  action: Action,
  kind: ResourceKind,
  id: number | string,
): Promise<void> {
  const facts = await loadFacts(db, kind, String(id), principal.userId);
  if (!facts || !may(principal, 'view', facts)) throw notFound(`There is no ${kind} ${String(id).slice(0, 100)}.`);
  if (!may(principal, action, facts)) throw forbidden(`You may not ${action} ${kind} ${id}.`);
}
