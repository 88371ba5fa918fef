export { createNodeClient, type NodeClient, type NodeClientOptions, type NodeTasks } from './client.ts';
export { type DownloadOptions, download, hashOf } from './download.ts';
export { localFile } from './local-files.ts';
export type { LoginCredentials } from './login.ts';
