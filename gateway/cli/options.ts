/**
 * Options that several commands have, and what an option's words mean.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';

export const outputs = ['table', 'wide', 'json', 'yaml', 'name'] as const;
export const colorChoices = ['auto', 'always', 'never'] as const;
/** Of a whole command. */
const timeoutMsDefault = 60_000;

/** Adds them to the program, which takes them before and after the name of a command. */
export function addOptions(program: Command): void {
  program
    .option('-n, --namespace <name>', 'namespace to ask about (default: that of the context, else "default")')
    .option('--kubeconfig <file>', 'kubeconfig to use (default: KUBECONFIG, ~/.kube/config, then the ServiceAccount)')
    .option('--context <name>', 'context of the kubeconfig (default: its current one)')
    .addOption(
      new Option('--server <url>', 'ask a Potoo gateway and not the cluster (default: POTOO_SERVER)').conflicts(
        'reports',
      ),
    )
    .option('--certificate-authority <file>', 'certificates, as PEM, that --server is checked against')
    .option('--reports <path>', 'answer from a file or folder with the output of "kubectl get potoo -A -o yaml"')
    .addOption(
      new Option('-o, --output <form>', 'how answers are printed')
        .choices(outputs)
        .default('table')
        .argParser(oneOf(outputs)),
    )
    .option('--no-headers', 'leave out the headers of tables')
    .addOption(
      new Option('--color <when>', 'colours').choices(colorChoices).default('auto').argParser(oneOf(colorChoices)),
    )
    .addOption(
      new Option('--timeout <duration>', 'give up after this time: 500ms, 30s, 2m')
        .default(timeoutMsDefault, '60s')
        .argParser(milliseconds),
    );
}

/** A word of a list, in whatever case it is written. */
export function oneOf<Word extends string>(words: readonly Word[]): (given: string) => Word {
  return (given) => {
    const meant = words.find((word) => word.toLowerCase() === given.toLowerCase());
    if (meant === undefined) throw new InvalidArgumentError(`Allowed choices are ${words.join(', ')}.`);
    return meant;
  };
}

/** `500ms`, `30s`, `2m` or a number of seconds, in milliseconds. */
export function milliseconds(given: string): number {
  const [, number = '', unit = 's'] = /^(\d{1,7})(ms|s|m)?$/.exec(given) ?? [];
  const ms = Number(number) * { ms: 1, s: 1_000, m: 60_000 }[unit === 'ms' || unit === 'm' ? unit : 's'];
  if (ms === 0 || ms > 86_400_000) throw new InvalidArgumentError('A time of at most a day, like 500ms, 30s or 2m.');
  return ms;
}

/** `app=web,tier=front,!canary`: labels with values, and those that a pod does not have, which are null. */
export function labels(given: string): Record<string, string | null> {
  const pairs = given.split(',').map((part): [string, string | null] => {
    if (part.startsWith('!')) return [part.slice(1), null];
    const equals = part.indexOf('=');
    return equals < 1 ? ['', null] : [part.slice(0, equals), part.slice(equals + 1)];
  });
  if (pairs.some(([key]) => key === '')) {
    throw new InvalidArgumentError('Labels are written key=value,key=value; !key for one that is not there.');
  }
  return Object.fromEntries(pairs);
}

/** A whole number of things. */
export function count(max: number): (given: string) => number {
  return (given) => {
    const number = /^\d{1,9}$/.test(given) ? Number(given) : 0;
    if (number < 1 || number > max) throw new InvalidArgumentError(`A number from 1 to ${max}.`);
    return number;
  };
}

/** A port to listen on. */
export function port(given: string): number {
  const number = /^\d{1,5}$/.test(given) ? Number(given) : -1;
  if (number < 0 || number > 65_535) throw new InvalidArgumentError('A port from 1 to 65535; 0 takes a free one.');
  return number;
}
