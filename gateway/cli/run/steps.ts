/**
 * Steps of a remediation, numbered. Commands and patches stand alone on lines that are never broken, so that they can be copied.
 */
import { visible, visibleLines } from '../visible.ts';
import type { RemediationRead } from './answers.ts';
import type { Printer } from './printer.ts';

const who: Readonly<Record<string, string>> = {
  developer: 'for a developer',
  'namespace-admin': 'for an administrator of the namespace',
  'cluster-admin': 'for an administrator of the cluster',
};

/** The lines of all steps. */
export function stepLines(steps: RemediationRead['steps'], { wrapped, paint }: Printer): string[] {
  return steps.flatMap((step, index) => {
    const { requires_privilege: privilege, contact, command, patch, url } = step;
    const number = `${index + 1}.`.padEnd(4);
    const text = `${step.description}${privilege === undefined ? '' : ` (${who[privilege] ?? privilege})`}`;
    const described = wrapped(text, '    ');
    const [first = number, ...rest] = described;
    return [
      ...(index === 0 ? [] : ['']),
      `${number}${first.slice(4)}`,
      ...rest,
      ...(contact === undefined ? [] : [`    Ask: ${visible(contact)}`]),
      ...block(command, (line) => paint('bold', line)),
      ...block(patch, (line) => line),
      ...block(url, (line) => line),
    ];
  });
}

function block(text: string | undefined, styled: (line: string) => string): string[] {
  if (text === undefined) return [];
  return ['', ...visibleLines(text.trimEnd()).map((line) => (line === '' ? '' : `      ${styled(line)}`))];
}
