export { createSignInLink, LINK_SECONDS } from './auth/sign-in-links.ts';
export { replaceAccessToken, revokeAccessTokens } from './auth/tokens.ts';
export { backup } from './backup/backup.ts';
export { BadBackup, NotEmpty, type Totals } from './backup/manifest.ts';
export { restore } from './backup/restore.ts';
export { DEFAULT_SERVER_LIMITS, type ServerConfig, type ServerLimits, type TrustedProxies } from './config.ts';
export { WrongMedia } from './database/data-id.ts';
export { FolderInUse } from './database/lock.ts';
export { DataTooNew, DataUnknown } from './database/migrate.ts';
export { ROTO_VERSION } from './database/version.ts';
export { type Place, withData } from './database/with-data.ts';
export { describeFault } from './log/fault.ts';
export { createLog, LOG_FORMATS, LOG_LEVELS, type Log, type LogFormat, type LogLevel } from './log/log.ts';
export {
  type Account,
  AccountError,
  addAccount,
  addToken,
  linkForAccount,
  listAccounts,
  listTokens,
  removeToken,
  setAccountPassword,
} from './people/accounts.ts';
export { type FirstOwner, firstOwner } from './people/first-owner.ts';
export { giveFunction, localAgent } from './people/local-agent.ts';
export { type RunningServer, startServer } from './server.ts';
