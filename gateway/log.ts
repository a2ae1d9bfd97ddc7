import type { Logger } from 'pino';

/** What the parts of the gateway need of the logger. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
