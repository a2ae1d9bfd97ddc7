/**
 * What to do about a violation that Gatekeeper tells of, where its words are those of the library of templates; elsewhere they
 * are repeated, since only the template knows more.
 *
 * @see https://github.com/open-policy-agent/gatekeeper-library/tree/master/library
 */
import { isDnsSubdomain } from '../../../kube/names.ts';
import type { RemediationStep } from '../../remediation/schema.ts';
import { ask, kubectl, manual, yamlPatch } from '../../remediation/steps.ts';
import { cited, listed } from '../../words.ts';
import type { Finding } from '../finding.ts';
import type { GatekeeperTold } from '../signatures/gatekeeper-told.ts';

const messagesMax = 3;

/** Steps from the messages; those of the constraint itself, where there is one, follow them. */
export function gatekeeperSteps({ constraint, messages, outcome }: GatekeeperTold): Finding['steps'] {
  return ({ certain }, about) => {
    const demanded = distinctSteps(messages.slice(0, 24).map(stepFor)).slice(0, messagesMax);
    if (certain.length > 0) return demanded;
    if (outcome === 'notMutated') {
      const words = ['get', 'assign,assignmetadata,modifyset,assignimage', '-A'];
      return [
        kubectl('See the mutators.', words, 'cluster-admin'),
        ask(about, 'to put the mutator right.', 'cluster-admin'),
      ];
    }
    const isNamed = constraint !== undefined && isDnsSubdomain(constraint);
    const look = isNamed
      ? [
          kubectl(
            'See which kinds of constraints have that name.',
            ['get', 'constraints', `--field-selector=metadata.name=${constraint}`],
            'cluster-admin',
          ),
        ]
      : [];
    return [...demanded, ...look, ask(about, 'for an exception, with the reason.', 'cluster-admin')].slice(0, 4);
  };
}

function distinctSteps(steps: readonly RemediationStep[]): RemediationStep[] {
  const known = new Map(steps.map((step) => [JSON.stringify(step), step]));
  return [...known.values()];
}

function stepFor(message: string): RemediationStep {
  return (
    labelStep(message) ??
    containerStep(message) ??
    imageStep(message) ??
    manual(`Change the manifest: ${cited(message, 300)}.`, 'developer')
  );
}

/** `you must provide labels: {"owner", "team"}` */
function labelStep(message: string): RemediationStep | undefined {
  for (const field of ['labels', 'annotations'] as const) {
    const words = `you must provide ${field}: {`;
    const at = message.toLowerCase().indexOf(words);
    if (at < 0) continue;
    const close = message.indexOf('}', at);
    if (close < 0) continue;
    const names = message
      .slice(at + words.length, close)
      .split(',', 20)
      .map((name) => name.trim().replaceAll(/["']/g, ''))
      .filter((name) => /^[A-Za-z0-9._/-]+$/.test(name));
    if (names.length === 0) continue;
    const patch = { metadata: { [field]: Object.fromEntries(names.map((name) => [name, 'VALUE'])) } };
    return yamlPatch(
      `Set the ${field} ${listed(names)}, each to a value of yours in place of VALUE.`,
      patch,
      'developer',
    );
  }
  return undefined;
}

interface ContainerMessage {
  readonly words: string;
  readonly description: string;
  readonly patch: object;
}

const containerMessages: readonly ContainerMessage[] = [
  {
    words: 'privileged container is not allowed: ',
    description: 'Set this for the container',
    patch: { securityContext: { privileged: false } },
  },
  {
    words: 'privilege escalation container is not allowed: ',
    description: 'Set this for the container',
    patch: { securityContext: { allowPrivilegeEscalation: false } },
  },
  {
    words: 'only read-only root filesystem container is allowed: ',
    description: 'Set this for the container',
    patch: { securityContext: { readOnlyRootFilesystem: true } },
  },
];

const resources = ['cpu', 'memory'] as const;

function containerStep(message: string): RemediationStep | undefined {
  const lower = message.toLowerCase();
  for (const { words, description, patch } of containerMessages) {
    const at = lower.indexOf(words);
    if (at < 0) continue;
    const [name = ''] = message.slice(at + words.length).split(/[ ,]/, 1);
    if (name !== '') return yamlPatch(`${description} ${cited(name)}.`, patch, 'developer');
  }
  const container = between(message, 'container <', '>');
  if (container === undefined) return undefined;
  for (const resource of resources) {
    for (const field of ['limit', 'request'] as const) {
      if (!lower.includes(`has no ${resource} ${field}`)) continue;
      const patch = { resources: { [`${field}s`]: { [resource]: 'AMOUNT' } } };
      return yamlPatch(
        `Set a ${resource} ${field} for the container ${cited(container)}, an amount in place of AMOUNT.`,
        patch,
        'developer',
      );
    }
  }
  return undefined;
}

/** `container <web> has an invalid image repo <docker.io/nginx>, allowed repos are ["registry.example/"]` */
function imageStep(message: string): RemediationStep | undefined {
  const repos = between(message, 'allowed repos are [', ']');
  if (repos === undefined) return undefined;
  const image = between(message, 'image repo <', '>');
  const instead = image === undefined ? '' : ` in place of ${cited(image)}`;
  return manual(`Take the image from one of these${instead}: ${cited(repos, 240)}.`, 'developer');
}

function between(message: string, open: string, close: string): string | undefined {
  const at = message.indexOf(open);
  if (at < 0) return undefined;
  const end = message.indexOf(close, at + open.length);
  return end < 0 ? undefined : message.slice(at + open.length, end);
}
