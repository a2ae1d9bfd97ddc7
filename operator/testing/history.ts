/**
 * The history of a seed: what people and controllers do to a cluster, and what goes wrong meanwhile.
 */
import { constraintDetails, constraintReports } from '../../crds/api.ts';
import { seededRandom } from '../../kube/testing/virtual-clock.ts';
import { type Choices, createDraw, type Draw } from './draw.ts';
import { podLabels, policyThemes } from './random-policies.ts';
import { troubles } from './random-trouble.ts';
import { type Act, act, andWait, end, kindOf, label, put, remove, type Step, terminate } from './steps.ts';

export interface History {
  readonly steps: readonly Step[];
  /** How long the cluster is looked at afterwards, in which nothing happens. */
  readonly quietMs: number;
}

/** The same for ever, as long as the files that draw stay the same. */
export function historyOf(seed: number): History {
  const draw = createDraw(seededRandom(seed));
  const isCrowded = draw.once(32);
  const namespaces = draw.sample(3, 'a', 'b', 'c', 'd');
  const changes = draw.sample(3, ...policyThemes, [changeWorkload], [changeFact]).flat();
  const trouble = draw.sample(4, ...troubles);
  const calm = draw.pick(5, 7, 10);
  const steps = [
    ...namespaces.map((name) => andWait(label(name, draw.pick({}, securityLabels(draw))), 0)),
    ...(isCrowded ? crowd.map((name) => andWait(label(name, draw.pick({}, { team: 'red' })), 0)) : []),
  ];
  const count = 8 + draw.below(36);
  const startAt = draw.below(4);
  for (let index = 0; index < count; index += 1) {
    if (index === startAt) steps.push(andWait(start, draw.pick(0, 50, 5_000)));
    const kinds = draw.below(10) >= calm ? trouble : draw.once(4) ? [changeNamespace] : changes;
    const [first = changeNamespace, ...others] = kinds;
    const next = draw.pick(first, ...others)(draw, namespaces);
    steps.push(andWait(next, draw.pick(0, 0, 0, 7, 30, 500, 3_000, 20_000)));
  }
  return { steps, quietMs: quietOf(draw) };
}

const start = act('start first', (cluster) => cluster.start('first'));

/** Enough for a change of all of them to take longer than its budget lets it begin at once. */
const crowd = Array.from({ length: 30 }, (_, index) => `crowd-${index}`);

/** What a minute does not show an hour seldom does: every twentieth is looked at for longer, one in a hundred for an hour. */
function quietOf({ below }: Draw): number {
  const drawn = below(100);
  return drawn === 0 ? 3_600_000 : drawn < 6 ? 600_000 : 40_000;
}

const securityLabels = ({ pick }: Draw) =>
  Object.fromEntries([
    ['team', pick('red', 'blue')],
    [
      `pod-security.kubernetes.io/${pick('enforce', 'warn', 'audit')}`,
      pick('baseline', 'restricted', 'privileged', '?'),
    ],
    [`pod-security.kubernetes.io/${pick('enforce', 'warn')}-version`, pick('latest', 'v1.30', 'first')],
  ]);

function changeNamespace(draw: Draw, namespaces: Choices<string>): Act {
  const { pick } = draw;
  const name = pick(...namespaces);
  const ownPlurals = [constraintReports.plural, constraintDetails.plural];
  return pick(
    label(name, {}),
    label(name, { team: pick('red', 'blue') }),
    label(name, securityLabels(draw)),
    terminate(name, pick<readonly string[]>([], ownPlurals, [...ownPlurals, 'networkpolicies', 'resourcequotas'])),
    end(name),
  );
}

function changeWorkload(draw: Draw, namespaces: Choices<string>): Act {
  const { pick } = draw;
  const namespace = pick(...namespaces);
  const name = pick('m', 'n', 'o');
  const plural = pick('deployments', 'replicasets', 'pods');
  if (draw.once(4)) return remove(kindOf(plural), name, namespace);
  const owner = (apiVersion: string, kind: string, owning: string) => ({
    ownerReferences: [{ apiVersion, kind, name: owning, uid: `uid-of-${owning}`, controller: true }],
  });
  const template = () => ({
    metadata: { labels: podLabels(draw) },
    spec: {
      containers: [
        {
          name: 'main',
          ...draw.some(
            { ports: [{ name: 'http', containerPort: pick(80, 8080) }] },
            { resources: { requests: { cpu: '1' } } },
          ),
        },
      ],
      ...pick({}, { hostNetwork: true }, { priorityClassName: 'high' }, { activeDeadlineSeconds: 5 }),
    },
  });
  const controlled = pick<object>({}, owner('apps/v1', 'Deployment', 'm'), owner('argoproj.io/v1', 'Rollout', 'roll'));
  const owned = pick<object>(
    {},
    owner('apps/v1', 'ReplicaSet', 'm'),
    owner('v1', 'Node', 'node'),
    owner('example.org/v1', 'Fleet', 'fleet'),
  );
  const content = {
    deployments: { spec: { template: pick<unknown>(template(), template(), 'none') } },
    replicasets: { metadata: controlled, spec: { template: template() } },
    pods: { metadata: { labels: podLabels(draw), ...owned }, spec: {} },
  };
  return put(kindOf(plural), namespace, name, content[plural]);
}

/** What is no policy and stands in details all the same. */
function changeFact(draw: Draw, namespaces: Choices<string>): Act {
  const { pick } = draw;
  const namespace = pick(...namespaces);
  const isDefault = (annotation: string) => ({ metadata: { annotations: draw.some({ [annotation]: 'true' }) } });
  const service = {
    spec: {
      ...draw.some({ selector: podLabels(draw) }, { clusterIP: 'None' }),
      ports: [{ port: pick<unknown>(80, 'x') }],
    },
  };
  const [plural, content, isNamespaced] = pick<readonly [string, object, boolean]>(
    ['services', service, true],
    ['serviceaccounts', {}, true],
    ['persistentvolumeclaims', {}, true],
    ['storageclasses', isDefault('storageclass.kubernetes.io/is-default-class'), false],
    ['ingressclasses', isDefault('ingressclass.kubernetes.io/is-default-class'), false],
    ['runtimeclasses', {}, false],
  );
  const at = isNamespaced ? namespace : undefined;
  return draw.once(3) ? remove(kindOf(plural), 'f', at) : put(kindOf(plural), at, 'f', content);
}
