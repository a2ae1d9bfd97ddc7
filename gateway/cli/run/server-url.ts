/** Where --server says that a gateway is, and what may be sent there. */
import { Failure } from '../failure.ts';

/** The address of a gateway; a Failure when it is none. */
export function serverUrl(server: string): URL {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new Failure(`--server must be a URL like https://potoo.example, and not ${server}`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new Failure('--server must hold no credentials; give a token in POTOO_TOKEN.');
  }
  if (url.search !== '' || url.hash !== '') throw new Failure('--server must end with its path.');
  return url;
}

/** Whether nobody else can read what is sent there. */
export function isPrivate({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}
