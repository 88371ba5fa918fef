import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { Access, Credential, Principal } from '../access/access.ts';

/** Fastify whose handlers are typed by the TypeBox schemas of their routes. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

declare module 'fastify' {
  interface FastifyInstance {
    /** `GET /api/tasks/:id` and all others, as they were added. */
    readonly accessRoutes: readonly string[];
  }
  interface FastifyContextConfig {
    /** Required of every route under /api. */
    access?: Access;
  }
  interface FastifyRequest {
    /** Set by the guard on all routes that are not open. */
    principal: Principal;
    /** Set with the principal. */
    credential: Credential;
    /** Where absolute links of the answer begin: `http://127.0.0.1:8080`, no slash at the end. */
    readonly base: string;
  }
}
