export { createSignInLink, LINK_SECONDS } from './auth/sign-in-links.ts';
export { replaceAccessToken, revokeAccessTokens } from './auth/tokens.ts';
export { DEFAULT_SERVER_LIMITS, type ServerConfig, type ServerLimits } from './config.ts';
export { FolderInUse } from './database/lock.ts';
export { describeFault } from './log/fault.ts';
export { createLog, LOG_FORMATS, LOG_LEVELS, type Log, type LogFormat, type LogLevel } from './log/log.ts';
export { type FirstOwner, firstOwner } from './people/first-owner.ts';
export { type RunningServer, startServer } from './server.ts';
