import { bearer } from '../client.ts';
import { ApiError, ClientError } from '../errors.ts';
import type { Http } from '../http.ts';

export type LoginCredentials =
  /** A personal access token. */
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** Nobody: what a server shows to strangers. */
  | { readonly kind: 'none' };

/**
 * Signs in. A password is exchanged for a session, as CVAT's own client does: two cookies, of which the csrf one also goes
 * into `X-CSRFToken`, and `Origin`. An email address serves as a user name. Throws ClientError 'login'.
 */
export async function signIn(http: Http, credentials: LoginCredentials, signal?: AbortSignal): Promise<void> {
  if (credentials.kind === 'none') return;
  if (credentials.kind === 'token') {
    http.header('authorization', bearer(credentials.token));
    return;
  }
  const { username, password } = credentials;
  let answer: Response;
  try {
    answer = await http.send('POST', '/api/auth/login', {
      json: username.includes('@') ? { email: username, password } : { username, password },
      signal,
    });
  } catch (error) {
    if (error instanceof ApiError && error.status < 500 && error.status !== 429)
      throw new ClientError('login', `${http.base} does not let ${username} in: ${error.detail || error.status}`, {
        cause: error,
      });
    throw error;
  }
  await answer.body?.cancel();
  const cookies = new Map(answer.headers.getSetCookie().flatMap(cookieOf));
  const csrf = cookies.get('csrftoken');
  if (csrf === undefined || !cookies.has('sessionid'))
    throw new ClientError('login', `${http.base} let ${username} in but gave no session; is it a CVAT server?`);
  http.header('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '));
  http.header('x-csrftoken', csrf);
  http.header('origin', http.base);
}

/** Name and value, when the server does not take the cookie back with it. */
function cookieOf(header: string): [string, string][] {
  const [, name, value] = /^\s*([^=;\s]+)=([^;]*)/.exec(header) ?? [];
  return name && value !== undefined ? [[name, value.trim()]] : [];
}
