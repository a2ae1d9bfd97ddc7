/**
 * What each reason of the scheduler asks for.
 */
import { ask, kubectl, manual } from '../../remediation/steps.ts';
import type { RemediationStep } from '../../remediation/schema.ts';
import { cited, shown } from '../../words.ts';
import type { About } from '../finding.ts';

/** Why nodes do not take a pod. */
export interface FitReason {
  /** How many nodes; undefined where it is none of a node. */
  readonly count?: string | undefined;
  readonly reason: string;
}

interface Advice {
  /** Any of these stands in the reason, in lower case. */
  readonly words: readonly string[];
  readonly text: (reason: string) => string;
  readonly privilege?: 'developer' | 'namespace-admin' | 'cluster-admin';
}

/** Names of plugins of older versions stand beside their sentences: PodFitsResources, MatchNodeSelector and so on. */
const advices: readonly Advice[] = [
  {
    words: ['insufficient pods', 'too many pods'],
    text: () =>
      'The nodes run as many pods as they may: free some, or have more nodes or a higher limit of pods per node.',
    privilege: 'cluster-admin',
  },
  {
    words: ['insufficient ', 'podfitsresources'],
    text: (reason) =>
      `Ask for less ${shown(reason.slice(reason.indexOf(' ') + 1), 60)} (resources.requests of the containers), free some on the nodes, or have larger or more nodes.`,
  },
  {
    words: ['untolerated taint', "that the pod didn't tolerate", 'podtoleratesnodetaints', 'did not tolerate'],
    text: (reason) =>
      `Add a toleration for the taint to the pod, if it is meant to run there${reason.includes('{') ? `: ${cited(reason.slice(reason.indexOf('{')), 80)}` : ''}.`,
  },
  {
    words: [
      'node affinity/selector',
      "didn't match node selector",
      'matchnodeselector',
      "didn't match pod's node affinity",
      "node(s) didn't match the requested node name",
    ],
    text: () =>
      'Compare spec.nodeSelector, nodeAffinity and nodeName of the pod with the labels of the nodes (kubectl get nodes --show-labels).',
  },
  {
    words: ['anti-affinity', 'pod affinity', 'matchinterpodaffinity'],
    text: () =>
      'Loosen podAffinity or podAntiAffinity (preferred instead of required), or have as many nodes as it wants.',
  },
  {
    words: ['topology spread'],
    text: () =>
      'Loosen topologySpreadConstraints (maxSkew, or whenUnsatisfiable: ScheduleAnyway), and look that the nodes carry the topology label.',
  },
  {
    words: ['were unschedulable', 'nodeunschedulable'],
    text: () => 'Some nodes are cordoned: wait for what maintains them, or have them uncordoned.',
    privilege: 'cluster-admin',
  },
  {
    words: ['free ports', 'podfitshostports'],
    text: () =>
      'Another pod has the host port on each node: leave out hostPort (use a Service), or run one pod per node.',
  },
  {
    words: ['unbound immediate', 'unbound persistentvolumeclaims'],
    text: () => 'Look with kubectl describe pvc why the claim is not bound: its StorageClass, size and access mode.',
  },
  {
    words: [
      'persistent volumes to bind',
      'volume node affinity',
      "persistentvolume's node affinity",
      'available volume zone',
      'novolumezoneconflict',
      'novolumenodeconflict',
      'volumebinding',
    ],
    text: () =>
      'The volume is in another zone or on another node than the pod may be: let the pod run there, or make a new volume (volumeBindingMode: WaitForFirstConsumer).',
  },
  {
    words: ['max volume count', 'maxvolumecount', 'readwriteoncepod', 'conflicting volume', 'nodiskconflict'],
    text: () =>
      'A node can attach no more volumes, or another pod has this one: spread the pods, or remove what holds the volume.',
  },
  {
    words: ['not ready', 'notready', 'node(s) had condition', 'outofdisk', 'memorypressure', 'diskpressure'],
    text: () => 'Some nodes are not ready or under pressure: see kubectl describe node.',
    privilege: 'cluster-admin',
  },
  {
    words: ['scheduling gates'],
    text: () =>
      'Look which controller sets the gate (Kueue, say) and what it waits for; nothing is scheduled before it takes the gate away.',
  },
];

/** At most one step for a reason; none for one that nobody can act upon. */
export function adviceFor(reason: string): readonly RemediationStep[] {
  const lower = reason.toLowerCase();
  const advice = advices.find(({ words }) => words.some((word) => lower.includes(word)));
  return advice === undefined ? [] : [manual(advice.text(reason), advice.privilege ?? 'developer')];
}

const stepsMax = 3;

/** What to do for the reasons that a message lists: those of the most nodes first. */
export function schedulingSteps(reasons: readonly FitReason[], about: About): readonly RemediationStep[] {
  const sorted = reasons.toSorted((a, b) => Number(b.count ?? 0) - Number(a.count ?? 0));
  const steps = new Map<string, RemediationStep>();
  for (const { reason } of sorted) for (const step of adviceFor(reason)) steps.set(step.description, step);
  const first = [...steps.values()].slice(0, stepsMax);
  return [
    ...first,
    kubectl(
      'See the nodes, their labels and whether they take pods.',
      ['get', 'nodes', '--show-labels'],
      'cluster-admin',
    ),
    ...(first.length > 0 ? [] : [ask(about, 'which nodes the pod could run on', 'cluster-admin')]),
  ];
}
