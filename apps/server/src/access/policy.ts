import type { Action, Principal, ResourceKind, Role } from './access.ts';

/** How a resource stands to the one who asks. */
export type Facts = {
  readonly kind: ResourceKind;
  /** Made by, or belonging to, the one who asks; of a function request, its function. */
  readonly owns: boolean;
  /**
   * Given to the one who asks to work on; of a job also through its task. Of a function request: asked for by them. Of a
   * user: member of an organization of theirs.
   */
  readonly assigned: boolean;
  /** Of a task: one of its jobs is given to the one who asks. */
  readonly partlyAssigned: boolean;
  /** The resource belongs to an organization. */
  readonly inOrganization: boolean;
  /** What the one who asks is in that organization; null: no member, or there is no organization. */
  readonly role: Role | null;
  /** Of a function: anyone signed in may use it. */
  readonly isPublic: boolean;
  /** An agent of the one who asks holds a request for this task. */
  readonly serving: boolean;
};

export const NO_FACTS: Omit<Facts, 'kind'> = {
  owns: false,
  assigned: false,
  partlyAssigned: false,
  inOrganization: false,
  role: null,
  isPublic: false,
  serving: false,
};

/** The one authorisation function: whether `principal` may do `action` to a resource of which `facts` are true. */
export function may(principal: Pick<Principal, 'isAdmin'>, action: Action, facts: Facts): boolean {
  if (principal.isAdmin) return true;
  // Who left the organization has lost what they made in it.
  if (facts.inOrganization && facts.role === null && !facts.serving && !facts.isPublic) return false;
  switch (facts.kind) {
    case 'task':
    case 'job':
    case 'run':
      return mayWork(action, facts);
    case 'function':
    case 'function-request':
      return mayFunction(action, facts);
    case 'request':
    case 'access-token':
      return facts.owns;
    case 'organization':
      return mayOrganization(action, facts);
    case 'membership':
      return mayMembership(action, facts);
    case 'user':
      return action === 'view' ? facts.owns || facts.assigned : facts.owns && action === 'update';
  }
}

const manages = (role: Role | null): boolean => role === 'owner' || role === 'maintainer';

function mayWork(action: Action, facts: Facts): boolean {
  if (manages(facts.role)) return true;
  if (facts.inOrganization && facts.role === null) return facts.serving && action === 'view';
  const worker = facts.role === 'worker';
  // In the personal workspace, and as a supervisor, one may do all with what one made.
  if (facts.owns && !worker) return true;
  switch (action) {
    case 'view':
      return facts.owns || facts.assigned || facts.partlyAssigned || facts.serving;
    // An agent reads what it works on; files of the whole, and who changed what, are for people.
    case 'take-out':
      return facts.owns || facts.assigned || facts.partlyAssigned;
    case 'annotate':
      return facts.owns || facts.assigned;
    case 'create':
    case 'update':
      return facts.assigned && facts.role === 'supervisor';
    default:
      return false;
  }
}

function mayFunction(action: Action, facts: Facts): boolean {
  const runs = facts.inOrganization ? manages(facts.role) || (facts.owns && facts.role !== null) : facts.owns;
  if (facts.kind === 'function-request') {
    if (action === 'view' || action === 'delete') return facts.assigned || runs;
    return action === 'serve' && runs;
  }
  if (runs) return true;
  return (action === 'view' || action === 'use') && (facts.isPublic || facts.role !== null);
}

function mayOrganization(action: Action, facts: Facts): boolean {
  if (facts.role === 'owner') return true;
  if (facts.role === 'maintainer') return action !== 'delete';
  return facts.role !== null && action === 'view';
}

function mayMembership(action: Action, facts: Facts): boolean {
  if (manages(facts.role)) return true;
  // One may look at one's fellow members, and leave.
  return action === 'view' || (action === 'delete' && facts.owns);
}

/** Whether something of `kind` may be made in the workspace that the request works in. */
export function mayCreate(principal: Principal, kind: ResourceKind): boolean {
  if (principal.isAdmin) return true;
  if (kind === 'user') return false;
  if (!principal.organization) return true;
  const { role } = principal.organization;
  return kind === 'membership' ? manages(role) : role !== 'worker';
}
