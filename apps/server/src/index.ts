export { DEFAULT_SERVER_LIMITS, type ServerConfig, type ServerLimits } from './config.ts';
