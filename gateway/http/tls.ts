/**
 * The certificate under which the gateway is asked, read anew from its files: whoever issues it replaces them at any time, and
 * connections that are open go on with the one they began with.
 */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Clock } from '../../kube/clock.ts';
import type { Log } from '../log.ts';

/** PEM. */
export interface CertificatePair {
  readonly cert: string;
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/**
 * By content and not by a watch on the files: a mounted Secret changes by a rename of links, of which watches say different
 * things on different systems, and two small files are read quickly.
 */
const rereadMs = 10_000;

/** The pair in the files. Throws when they cannot be read, hold no certificate and key, or two that do not belong together. */
export async function readCertificate({ certFile, keyFile }: CertificateFiles): Promise<CertificatePair> {
  const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
  try {
    createSecureContext({ cert, key });
    return { cert, key, expiresAt: new X509Certificate(cert).validToDate.getTime() };
  } catch (cause) {
    throw new Error(`${certFile} and ${keyFile} are no certificate and its key in PEM`, { cause });
  }
}

/**
 * Reads the files again and again and hands over each new pair, until disposed of. What is wrong with a new pair is said once,
 * and the one before goes on: a certificate that is about to run out is better than none.
 */
export function followCertificate(
  files: CertificateFiles,
  options: {
    readonly initial: CertificatePair;
    readonly clock: Clock;
    readonly log: Log;
    readonly onChange: (pair: CertificatePair) => void;
  },
): Disposable {
  const { clock, log, onChange } = options;
  let current = options.initial;
  let said: string | undefined;
  let disposed = false;

  async function reread(): Promise<void> {
    try {
      const pair = await readCertificate(files);
      said = undefined;
      if (disposed || (pair.cert === current.cert && pair.key === current.key)) return;
      onChange(pair);
      current = pair;
      log.info({ expires: new Date(pair.expiresAt).toISOString() }, 'a new certificate is presented');
    } catch (error) {
      const { message } = error instanceof Error ? error : new Error(String(error));
      if (message !== said) log.warn({ problem: message }, 'the certificate was not replaced; the one before goes on');
      said = message;
    }
  }

  let cancel = clock.after(rereadMs, tick);
  function tick(): void {
    void reread().finally(() => {
      if (!disposed) cancel = clock.after(rereadMs, tick);
    });
  }
  return {
    [Symbol.dispose]() {
      disposed = true;
      cancel();
    },
  };
}
