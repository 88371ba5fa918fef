// Nuclio's own wrapper loads this file by `spec.handler`; with NUCLIO_NODEJS_WRAPPER_PATH our wrapper runs instead.
export { handler, initContext } from '/opt/roto/apps/function/src/nuclio/handler.ts';
